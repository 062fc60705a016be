import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { tagImage } from '../../../src/engine/images/tag.js';
import { inspectDistribution } from '../../../src/engine/registry/distribution.js';
import { pushImage } from '../../../src/engine/registry/push.js';
import type { StreamMessage } from '../../../src/engine/types.js';
import { decodePlatform } from '../../../src/server/platform.js';
import { AttestdError } from '../../../src/support/foundation/errors.js';
import { FakeRegistry, refuse } from '../../support/registry-client/fake-registry.js';
import { all, load, openEngine, parsed, type TestEngine } from '../support.js';

interface Exchange {
  readonly load?: string;
  readonly request?: string;
  readonly credentials?: { readonly username: string; readonly password: string };
  readonly status?: number;
  readonly answer?: readonly StreamMessage[];
}

const folder = new URL('../../golden/pushes/', import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));

/** What is said while something goes on; when it is said depends on the machine. */
const passing = new Set(['Waiting', 'Pushing', 'Preparing', 'Unavailable']);

/** What a stream says in the end, without order. */
function lasting(messages: readonly StreamMessage[]): string[] {
  const kept = messages.filter(({ status }) => !passing.has(String(status)));
  const failed = kept.some(({ error }) => error !== undefined);
  const instead = kept.some(({ aux }) => aux !== undefined);
  // How far the others have come when one fails is chance, and so whether a second attempt finds their layers there.
  const settled = kept.filter(({ status }) => !failed || status !== 'Pushed');
  const said = settled.map((one) =>
    instead && one.status === 'Layer already exists' ? { ...one, status: 'Pushed' } : one,
  );
  return [...new Set(said.map((one) => JSON.stringify(one)))].sort();
}

/** Which of several blobs is refused first is chance. */
const anyBlob = (text: string): string => text.replace(/blobs\/sha256:[0-9a-f]{64}/g, 'blobs/…');

describe('A push to a registry, as dockerd 29.7.2 made it', () => {
  let fake: FakeRegistry;
  let test: TestEngine;
  let nobody: string;
  beforeEach(async () => {
    const gone = await FakeRegistry.start();
    nobody = gone.host;
    await gone.stop();
    fake = await FakeRegistry.start();
    fake.perRepository = true;
    test = await openEngine();
  });
  afterEach(async () => {
    await test.close();
    await fake.stop();
  });

  async function act({
    request = '',
    credentials,
  }: Exchange): Promise<{ status: number; answer: readonly StreamMessage[] }> {
    const [method = '', target = ''] = request
      .replaceAll('{registry}', fake.host)
      .replaceAll('{nobody}', nobody)
      .split(' ');
    const { pathname, searchParams } = new URL(target, 'http://d');
    const path = decodeURIComponent(pathname);
    const [, name = '', verb] = /^\/(?:images|distribution)\/(.*)\/(tag|push|json)$/.exec(path) ?? [];
    const get = (key: string): string => searchParams.get(key) ?? '';
    try {
      if (verb === 'tag') {
        await tagImage(test.context, name, { repo: get('repo'), tag: get('tag') });
        return { status: 201, answer: [] };
      }
      if (method === 'GET') return { status: 200, answer: [parsed(await inspectDistribution(test.context, name))] };
      const platform = get('platform') === '' ? undefined : decodePlatform(get('platform'));
      return {
        status: 200,
        answer: await all(await pushImage(test.context, name, { tag: get('tag'), platform, credentials })),
      };
    } catch (error) {
      if (!(error instanceof AttestdError)) throw error;
      return { status: error.httpStatus, answer: [{ message: error.message }] };
    }
  }

  for (const name of names) {
    it(`says the same: ${name.replace('.json', '')}`, async () => {
      if (name === 'locked.json') lock(fake);
      const { exchanges } = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as { exchanges: Exchange[] };
      expect(exchanges.some(({ request }) => request !== undefined)).to.equal(true);
      for (const exchange of exchanges) {
        if (exchange.load !== undefined) {
          await load(test.context, exchange.load);
          continue;
        }
        const { status, answer } = await act(exchange);
        const shown = JSON.stringify(answer).replaceAll(fake.host, '{registry}').replaceAll(nobody, '{nobody}');
        const found = lasting(JSON.parse(shown)).map(anyBlob);
        expect(found, exchange.request).to.deep.equal(lasting(exchange.answer ?? []).map(anyBlob));
        expect(status, exchange.request).to.equal(exchange.status);
      }
    });
  }
});

/** Let nobody in but `user`, as docker-registry does with a password file. */
function lock(fake: FakeRegistry): void {
  const good = `Basic ${Buffer.from('user:secret').toString('base64')}`;
  fake.fault = ({ method, headers }, response) =>
    headers.authorization !== good &&
    refuse(response, method, 401, 'UNAUTHORIZED', { 'www-authenticate': 'Basic realm="test"' });
}
