import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { DaemonEvent, EventBus } from '../../src/engine/events/bus.js';
import { negotiateStreamType, renderEvents } from '../../src/server/events.js';
import { contextWithoutStore, raw, serveContext, type TestService } from './support.js';

function event(action: string, type = 'image'): DaemonEvent {
  return {
    type,
    action,
    actor: { id: 'sha256:1', attributes: { name: 'a<b>', 'a.label': 'x', image: 'busybox' } },
    scope: 'local',
    timeNano: 1_795_468_434_423_643_138n,
  };
}

describe('the content type of an event stream', () => {
  for (const [accept, legacy, type] of [
    [undefined, false, 'application/jsonl'],
    [undefined, true, 'application/json'],
    ['*/*', false, 'application/jsonl'],
    ['application/json', false, 'application/jsonl'],
    ['application/json-seq', true, 'application/json-seq'],
    ['application/x-ndjson', false, 'application/x-ndjson'],
    ['application/json-seq, application/x-ndjson', false, 'application/x-ndjson'],
    ['application/x-ndjson;q=0.5, application/json-seq', false, 'application/json-seq'],
    ['application/json-seq;q=0', false, 'application/jsonl'],
    ['application/json-seq;q=bogus', true, 'application/json'],
  ] as const) {
    it(`is ${type} for ${accept ?? 'no Accept'}${legacy ? ', below 1.52' : ''}`, () => {
      expect(negotiateStreamType(accept, legacy ? 'application/json' : 'application/jsonl')).to.equal(type);
    });
  }
});

describe('an event', () => {
  it('is written once for all who hear of it', async () => {
    let read = 0;
    const { actor, ...rest } = event('tag');
    const watched = Object.defineProperty({ ...rest }, 'actor', {
      get: () => {
        read++;
        return actor;
      },
    }) as DaemonEvent;
    const form = { contentType: 'application/jsonl', legacy: false, withoutCreate: false };
    const texts: string[] = [];
    const one = async function* () {
      yield watched;
    };
    for await (const text of renderEvents(one(), form)) texts.push(text.toString());
    const first = read;
    for (let i = 0; i < 5; i++) for await (const text of renderEvents(one(), form)) texts.push(text.toString());
    expect(new Set(texts).size).to.equal(1);
    expect([first > 0, read]).to.deep.equal([true, first]);
  });
});

describe('GET /events', () => {
  const aborted: string[] = [];
  /** How many events were asked for. */
  let taken = 0;
  let service: TestService;
  before(async () => {
    const subscribe: EventBus['subscribe'] = ({ until }, signal) => {
      if (until !== undefined) return endless(signal);
      return some([event('create'), event('tag'), event('start', 'container'), event('create', 'volume')]);
    };
    service = await serveContext({ ...contextWithoutStore(), events: { subscribe } as EventBus });
  });
  after(() => service.close());

  async function* some(events: readonly DaemonEvent[]): AsyncGenerator<DaemonEvent> {
    yield* events;
  }

  async function* endless(signal: AbortSignal | undefined): AsyncGenerator<DaemonEvent> {
    signal?.addEventListener('abort', () => aborted.push('signal'));
    try {
      for (;;) {
        taken++;
        yield event('x'.repeat(10_000));
        await sleep(0);
      }
    } finally {
      aborted.push('returned');
    }
  }

  const lines = async (path: string, headers = ''): Promise<string[]> => {
    const answer = await raw(service.path, `GET ${path} HTTP/1.1${headers}`);
    expect(answer.status).to.equal(200);
    return answer.body.toString().split('\n').slice(0, -1);
  };

  it('writes one event a line, attributes sorted, HTML escaped, nanoseconds exact', async () => {
    const [, tag] = await lines('/events');
    expect(tag).to.equal(
      '{"Type":"image","Action":"tag","Actor":{"ID":"sha256:1","Attributes":{"a.label":"x","image":"busybox",' +
        '"name":"a\\u003cb\\u003e"}},"scope":"local","time":1795468434,"timeNano":1795468434423643138}',
    );
  });

  it('repeats the older fields below 1.52, keys sorted, nanoseconds rounded', async () => {
    const [, tag, start, create] = await lines('/v1.51/events');
    expect(tag).to.equal(
      '{"Action":"tag","Actor":{"Attributes":{"a.label":"x","image":"busybox","name":"a\\u003cb\\u003e"},"ID":"sha256:1"},' +
        '"Type":"image","id":"sha256:1","scope":"local","status":"tag","time":1795468434,"timeNano":1795468434423643100}',
    );
    expect(JSON.parse(start as string)).to.include({ from: 'busybox', status: 'start' });
    expect(create).to.match(/^\{"Type":"volume"/);
  });

  it('leaves out that images were created below 1.46', async () => {
    expect(await lines('/v1.45/events')).to.have.length(3);
    expect(await lines('/v1.46/events')).to.have.length(4);
  });

  it('starts each record of a JSON sequence with a record separator', async () => {
    const records = await lines('/events', '\r\nAccept: application/json-seq');
    expect(records.every((record) => record.startsWith('\u001e{'))).to.equal(true);
  });

  it('stops taking events from the engine while a client does not read, and lets go of it when it leaves', async () => {
    const socket = connect(service.path);
    socket.pause();
    socket.write('GET /events?until=4000000000 HTTP/1.1\r\nHost: x\r\n\r\n');
    let before = -1;
    while (taken !== before) {
      before = taken;
      await sleep(100);
    }
    expect(taken).to.be.greaterThan(1);
    socket.destroy();
    while (aborted.length < 2) await sleep(10);
    expect(aborted).to.have.members(['signal', 'returned']);
  });
});
