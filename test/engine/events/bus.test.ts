import { expect } from 'chai';
import { type DaemonEvent, EventBus, eventRange } from '../../../src/engine/events/bus.js';
import { type Filters, parseFilters } from '../../../src/engine/filters.js';
import { refusal } from '../support.js';

const second = 1_000_000_000n;

/** A bus whose clock stands where it is put. */
class Clock {
  now = 100n * second;
  readonly bus = new EventBus(() => this.now);

  log(at: bigint, action: string, name: string, labels: Record<string, string> = {}, id = 'sha256:1'): void {
    this.now = at * second;
    this.bus.log('image', action, { id, attributes: { ...labels, name } });
  }
}

async function take(events: AsyncIterableIterator<DaemonEvent>, count: number): Promise<readonly string[]> {
  const actions: string[] = [];
  while (actions.length < count) {
    const next = await events.next();
    if (next.done) break;
    actions.push(next.value.action);
  }
  return actions;
}

async function rest(events: AsyncIterableIterator<DaemonEvent>): Promise<readonly string[]> {
  return take(events, Number.POSITIVE_INFINITY);
}

function past(clock: Clock, filters?: Filters): Promise<readonly string[]> {
  return rest(clock.bus.subscribe({ since: 0n, until: clock.now - 1n, filters }));
}

describe('Events', () => {
  it('that happen after the subscription are reported, none from before', async () => {
    const clock = new Clock();
    clock.log(101n, 'old', 'a');
    const events = clock.bus.subscribe({});
    clock.log(102n, 'new', 'a');
    expect(await take(events, 1)).to.deep.equal(['new']);
    await events.return?.();
  });

  it('between since and until are reported, bounds included', async () => {
    const clock = new Clock();
    for (const at of [101n, 102n, 103n, 104n]) clock.log(at, `at ${at}`, 'a');
    clock.now = 110n * second;
    const range = { since: 102n * second, until: 103n * second };
    expect(await rest(clock.bus.subscribe(range))).to.deep.equal(['at 102', 'at 103']);
  });

  it('are all reported until 0, which bounds only the stream', async () => {
    const clock = new Clock();
    clock.log(101n, 'before', 'a');
    expect(await rest(clock.bus.subscribe({ until: 0n }))).to.deep.equal(['before']);
  });

  it('are followed until a time to come', async () => {
    const clock = new Clock();
    const events = clock.bus.subscribe({ until: clock.now + 30_000_000n });
    clock.log(100n, 'live', 'a');
    expect(await rest(events)).to.deep.equal(['live']);
  });

  it('end when the listener goes away', async () => {
    const clock = new Clock();
    const aborter = new AbortController();
    const events = clock.bus.subscribe({}, aborter.signal);
    expect(clock.bus.listeners).to.equal(1);
    const waiting = rest(events);
    aborter.abort();
    expect(await waiting).to.deep.equal([]);
    expect(clock.bus.listeners).to.equal(0);
  });

  it('end when the daemon does', async () => {
    const clock = new Clock();
    const all = [1, 2, 3].map(() => clock.bus.subscribe({}));
    clock.log(101n, 'last', 'a');
    clock.bus.close();
    expect(await Promise.all(all.map(rest))).to.deep.equal([['last'], ['last'], ['last']]);
  });

  it('end at once for a listener that comes after the end of the daemon', async () => {
    const clock = new Clock();
    clock.bus.close();
    expect(await rest(clock.bus.subscribe({}))).to.deep.equal([]);
  });

  it('are remembered, the last 256', async () => {
    const clock = new Clock();
    for (let i = 0; i < 300; i++) clock.log(200n + BigInt(i), `n${i}`, 'a');
    clock.now += second;
    const remembered = await past(clock);
    expect(remembered).to.have.length(256);
    expect(remembered[0]).to.equal('n44');
  });

  it('wait for a slow listener, 1024 at most, and do not hold up others', async () => {
    const clock = new Clock();
    const slow = clock.bus.subscribe({});
    const quick = clock.bus.subscribe({});
    const seen: string[] = [];
    for (let i = 0; i < 2000; i++) {
      clock.log(200n, `n${i}`, 'a');
      seen.push(...(await take(quick, 1)));
    }
    expect(seen).to.have.length(2000);
    clock.bus.close();
    expect(await rest(slow)).to.have.length(1024);
  });

  it('have times that only grow', () => {
    const clock = new Clock();
    const times: bigint[] = [];
    const events = clock.bus.subscribe({});
    for (let i = 0; i < 3; i++) clock.log(100n, 'same', 'a');
    return take(events, 0).then(async () => {
      for (let i = 0; i < 3; i++) times.push(((await events.next()).value as DaemonEvent).timeNano);
      expect(new Set(times).size).to.equal(3);
    });
  });

  const filtered: readonly (readonly [filters: string, actions: readonly string[]])[] = [
    ['{"event":["tag"]}', ['tag']],
    ['{"event":["tag","load"]}', ['load', 'tag']],
    ['{"type":["image"]}', ['load', 'tag']],
    ['{"type":["container"]}', []],
    ['{"image":["app:1"]}', ['tag']],
    ['{"image":["app"]}', ['tag']],
    ['{"image":["sha256:1"]}', ['load', 'tag']],
    ['{"label":["a=b"]}', ['load']],
    ['{"label":["a"]}', ['load']],
    ['{"label":["a=c"]}', []],
    ['{"scope":["swarm"]}', []],
    ['{"container":["x"]}', []],
    ['{"container":["app"]}', ['tag']],
    ['{"bogus":["x"]}', ['load', 'tag']],
    ['{"event":["exec_create","ta"]}', ['tag']],
  ];
  for (const [filters, actions] of filtered) {
    it(`filtered by ${filters} are [${actions}]`, async () => {
      const clock = new Clock();
      clock.log(101n, 'load', 'sha256:1', { a: 'b' });
      clock.log(102n, 'tag', 'app:1');
      clock.now += second;
      expect(await past(clock, parseFilters(filters))).to.deep.equal(actions);
    });
  }
});

describe('The range of events', () => {
  it('is in seconds with a fraction', () => {
    expect(eventRange('1.5', '2')).to.deep.equal({ since: 1_500_000_000n, until: 2_000_000_000n });
    expect(eventRange(undefined, '')).to.deep.equal({ since: undefined, until: undefined });
  });

  it('does not end before it begins', async () => {
    expect(await refusal(() => eventRange('3', '2'))).to.deep.equal([
      'INVALID_ARGUMENT',
      '`since` time (3) cannot be after `until` time (2)',
    ]);
  });

  it('is refused in the words of the daemon', async () => {
    expect(await refusal(() => eventRange('bogus', '1'))).to.deep.equal([
      'INVALID_ARGUMENT',
      `invalid value for 'since': invalid timestamp "bogus": invalid seconds "bogus": invalid syntax`,
    ]);
  });

  it('that are large are remembered and wait within bounds, and whoever reads loses none', async () => {
    const clock = new Clock();
    const deaf = Array.from({ length: 3 }, () => clock.bus.subscribe({}));
    const reader = clock.bus.subscribe({});
    const long = 'x'.repeat(1 << 20);
    let read = 0;
    for (let at = 101n; at < 201n; at++) {
      clock.log(at, `${long}${at}`, 'a');
      read += (await take(reader, 1)).length;
    }
    await reader.return?.();
    for (const events of deaf) await events.return?.();
    expect(read).to.equal(100);
    clock.now = 300n * second;
    expect((await past(clock)).length).to.be.within(1, 4);
  });

  it('that wait for those who do not read are lost to those who have most of them', async () => {
    const clock = new Clock();
    const deaf = clock.bus.subscribe({});
    const long = 'x'.repeat(1 << 20);
    for (let at = 101n; at < 141n; at++) clock.log(at, `${long}${at}`, 'a');
    const slow = clock.bus.subscribe({});
    clock.log(150n, 'small', 'a');
    clock.bus.close();
    expect(await rest(slow)).to.deep.equal(['small']);
    expect((await rest(deaf)).length).to.be.within(1, 16);
  });

  it('are not filtered by more text than there is room for', async () => {
    const clock = new Clock();
    const filters = parseFilters('{"container":["a"]}');
    const held = Array.from({ length: 2 }, () => clock.bus.subscribe({ filters, filterLength: 1 << 20 }));
    const [code] = await refusal(() => clock.bus.subscribe({ filters, filterLength: 1 }));
    expect(code).to.equal('NO_SPACE');
    for (const events of held) await events.return?.();
    const events = clock.bus.subscribe({ filters, filterLength: 1 << 20 });
    await events.return?.();
  });
});
