/** What hostile inputs are sent with: plain sockets, HTTP/1.1 and HTTP/2, without a library that would mend them. */
import { once } from 'node:events';
import { request } from 'node:http';
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2, constants } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a hostile input is sent to. */
export interface Target {
  readonly socketPath: string;
  /** An image with a statement of 30 MiB. */
  readonly image: string;
  /** A blob of 30 MiB. */
  readonly blob: string;
  /** Aborts when the time for an input is over. */
  readonly signal: AbortSignal;
}

const ignore = (): void => undefined;

/** A request and its answer's status, with what the body says of an error; the answer is read to its end. */
export function ask(
  { socketPath, signal }: Target,
  method: string,
  path: string,
  { headers = {}, body }: { headers?: Record<string, string>; body?: Buffer | AsyncIterable<Buffer> | undefined } = {},
): Promise<string> {
  return new Promise((resolve) => {
    const gone = (error: Error & { code?: string }): void =>
      resolve(signal.aborted ? 'no answer in time' : (error.code ?? error.message));
    const sent = request({ socketPath, method, path: `/v1.51${path}`, headers, agent: false, signal }, (answer) => {
      let text = '';
      answer.on('data', (piece: Buffer) => {
        if (text.length < 4096) text += piece.toString('latin1');
        else text = text.slice(-4096) + piece.toString('latin1', Math.max(0, piece.length - 4096));
      });
      answer.once('end', () => resolve(`${answer.statusCode}${reasonIn(text)}`));
      answer.once('error', gone);
    });
    sent.once('error', gone);
    if (body === undefined || Buffer.isBuffer(body)) sent.end(body);
    else Readable.from(body).once('error', ignore).pipe(sent);
  });
}

/** The message of an error answer, or of a stream's last record. */
function reasonIn(text: string): string {
  const found = [...text.matchAll(/"(?:message|error)":"((?:[^"\\]|\\.)*)/g)].at(-1)?.[1];
  return found === undefined ? '' : ` ${found.length > 60 ? `${found.slice(0, 57)}…` : found}`;
}

/** How often each answer came, the most frequent first: `98× 200, 2× ECONNRESET`. */
export function tally(answers: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  const shown = sorted.slice(0, 3).map(([answer, count]) => (count === 1 ? answer : `${count}× ${answer}`));
  return sorted.length > 3 ? `${shown.join(', ')}, …` : shown.join(', ');
}

/** A connection whose errors are nobody's concern; undefined when it is refused. */
export async function dial(to: Pick<Target, 'socketPath'> | { readonly port: number }): Promise<Socket | undefined> {
  const socket = 'port' in to ? connect(to.port, '127.0.0.1') : connect(to.socketPath);
  socket.on('error', ignore);
  try {
    await once(socket, 'connect');
    return socket;
  } catch {
    return undefined;
  }
}

/** Connections in turn, so that the queue of the listener does not run over. */
export async function dialMany(target: Parameters<typeof dial>[0], count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  let refused = 0;
  while (sockets.length < count && refused < 20) {
    const wanted = Math.min(100, count - sockets.length);
    const some = await Promise.all(Array.from({ length: wanted }, () => dial(target)));
    const open = some.filter((socket) => socket !== undefined);
    sockets.push(...open);
    if (open.length === some.length) continue;
    refused++;
    await sleep(50);
  }
  return sockets;
}

/** An HTTP/2 connection by prior knowledge. */
export function http2({ socketPath }: Target, window?: number): ClientHttp2Session {
  const settings = window === undefined ? {} : { initialWindowSize: window };
  const session = connectHttp2('http://docker', { createConnection: () => connect(socketPath), settings });
  session.on('error', ignore);
  return session;
}

/** A gRPC call of the content service with one message. */
export function call(session: ClientHttp2Session, method: string, message: Uint8Array): ClientHttp2Stream {
  const stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: 'POST',
    [constants.HTTP2_HEADER_PATH]: `/containerd.services.content.v1.Content/${method}`,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  stream.on('error', ignore);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  stream.end(Buffer.concat([head, message]));
  return stream;
}

/** How a call ended: its status, or what became of the connection. */
export function outcome(stream: ClientHttp2Stream): Promise<string> {
  return new Promise((resolve) => {
    let status = '';
    const note = (headers: Record<string, unknown>): void => {
      if (headers['grpc-status'] !== undefined) status = `gRPC ${headers['grpc-status']}`;
      else if (status === '' && headers[':status'] !== 200) status = String(headers[':status']);
    };
    stream.on('response', note);
    stream.on('trailers', note);
    stream.resume();
    stream.once('close', () => resolve(status === '' ? `reset ${stream.rstCode}` : status));
  });
}
