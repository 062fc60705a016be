import { expect } from 'chai';
import fc from 'fast-check';
import { ContainerLog, type LogEntry, type LogRange } from '../../../../src/engine/containers/logs/log.js';
import { LogQuota } from '../../../../src/engine/containers/logs/log-quota.js';
import { startContainer } from '../../../../src/engine/containers/run/start.js';
import { ManualClock } from '../../../../src/support/sandbox/clock.js';
import { create, openContainers } from '../support.js';

const wide = { fileSize: 1 << 30, files: 1 } as const;
const never = new AbortController().signal;

const entriesOf = (log: ContainerLog): LogEntry[] => [...log.retained().chunks].flat();
const textsOf = (entries: readonly LogEntry[]): string[] => entries.map(({ bytes }) => bytes.toString());

async function readAll(log: ContainerLog, range: Partial<LogRange>): Promise<LogEntry[]> {
  const found: LogEntry[] = [];
  for await (const entries of log.read({ follow: false, ...range }, never)) found.push(...entries);
  return found;
}

describe('A container’s log', () => {
  it('tells the very millisecond of an entry', () => {
    const when = fc.integer({ min: 1, max: Date.UTC(2262, 0, 1) });
    fc.assert(
      fc.property(when, (now) => {
        const log = new ContainerLog(new ManualClock(now), wide);
        log.write('stdout', Buffer.from('a line\n'));
        expect(entriesOf(log)[0]?.time).to.equal(BigInt(now) * 1_000_000n);
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
    expect(container.state.startedAt).to.equal(Number(entriesOf(container.log)[0]?.time) / 1e6);
    await engine.close();
  });

  it('gives all of many entries as they came: streams, times and bytes', async () => {
    const log = new ContainerLog(new ManualClock(1), wide);
    const written: LogEntry[] = [];
    log.observe((entry) => void written.push(entry));
    for (let i = 0; i < 2000; i++) {
      const text = i % 700 === 0 ? `${'x'.repeat(20_000)}${i}\n` : `${i}\n`;
      log.write(i % 3 === 0 ? 'stderr' : 'stdout', Buffer.from(text));
    }
    const plain = (entries: readonly LogEntry[]): unknown[] =>
      entries.map(({ stream, time, bytes }) => [stream, time, bytes.toString()]);
    expect(plain(await readAll(log, {}))).to.deep.equal(plain(written));
    const [since, until] = [written[1200]?.time, written[1700]?.time];
    expect(plain(await readAll(log, { since, until }))).to.deep.equal(plain(written.slice(1200, 1701)));
    expect(plain(await readAll(log, { since, tail: 600 }))).to.deep.equal(plain(written.slice(-600)));
    expect(plain(await readAll(log, { since, tail: 900 }))).to.deep.equal(plain(written.slice(1200)));
    expect(await readAll(log, { since: (written.at(-1)?.time ?? 0n) + 1n })).to.have.lengthOf(0);
  });

  it('has a line as one entry that was written byte by byte, cut after 16 KiB, and what was never ended', () => {
    const log = new ContainerLog(new ManualClock(1), wide);
    const text = `${'x'.repeat(20_000)}\nab\nc`;
    for (const byte of Buffer.from(text)) log.write('stdout', Buffer.of(byte));
    log.end();
    const long = 'x'.repeat(16 * 1024);
    expect(textsOf(entriesOf(log))).to.deep.equal([long, `${'x'.repeat(20_000 - long.length)}\n`, 'ab\n', 'c']);
  });

  it('gives nobody much at a time, and those who read slowly what is kept by then', async () => {
    const log = new ContainerLog(new ManualClock(1), wide);
    for (let i = 0; i < 1200; i++) log.write('stdout', Buffer.from(`${i}\n`));
    const reading = log.read({ follow: false }, never);
    const { value: first } = await reading.next();
    expect(first).to.have.lengthOf(512);
    log.write('stdout', Buffer.from('later\n'));
    log.letGo();
    log.letGo();
    const rest: LogEntry[] = [];
    for await (const entries of reading) rest.push(...entries);
    expect(textsOf(rest)).to.deep.equal(Array.from({ length: 1200 - 1024 }, (_, i) => `${1024 + i}\n`));
  });

  it('takes little more memory than its bytes do, and no more than all logs may', () => {
    const logs: ContainerLog[] = [];
    const room = new LogQuota(() => logs, 400_000);
    for (let i = 0; i < 3; i++) logs.push(new ContainerLog(new ManualClock(1), wide, room));
    const [quiet, ...loud] = logs as [ContainerLog, ...ContainerLog[]];
    const block = Buffer.from('y\n'.repeat(10_000));
    quiet.write('stdout', block);
    const least = quiet.retained().count;
    expect(quiet.allocatedBytes).to.be.below(300_000);
    for (let i = 0; i < 4; i++) for (const log of loud) log.write('stdout', block);
    expect(logs.reduce((sum, { allocatedBytes: held }) => sum + held, 0)).to.be.below(400_000 + 3 * 150_000);
    expect(quiet.retained().count).to.be.above(least / 3);
  });
});
