import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectTo } from '../../src/client/connection.js';
import type { Target } from '../../src/client/target.js';
import { Asked, type Call, type Mutant, Reply } from './mutant.js';
import { Tunnel, takesOver } from './tunnel.js';

async function collect(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A unix socket that passes everything on to a daemon, with one fault at a time. */
export class FaultyProxy {
  /** The current fault. Default: none. */
  mutant: Mutant | undefined;
  readonly target: Extract<Target, { kind: 'unix' }>;
  readonly #upstream: Target;
  readonly #folder: string;
  readonly #listener: net.Server;
  readonly #sockets = new Set<net.Socket>();

  private constructor(upstream: Target) {
    this.#upstream = upstream;
    this.#folder = mkdtempSync(join(tmpdir(), 'attestd-mutant-'));
    this.target = { kind: 'unix', path: join(this.#folder, 'proxy.sock') };
    const rest = http.createServer((incoming, outgoing) => {
      this.#pass(incoming, outgoing).catch(() => outgoing.destroy());
    });
    // As the server behind it: an idle connection is not closed just when a request is on its way.
    rest.keepAliveTimeout = 0;
    const grpc = http2.createServer();
    grpc.on('stream', (stream, headers) => {
      stream.on('error', () => undefined);
      this.#passCall(stream, headers).catch(() => stream.destroy());
    });
    this.#listener = net.createServer({ allowHalfOpen: true }, (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => undefined);
      socket.once('readable', () => {
        const first = socket.read() as Buffer | null;
        if (first === null) {
          socket.end();
          return;
        }
        socket.unshift(first);
        if (takesOver(first)) {
          new Tunnel(socket, connectTo(this.#upstream), this.mutant);
          return;
        }
        const server = first.subarray(0, 3).toString('latin1') === 'PRI' ? grpc : rest;
        server.emit('connection', socket);
      });
    });
  }

  /** @param upstream the daemon behind the proxy */
  static async start(upstream: Target): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(upstream);
    await new Promise<void>((resolve) => proxy.#listener.listen(proxy.target.path, resolve));
    return proxy;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#listener.close(resolve));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #address(): http.RequestOptions {
    const target = this.#upstream;
    return target.kind === 'unix' ? { socketPath: target.path } : { host: target.host, port: target.port };
  }

  async #pass(incoming: http.IncomingMessage, outgoing: http.ServerResponse): Promise<void> {
    const { late } = this.mutant ?? {};
    if (late !== undefined) await sleep(late);
    const sent = new Asked(incoming.method ?? 'GET', incoming.url ?? '/', await collect(incoming));
    const changed = this.mutant?.before?.(sent) ?? sent;
    if (changed instanceof Reply) return write(outgoing, changed, sent.method, this.mutant);
    const answer = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const {
        host: _,
        'content-length': __,
        'transfer-encoding': ___,
        connection: ____,
        ...headers
      } = incoming.headers;
      const request = http.request(
        {
          method: changed.method,
          path: changed.path,
          headers: { ...headers, host: 'docker', 'content-length': changed.body.length },
          // One connection a request: a pool that outlives the daemon's patience would break off at random.
          agent: false,
          ...this.#address,
        },
        resolve,
      );
      request.on('error', reject);
      outgoing.on('close', () => request.destroy());
      request.end(changed.body);
    });
    const headers: [string, string][] = [];
    for (let i = 0; i + 1 < answer.rawHeaders.length; i += 2)
      headers.push([answer.rawHeaders[i] ?? '', answer.rawHeaders[i + 1] ?? '']);
    if (sent.route === '/events' && answer.statusCode === 200) return this.#passLines(sent, answer, headers, outgoing);
    if (goesOn(sent) && answer.statusCode === 200) return this.#passBytes(sent, answer, headers, outgoing);
    const reply = new Reply(answer.statusCode ?? 0, headers, await collect(answer));
    write(outgoing, this.mutant?.after?.(sent, reply) ?? reply, sent.method, this.mutant);
  }

  /** Sends the head of a streamed answer immediately. */
  #begin(asked: Asked, headers: readonly (readonly [string, string])[], outgoing: http.ServerResponse): void {
    const head = new Reply(200, headers, Buffer.alloc(0));
    const { status, headers: sent } = this.mutant?.after?.(asked, head) ?? head;
    this.mutant?.dress?.(outgoing);
    outgoing.writeHead(status, sent.filter(([name]) => !/^(content-length|transfer-encoding)$/i.test(name)).flat());
    outgoing.flushHeaders();
  }

  /** Forwards a streamed answer chunk by chunk. */
  async #passBytes(
    asked: Asked,
    answer: http.IncomingMessage,
    headers: readonly (readonly [string, string])[],
    outgoing: http.ServerResponse,
  ): Promise<void> {
    this.#begin(asked, headers, outgoing);
    const edit = this.mutant?.bytes;
    for await (const chunk of answer) outgoing.write(edit ? edit(asked, chunk as Buffer) : chunk);
    outgoing.end();
  }

  /** Events arrive one by one and are passed on so. */
  async #passLines(
    asked: Asked,
    answer: http.IncomingMessage,
    headers: readonly (readonly [string, string])[],
    outgoing: http.ServerResponse,
  ): Promise<void> {
    this.#begin(asked, headers, outgoing);
    let rest = '';
    for await (const chunk of answer) {
      const lines = (rest + (chunk as Buffer).toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const kept = this.mutant?.line ? this.mutant.line(asked, line) : line;
        if (kept !== null) outgoing.write(Buffer.from(`${kept}\n`, 'latin1'));
      }
    }
    outgoing.end(Buffer.from(rest, 'latin1'));
  }

  async #passCall(stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders): Promise<void> {
    const path = String(headers[':path']);
    const method = path.slice(path.lastIndexOf('/') + 1);
    const request = unframe(await collect(stream));
    const edit = this.mutant?.message;
    const session = http2.connect('http://daemon', { createConnection: () => connectTo(this.#upstream) });
    // The call under way reports it.
    session.on('error', () => undefined);
    try {
      const { ':scheme': scheme, ':authority': authority, ...others } = headers;
      const upstream = session.request({ ...others, ':scheme': scheme ?? 'http', ':authority': authority ?? 'daemon' });
      upstream.end(frame(edit ? request.map((message) => edit(method, message)) : request));
      const [head, trailers, body] = await new Promise<[http2.IncomingHttpHeaders, http2.IncomingHttpHeaders, Buffer]>(
        (resolve, reject) => {
          let first: http2.IncomingHttpHeaders = {};
          let last: http2.IncomingHttpHeaders = {};
          const chunks: Buffer[] = [];
          upstream.on('response', (received) => {
            first = received;
          });
          upstream.on('trailers', (received) => {
            last = received;
          });
          upstream.on('data', (chunk: Buffer) => chunks.push(chunk));
          upstream.on('end', () => resolve([first, last, Buffer.concat(chunks)]));
          upstream.on('error', reject);
        },
      );
      const ended = trailers['grpc-status'] === undefined ? head : trailers;
      const call: Call = {
        method,
        messages: unframe(body),
        status: Number(ended['grpc-status'] ?? 2),
        details: String(ended['grpc-message'] ?? ''),
      };
      answerCall(stream, this.mutant?.call?.(call) ?? call);
    } finally {
      session.close();
    }
  }
}

/** Whether an answer may come over time. */
function goesOn({ route, query }: Asked): boolean {
  // As dockerd reads booleans: any text but these is true.
  const on = (name: string, byDefault: string): boolean =>
    !['', '0', 'no', 'false', 'none'].includes((query.get(name) ?? byDefault).trim().toLowerCase());
  if (/^\/containers\/[^/]+\/wait$/.test(route)) return true;
  if (/^\/containers\/[^/]+\/logs$/.test(route)) return on('follow', '0');
  return /^\/containers\/[^/]+\/stats$/.test(route) && on('stream', '1');
}

const unchanged: Mutant = { id: 'none', title: 'no fault' };

/** Number of bytes of a body that are sent in pieces, so that large bodies do not take minutes. */
const inPieces = 4096;

function write(outgoing: http.ServerResponse, reply: Reply, method: string, mutant: Mutant = unchanged): void {
  const { pieces } = mutant;
  mutant.dress?.(outgoing);
  const headers = reply.headers.filter(([name]) => !/^(content-length|transfer-encoding|connection)$/i.test(name));
  const length: [string, string][] = method === 'HEAD' ? [] : [['Content-Length', String(reply.body.length)]];
  if (pieces !== undefined && method !== 'HEAD') {
    outgoing.writeHead(reply.status, headers.flat());
    for (let at = 0; at < Math.min(reply.body.length, inPieces); at += pieces)
      outgoing.write(reply.body.subarray(at, Math.min(at + pieces, inPieces)));
    outgoing.end(reply.body.subarray(inPieces));
    return;
  }
  outgoing.writeHead(reply.status, [...headers, ...length].flat());
  outgoing.end(method === 'HEAD' ? undefined : reply.body);
}

function answerCall(stream: http2.ServerHttp2Stream, { messages, status, details }: Call): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(status), 'grpc-message': details }));
  stream.end(frame(messages));
}

function frame(messages: readonly Buffer[]): Buffer {
  return Buffer.concat(
    messages.map((message) => {
      const head = Buffer.alloc(5);
      head.writeUInt32BE(message.length, 1);
      return Buffer.concat([head, message]);
    }),
  );
}

function unframe(body: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at + 5 <= body.length; ) {
    const length = body.readUInt32BE(at + 1);
    messages.push(body.subarray(at + 5, at + 5 + length));
    at += 5 + length;
  }
  return messages;
}
