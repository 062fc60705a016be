import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { type Client, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { AssertionError, expect } from 'chai';
import { type Codec, Content, type Info } from '../../../src/generated/content.js';
import { exchange, parseAnswer, type TestService } from '../support.js';
import { addArchive, goldenImage, grpcClient, h2Request, serveStore, upgrade } from './support.js';

interface Exchange {
  readonly rpc?: keyof typeof Content.methods;
  readonly note?: string;
  readonly metadata?: Record<string, string>;
  readonly request: unknown;
  readonly result?: Record<string, unknown>;
  readonly response?: Record<string, unknown>;
}

/** Why an exchange cannot be equal, and what the difference must be. */
interface Account {
  readonly why: string;
  readonly differs: (received: unknown, recorded: unknown) => void;
}

/** A blob's description lacks one label, and is equal apart from it. */
const withoutLabel = (label: string, why: string): Account => ({
  why,
  differs: (received, recorded) => {
    const { info } = structuredClone(recorded) as { info: { labels: Record<string, string> } };
    expect(info.labels).to.have.property(label);
    delete info.labels[label];
    expect(received).to.deep.equal({ info });
  },
});

const uncompressed = withoutLabel(
  'containerd.io/uncompressed',
  'a layer’s containerd.io/uncompressed label belongs to unpacking, which the reference server does not do',
);

/** The list is that of another store: one message of so many blobs, or none. */
const otherBlobs = (count: number, why: string): Account => ({
  why,
  differs: (received) => {
    const messages = received as readonly { info_count: number }[];
    expect(messages.map(({ info_count: found }) => found)).to.deep.equal(count === 0 ? [] : [count]);
  },
});

const allBlobs = otherBlobs(11, 'the daemon held 1123 blobs; the same rule is checked on the blobs at hand');

/** What was received, where it is another than what was recorded. */
const instead = (expected: unknown, why: string): Account => ({
  why,
  differs: (received) => expect(received).to.equal(expected),
});

const noBuildKit = instead(0, 'the reference server has no BuildKit');

/** Exchanges that cannot be equal, by their place in the recording. */
const accounts: Readonly<Record<number, Account>> = {
  15: uncompressed,
  19: uncompressed,
  21: withoutLabel(
    'containerd.io/gc.ref.snapshot.overlayfs',
    'a configuration’s containerd.io/gc.ref.snapshot label belongs to unpacking',
  ),
  72: allBlobs,
  73: allBlobs,
  74: allBlobs,
  76: otherBlobs(0, 'the daemon held 68 blobs that match; the same rule is checked on the blobs at hand'),
  83: allBlobs,
  121: noBuildKit,
  122: noBuildKit,
  144: instead('HTTP/1.1 501 Not Implemented', 'the reference server has no BuildKit that a session could serve'),
};

const recording: readonly Exchange[] = JSON.parse(
  readFileSync(new URL('../../golden/recordings/topics/grpc-content.json', import.meta.url), 'utf8'),
);

/** The digest that stands for the recorded 20 MiB blob, whose bytes are not at hand; this one has its size. */
const bigRecorded = 'sha256:7338c6f8264f800ddf63079fc2b581b1d40f70ad4949311edc81cac21fa3d17a';
const big = Buffer.alloc(20 * 1024 * 1024 + 61686, 'attestation ');
const bigDigest = `sha256:${createHash('sha256').update(big).digest('hex')}`;

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const camel = (name: string): string => name.replace(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase());

/** Rename the members of a message, not those of its labels. */
function rename(value: unknown, how: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => rename(item, how));
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [how(name), name === 'labels' ? item : rename(item, how)]),
  );
}

/** A message as the recording writes it: 64-bit numbers as text, times struck out. */
function written(message: unknown): unknown {
  return JSON.parse(
    JSON.stringify(rename(message, snake), (name, value: unknown) => {
      if (name === 'created_at' || name === 'updated_at') return 'a time';
      return ['size', 'offset'].includes(name) ? String(value) : value;
    }),
  );
}

/** A recorded request as the client sends it. */
function outgoing(request: unknown): Record<string, unknown> {
  const text = JSON.stringify(rename(request, camel)).replaceAll(bigRecorded, bigDigest);
  return JSON.parse(text, (name, value: unknown) => {
    if (name === 'data') return Buffer.from((value as { head: string }).head);
    if (name === 'action') return { STAT: 0, WRITE: 1, COMMIT: 2 }[value as 'STAT'] ?? value;
    // The nearest number to the largest 64-bit one is beyond it.
    return ['offset', 'size', 'total'].includes(name) ? Math.min(Number(value), 2 ** 63 - 1024) : value;
  }) as Record<string, unknown>;
}

interface Outcome {
  headers?: unknown;
  error?: unknown;
  messages: unknown[];
}

/** Make a call with @grpc/grpc-js and note everything that comes back. */
function call(client: Client, rpc: keyof typeof Content.methods, requests: unknown[], metadata: Metadata) {
  const method = Content.methods[rpc];
  const request = method.request as Codec<unknown>;
  const answer = method.response as Codec<unknown>;
  return new Promise<Outcome>((resolve) => {
    const outcome: Outcome = { messages: [] };
    const open = client.makeBidiStreamRequest(method.path, request.encode, answer.decode, metadata);
    open.on('metadata', (received: Metadata) => {
      outcome.headers = received.getMap();
    });
    open.on('data', (message: unknown) => outcome.messages.push(message));
    open.on('error', ({ code, details, metadata: rest }: ServiceError) => {
      outcome.error = { code, codeName: status[code], details, metadata: rest.getMap() };
    });
    open.on('status', () => setImmediate(() => resolve(outcome)));
    for (const one of requests) open.write(one as object);
    open.end();
  });
}

function summarize(rpc: string, messages: unknown[]): unknown[] {
  if (rpc === 'List')
    return messages.map((message) => {
      const { info } = message as { info: Info[] };
      return { infoCount: info.length, first: written(info[0]) };
    });
  return messages.map((message) => {
    const { offset, data } = message as { offset: number; data: Uint8Array };
    const sha256 = createHash('sha256').update(data).digest('hex');
    const head = Buffer.from(data.subarray(0, 80)).toString();
    return { offset: String(offset), data: { bytes: data.length, head, sha256 } };
  });
}

async function replayCall(client: Client, { rpc, request, metadata = {}, result = {} }: Exchange): Promise<void> {
  if (rpc === undefined) throw new Error('no call');
  const sent = new Metadata();
  for (const [name, value] of Object.entries(metadata)) sent.set(name, value);
  const outcome = await call(client, rpc, (Array.isArray(request) ? request : [request]).map(outgoing), sent);
  expect(outcome.error).to.deep.equal(result.error);
  if (result.headers !== undefined) expect(outcome.headers).to.deep.equal(result.headers);
  expect(Object.keys(result), 'something is recorded').to.have.length.greaterThan(0);
  if (result.response !== undefined) {
    expect(outcome.messages).to.have.lengthOf(1);
    expect(written(outcome.messages[0])).to.deep.equal(written(result.response));
  } else if (JSON.stringify(request).includes(bigRecorded)) {
    const lengths = summarize(rpc, outcome.messages).map((message) => {
      const { offset, data } = message as { offset: string; data: { bytes: number } };
      return { len: data.bytes, offset };
    });
    expect(lengths).to.deep.equal(result.messages);
  } else if (result.messages !== undefined) {
    expect(written(summarize(rpc, outcome.messages))).to.deep.equal(written(result.messages));
  }
}

interface H2Exchange {
  readonly h2: Record<string, string>;
  readonly bodyHex: string | null;
  readonly upgrade?: string;
}

/** Strike out what no two answers share. */
function comparable(answer: { headers: unknown; trailers?: unknown; body: string }): unknown {
  const headers = { ...(answer.headers as Record<string, unknown>) };
  if (headers.date !== undefined) headers.date = 'a date';
  return { ...answer, headers };
}

/** Times are the store's, and lengths depend on them; what is between is the blob's. */
const withoutTimes = (body: string): string => body.slice(Math.max(body.indexOf('\nG'), 0)).split('\x1a', 1)[0] ?? '';

async function replayH2(path: string, { request, response = {} }: Exchange): Promise<void> {
  const { h2, bodyHex, upgrade: target } = request as H2Exchange;
  const connection = target === undefined ? connect(path) : await upgrade(path, target);
  const answer = await h2Request(connection, h2, bodyHex === null ? undefined : Buffer.from(bodyHex, 'hex'));
  const { headers, trailers } = response;
  const recorded = String(response.body);
  const isInfo = (h2[':path'] ?? '').endsWith('/Info') && answer.body.length > 0 && answer.headers[':status'] === 200;
  const cut = (body: string): string => (isInfo ? withoutTimes(body) : body.slice(0, recorded.length));
  // Bytes came into the recording as Latin-1 over an upgrade, as UTF-8 otherwise.
  const encoding = target === undefined ? 'utf8' : 'latin1';
  const received = { headers: answer.headers, trailers: answer.trailers, body: cut(answer.body.toString(encoding)) };
  if (!isInfo) expect(answer.body).to.have.lengthOf(Number(response.bodyBytes));
  expect(comparable(received)).to.deep.equal(comparable({ headers, trailers, body: cut(recorded) }));
}

interface H1Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
}

async function replayH1(path: string, { request, response = {} }: Exchange): Promise<void> {
  const { method, path: target, headers } = request as H1Exchange;
  const lines = Object.entries({ Host: 'docker', ...headers }).map(([name, value]) => `${name}: ${value}`);
  const close = headers.Connection === undefined ? ['Connection: close'] : [];
  const head = [`${method} ${target} HTTP/1.1`, ...lines, ...close, '', ''].join('\r\n');
  if (response.status === 101) return replayUpgrade(path, head, response);
  const answer = parseAnswer(await exchange(path, head));
  expect(answer.status).to.equal(response.status);
  expect(answer.body.toString()).to.equal(response.body);
  const names = (response.headers as string[]).filter((_value, at) => at % 2 === 0);
  expect(answer.names.filter((name) => name !== 'Connection')).to.have.members(names);
}

/** The settings of a SETTINGS frame at the start of some bytes. */
function settingsOf(bytes: Buffer): Record<number, number> {
  expect(bytes[3], 'a SETTINGS frame').to.equal(4);
  // Those that are not announced have their defaults.
  const settings: Record<number, number> = { 1: 4096 };
  for (let at = 9; at + 6 <= Math.min(9 + bytes.readUIntBE(0, 3), bytes.length); at += 6)
    settings[bytes.readUInt16BE(at)] = bytes.readUInt32BE(at + 2);
  return settings;
}

async function replayUpgrade(path: string, head: string, response: Record<string, unknown>): Promise<void> {
  const socket = connect(path);
  let received = Buffer.alloc(0);
  socket.write(head);
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk as Buffer]);
    const frame = received.indexOf('\r\n\r\n') + 4;
    if (frame >= 4 && received.length >= frame + 9 && received.length >= frame + 9 + received.readUIntBE(frame, 3))
      break;
  }
  const end = received.indexOf('\r\n\r\n');
  const [line, ...rows] = received.toString('latin1', 0, end).split('\r\n');
  expect(line).to.equal('HTTP/1.1 101 Switching Protocols');
  expect(rows.flatMap((row) => row.split(': '))).to.deep.equal(response.headers);
  const recorded = settingsOf(Buffer.from(String(response.first64BytesHex), 'hex'));
  // Setting 9 tells that priorities are not used (RFC 9218); node:http2 announces no such setting.
  delete recorded[9];
  expect(settingsOf(received.subarray(end + 4))).to.include(recorded);
}

describe('the recorded exchanges with the content service', () => {
  let server: TestService;
  let client: Client;

  before(async () => {
    server = await serveStore(async (store) => {
      await addArchive(store, goldenImage('att-basic'), 'docker.io/library/att-basic:latest');
      await store.content.ingest(Buffer.alloc(0));
      await store.content.ingest(big);
    });
    client = grpcClient(server.path);
  });
  after(async () => {
    client.close();
    await server.close();
  });

  const replay = async (one: Exchange): Promise<void> => {
    if (one.rpc !== undefined) return replayCall(client, one);
    return 'h2' in (one.request as object) ? replayH2(server.path, one) : replayH1(server.path, one);
  };

  it('are 147', () => expect(recording).to.have.lengthOf(147));

  for (const [at, one] of recording.entries()) {
    const what = `${at}: ${one.rpc ?? ''} ${one.note ?? ''} ${JSON.stringify(one.request).slice(0, 90)}`;
    const account = accounts[at];
    if (account === undefined) it(`${what} is equal`, () => replay(one));
    else
      it(`${what} differs: ${account.why}`, async () => {
        const difference = await replay(one).then(
          () => expect.fail('listed as different, and equal'),
          (error: unknown) => error,
        );
        expect(difference).to.be.instanceOf(AssertionError);
        const { actual, expected } = difference as { actual?: unknown; expected?: unknown };
        account.differs(actual, expected);
      });
  }
});
