import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { operations } from '../../../src/generated/operations.js';
import { allHandlers } from '../../../src/server/operations/index.js';
import type { OperationEntry } from '../../../src/spec/table.js';
import { contextWithoutStore, raw, serveContext, type TestService } from '../support.js';

/** What needs a swarm, which the daemon is in none of until it founds one. */
const ofSwarms = new Set(['Swarm', 'Node', 'Service', 'Task', 'Secret', 'Config']);
/** Of those, what a daemon does that is in none: joining finds nobody, which is 503 as well. */
const founding = 'SwarmInit';

/** What a daemon without plugins and builder refuses, whatever is asked. */
const withoutPlugins = new Set(['Plugin', 'Session']);
/** Of those tags, what such a daemon answers. */
const answered = new Set(['PluginList', 'GetPluginPrivileges']);

const needsSwarm = ({ tag, operationId }: OperationEntry): boolean => ofSwarms.has(tag) && operationId !== founding;
const isRefused = ({ tag, operationId }: OperationEntry): boolean =>
  withoutPlugins.has(tag) && !answered.has(operationId);
const hasHandler = ({ operationId }: OperationEntry): boolean => Object.hasOwn(allHandlers, operationId);
const isOurs = ({ operationId }: OperationEntry): boolean => own.has(operationId);

/** What the server refuses itself, with 501, because a daemon would go on: it would install a plugin, build. */
const own = new Set(['PluginPull', 'PluginCreate', 'Session']);

/** Of those, what is refused as by a daemon when a registry cannot be asked, or an archive is empty (test/engine/plugins.test.ts has the rest). */
const beforehand = new Set(['PluginPull', 'PluginCreate']);

function expectedStatus(operation: OperationEntry): number {
  if (ofSwarms.has(operation.tag)) return 503;
  if (beforehand.has(operation.operationId)) return 500;
  return isOurs(operation) ? 501 : 404;
}

/** A request that has nothing else wrong with it. */
function wellFormed({ method, path }: OperationEntry): string {
  const query = 'version=1&stdout=1&remote=127.0.0.1:1/b&name=a/b&timeout=1';
  const upgrade = path === '/session' ? '\r\nConnection: Upgrade\r\nUpgrade: h2c' : '';
  return `${method} ${path.replace(/\{[^}]*\}/, 'x')}?${query} HTTP/1.1${upgrade}`;
}

describe('the operations of the description', () => {
  let service: TestService;
  before(async () => {
    service = await serveContext(contextWithoutStore());
  });
  after(() => service.close());

  it('have a handler each, so that none is made up', () => {
    expect(operations).to.have.length(108);
    expect(operations.filter((operation) => !hasHandler(operation))).to.deep.equal([]);
  });

  it('are refused where a daemon without swarm, plugins and builder refuses them', async () => {
    for (const operation of operations.filter((one) => isRefused(one) || needsSwarm(one))) {
      const body = operation.tag === 'Swarm' ? '{"ListenAddr":"127.0.0.1","RemoteAddrs":["127.0.0.1"]}' : '{}';
      const withBody = operation.tag !== 'Plugin' && ['POST', 'PUT'].includes(operation.method);
      const head = withBody ? `\r\nContent-Type: application/json\r\nContent-Length: ${body.length}` : '';
      const { status, names } = await raw(service.path, `${wellFormed(operation)}${head}`, withBody ? body : '');
      expect(status, operation.operationId).to.equal(expectedStatus(operation));
      expect(names).not.to.include('X-Attestd-Source');
    }
  });

  it('are counted in docs/reference/server.md', () => {
    const refused = operations.filter(isRefused);
    const handled = operations.length - refused.length;
    const asDaemon = refused.filter((operation) => !isOurs(operation)).length;
    const text = readFileSync(new URL('../../../docs/reference/server.md', import.meta.url), 'utf8').replace(
      /\s+/g,
      ' ',
    );
    expect(text).to.contain(
      `Of the ${operations.length} operations of the description, ${handled} are handled, ${asDaemon} are refused as a daemon refuses them`,
    );
    expect(text).to.contain(`${own.size} are refused with 501`);
    expect(text).to.contain('none is answered from the description');
  });
});
