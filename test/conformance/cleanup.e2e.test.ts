import { expect } from 'chai';
import { Connection } from '../../src/client/connection.js';
import { parseHost } from '../../src/client/target.js';
import { cleanUp } from '../../src/conformance/cleanup.js';
import { build } from '../../src/conformance/images/recipe.js';
import { recipes } from '../../src/conformance/images/recipes.js';
import { runConformance } from '../../src/conformance/index.js';
import { type Daemon, startDaemon } from '../../src/testing/server.js';

describe('what runs leave behind', () => {
  let daemon: Daemon;

  before(async () => {
    daemon = await startDaemon();
  });

  after(() => daemon.close());

  /** Load an image as a run does that is killed. */
  async function leave(run: string): Promise<void> {
    const { tar } = build('basic', recipes.basic, { host: { architecture: 'amd64', os: 'linux' }, run });
    const client = new Connection(parseHost(daemon.host));
    const { status } = await client.send({ method: 'POST', path: '/images/load', timeout: 10_000, body: tar });
    client.close();
    expect(status).to.equal(200);
  }

  it('is found by its label, and removed by the name of the run', async () => {
    await leave('attestd-killed');
    await leave('attestd-other');
    const { host } = daemon;
    const { found } = await cleanUp({ host });
    expect(found.map(({ run, kind }) => [run, kind])).to.have.deep.members([
      ['attestd-killed', 'image'],
      ['attestd-other', 'image'],
    ]);
    expect((await cleanUp({ host, run: 'attestd-killed' })).left).to.deep.equal([]);
    expect((await cleanUp({ host })).found.map(({ run }) => run)).to.deep.equal(['attestd-other']);
    await cleanUp({ host, run: '*' });
    expect((await cleanUp({ host })).found).to.deep.equal([]);
  });

  it('is nothing after two runs at once, which do not disturb each other, pruning included', async () => {
    const only = ['ImagePrune', 'ImageDelete', 'ImageList', 'SystemEvents'];
    const reports = await Promise.all([1, 2].map(() => runConformance({ host: daemon.host, only, destructive: true })));
    for (const report of reports) {
      const failed = report.results.filter(({ outcome }) => outcome === 'failed' || outcome === 'blocked');
      expect(failed.map(({ id, failure }) => [id, failure])).to.deep.equal([]);
      expect(report.run.leftovers).to.deep.equal([]);
    }
    expect((await cleanUp({ host: daemon.host })).found).to.deep.equal([]);
  }).timeout(120_000);
});
