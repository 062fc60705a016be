import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { image } from '../../src/testing/fixtures.js';
import { type Daemon, startDaemon } from '../../src/testing/server.js';
import { EngineComparison, EngineSubject } from './engine.js';
import { engineSequences } from './engine-requests.js';
import { explore, type Finding } from './explore.js';

describe('the comparison of containers, networks and volumes', () => {
  let daemons: Daemon[] = [];
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'attestd-test-differential-'));
    const program = { '/bin/sleep': { content: '\x7fELF', mode: 0o755 } };
    const start = (): Promise<Daemon> =>
      startDaemon({
        platform: 'linux/amd64',
        channel: 'standard',
        images: [image('app:1').layer(program).platform('linux/amd64')],
      });
    daemons = await Promise.all([start(), start()]);
  });
  after(async () => {
    await Promise.all(daemons.map((daemon) => daemon.close()));
    rmSync(folder, { recursive: true, force: true });
  });

  async function compare(ours: string, theirs: string, requests: number): Promise<readonly Finding[]> {
    const [reference, real] = [new EngineSubject(ours), new EngineSubject(theirs)];
    try {
      const sequences = engineSequences('app:1', { maxLength: 8 });
      const options = { sequences, requests, seed: 7, describe: () => '', print: () => undefined };
      return await explore(new EngineComparison(reference, real), options);
    } finally {
      reference.close();
      real.close();
    }
  }

  it('finds nothing where there is nothing', async () => {
    const [one, other] = daemons.map(({ host }) => host) as [string, string];
    expect((await compare(one, other, 200)).map(({ signature }) => signature)).to.deep.equal([]);
  });

  it('finds a fault, and the shortest way to it', async () => {
    const [one, other] = daemons as [Daemon, Daemon];
    const { socketPath } = other.connection as { socketPath: string };
    // Stands before the other daemon, and says 200 where it creates a network.
    const proxy = createServer((asked, answer) => {
      const { method, url: path, headers } = asked;
      const sent = request({ socketPath, method, path, headers }, (got) => {
        const status = path?.endsWith('/networks/create') && got.statusCode === 201 ? 200 : got.statusCode;
        answer.writeHead(status ?? 500, got.headers);
        got.pipe(answer);
      });
      asked.pipe(sent);
    }).listen(join(folder, 's'));
    await once(proxy, 'listening');
    try {
      const [found] = await compare(one.host, `unix://${join(folder, 's')}`, 150);
      expect(found).to.include({ signature: 'network create: status', at: 'status', steady: true });
      expect(found?.steps).to.have.length(1);
    } finally {
      proxy.close();
      proxy.closeAllConnections();
    }
  });
});
