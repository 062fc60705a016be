import { expect } from 'chai';
import fc from 'fast-check';
import { ContainerLog, overheads } from '../../../src/engine/containers/log.js';
import { startContainer } from '../../../src/engine/containers/start.js';
import { ManualClock } from '../../../src/runtime/clock.js';
import { create, openContainers } from './support.js';

describe('A container’s log', () => {
  it('tells the very millisecond of an entry', () => {
    const when = fc.integer({ min: 1, max: Date.UTC(2262, 0, 1) });
    fc.assert(
      fc.property(when, (now) => {
        const log = new ContainerLog(new ManualClock(now), { fileSize: 1000, files: 1, overhead: overheads.file });
        log.write('stdout', Buffer.from('a line\n'));
        expect(log.entries()[0]?.time).to.equal(BigInt(now) * 1_000_000n);
      }),
      { examples: [[1_795_754_772_850]] },
    );
  });

  it('has nothing of a run from before its start', async () => {
    const engine = await openContainers();
    const container = await create(engine.context);
    let now = engine.clock.now();
    engine.clock.now = () => now;
    engine.model.begin = (process) => {
      void process.print('at once\n');
      now += 1;
    };
    await startContainer(engine.context, container.id);
    expect(container.state.startedAt).to.equal(Number(container.log.entries()[0]?.time) / 1e6);
    await engine.close();
  });
});
