import { expect } from 'chai';
import { parseHost } from '../../src/client/target.js';
import { type Daemon, startDaemon } from '../../src/testing/server.js';
import { allHarmless, harmless } from './harmless.js';
import { transport } from './harmless-transport.js';
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

  // Requirements that cover each kind of transport: bodies, streams, hijacked connections, gRPC.
  const carried = [
    'SystemInfo.id',
    'ImageLoad.named-text',
    'SystemEvents.tag',
    'ContainerAttach.logs',
    'ContainerLogs.both',
    'Content.read-verbatim',
    'Content.info-unknown',
  ];

  // Requirements that cover each kind of answer: objects, lists, streams, errors, unknown paths. `make mutants
  // ARGS=--harmless` runs all.
  const some = [
    'Errors',
    'ImageDelete.*by-id*',
    'ImageList.names',
    'ImageLoad.named*',
    'ImageLoad.garbage',
    'ImageInspect.names',
    'ImageAttestations.descriptor-*',
    'SystemEvents.tag',
    'SystemVersion',
    'ContainerCreate.answer',
    'ContainerInspect.fields',
    'ContainerInspect.times-unset',
  ];

  it('fail no MUST, each by itself, of what sees each kind of answer', async () => {
    const used = new Set<string>();
    for (const change of harmless) {
      proxy.mutant = {
        ...change,
        after(asked, reply) {
          const next = change.after?.(asked, reply);
          if (next) used.add(change.id);
          return next;
        },
      };
      expect(await failures(proxy, transport.includes(change) ? carried : some, true, []), change.id).to.deep.equal([]);
    }
    expect(harmless.filter(({ after, id }) => after && !used.has(id)).map(({ id }) => id)).to.deep.equal([]);
  }).timeout(300_000);

  it('fail no MUST, all at once', async () => {
    const used = new Set<string>();
    proxy.mutant = allHarmless(used);
    expect(await failures(proxy, [], true, ['statements', 'type-lists'])).to.deep.equal([]);
    expect(harmless.filter(({ after, id }) => after && !used.has(id)).map(({ id }) => id)).to.deep.equal([]);
  }).timeout(300_000);
});
