import { expect } from 'chai';
import { Connection } from '../../src/client/connection.js';
import { parseHost } from '../../src/client/target.js';
import { cleanUp } from '../../src/conformance/cleanup.js';
import { build } from '../../src/conformance/images/recipe.js';
import { recipes } from '../../src/conformance/images/recipes.js';
import { catalogue, everything, run } from '../../src/conformance/index.js';
import { type Daemon, startDaemon } from '../../src/testing/server.js';
import { type Asked, instead, type Mutant } from '../mutants/mutant.js';
import { FaultyProxy } from '../mutants/proxy.js';

describe('what real daemons do now and then', () => {
  let daemon: Daemon;
  let proxy: FaultyProxy;

  before(async () => {
    daemon = await startDaemon();
    proxy = await FaultyProxy.start(parseHost(daemon.host));
  });

  after(async () => {
    await proxy.close();
    await daemon.close();
  });

  async function judged(id: string, mutant: Omit<Mutant, 'id' | 'title'>): Promise<string | undefined> {
    proxy.mutant = { id: 'chance', title: 'by chance', ...mutant };
    const { results } = await run({
      target: proxy.target,
      requirements: catalogue,
      selection: { ...everything, only: [id] },
      maxVersion: '1.55',
      deviations: () => [],
    });
    return results.find(({ requirement }) => requirement.id === id)?.outcome;
  }

  it('hides nothing that is left of a run from who cleans up', async () => {
    const client = new Connection(parseHost(daemon.host));
    const { tar } = build('basic', recipes.basic, {
      host: { architecture: 'amd64', os: 'linux' },
      run: 'attestd-left',
    });
    await client.send({ method: 'POST', path: '/images/load', timeout: 10_000, body: tar });
    client.close();
    let left = 2;
    const message = `content digest sha256:${'0'.repeat(64)}: not found`;
    proxy.mutant = {
      id: 'chance',
      title: 'by chance',
      before: (asked) => (asked.is('GET', /images\/json$/) && left-- > 0 ? instead(404, { message }) : undefined),
    };
    const { found } = await cleanUp({ host: `unix://${proxy.target.path}`, run: '*' });
    expect(found.map(({ run: of, kind }) => [of, kind])).to.deep.equal([['attestd-left', 'image']]);
  });

  /** The first manifest for arm in an archive, or for amd64. */
  const manifestFor = (architecture: string, { body }: Asked): string =>
    new RegExp(`"digest":"(sha256:[0-9a-f]{64})","size":\\d+,"platform":\\{"architecture":"${architecture}"`).exec(
      body.toString('latin1'),
    )?.[1] ?? '';

  /** Makes this many loads of a platform miss a manifest. */
  function losing(architecture: string, times: number): Omit<Mutant, 'id' | 'title'> {
    let left = times;
    return {
      before(asked) {
        if (!asked.is('POST', /load$/) || !asked.query.has('platform') || left === 0) return undefined;
        left -= 1;
        const error = `content digest ${manifestFor(architecture, asked)}: not found`;
        return instead(200, { error, errorDetail: { message: error } });
      },
    };
  }

  it('fails no load of a platform by a manifest of another one that was just collected', async () => {
    expect(await judged('ImageLoad.platform', losing('arm', 2))).to.equal('passed');
    expect(await judged('ImageLoad.platform', losing('arm', 99))).to.equal('failed');
    expect(await judged('ImageLoad.platform', losing(process.arch === 'x64' ? 'amd64' : 'arm64', 1))).to.equal(
      'failed',
    );
  });

  it('fails no load of a platform whose inspect met another one that was just collected', async () => {
    const missing = (architecture: string, times: number): Omit<Mutant, 'id' | 'title'> => {
      let digest = '';
      let left = times;
      return {
        before(asked) {
          if (asked.is('POST', /load$/) && asked.query.has('platform')) digest = manifestFor(architecture, asked);
          if (digest === '' || left === 0 || !asked.is('GET', /json$/)) return undefined;
          left -= 1;
          return instead(404, { message: `content digest ${digest}: not found` });
        },
      };
    };
    expect(await judged('ImageLoad.platform', missing('arm', 2))).to.equal('passed');
    expect(await judged('ImageLoad.platform', missing('arm', 99))).to.equal('failed');
  });

  it('fails no stop by the exit code of a process that had not begun', async () => {
    const begun = new Set<string>();
    const outcome = await judged('ContainerStop.timeout', {
      before(asked) {
        const [, of = ''] = /^\/containers\/(\w+)\/logs$/.exec(asked.route) ?? [];
        begun.add(of);
        return undefined;
      },
      after(asked, reply) {
        const [, of] = /^\/containers\/(\w+)\/json$/.exec(asked.route) ?? [];
        return of === undefined || begun.has(of)
          ? undefined
          : reply.withText(reply.text.replace(/"ExitCode":137/, '"ExitCode":2'));
      },
    });
    expect(outcome).to.equal('passed');
  });
});
