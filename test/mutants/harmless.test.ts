import { expect } from 'chai';
import { parseHost } from '../../src/client/target.js';
import { type Daemon, startDaemon } from '../../src/testing/server.js';
import { allHarmless, harmless } from './harmless.js';
import { failures } from './judge.js';
import { FaultyProxy } from './proxy.js';

describe('changes of answers that no client may mind', () => {
  let daemon: Daemon;
  let proxy: FaultyProxy;

  before(async () => {
    daemon = await startDaemon({ channel: 'experimental' });
    proxy = await FaultyProxy.start(parseHost(daemon.host));
  });

  after(async () => {
    await proxy.close();
    await daemon.close();
  });

  it('fail no MUST, all at once', async () => {
    const used = new Set<string>();
    proxy.mutant = allHarmless(used);
    expect(await failures(proxy, [], true, ['statements', 'type-lists'])).to.deep.equal([]);
    expect(harmless.filter(({ after, id }) => after && !used.has(id)).map(({ id }) => id)).to.deep.equal([]);
  }).timeout(300_000);
});
