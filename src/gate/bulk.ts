/** Large bodies, passed on without being looked into again: their bytes cost no more than a pipe of two connections. */
import { type IncomingMessage, type ServerResponse, validateHeaderName, validateHeaderValue } from 'node:http';
import type { Socket } from 'node:net';
import { endInTime } from '../server/leave.js';
import { answerError, type Daemon, headersOf, onwardHeaders, unreachable } from './forward.js';

/** Operations whose bodies may be large, either way. */
const large = new Set([
  'ContainerArchive',
  'PutContainerArchive',
  'ContainerExport',
  'ContainerLogs',
  'ImageGet',
  'ImageGetAll',
  'ImageLoad',
  'ImageCreate',
  'ImageBuild',
]);

/** Longest head of an answer, in bytes: more than Go writes. */
const longestHead = 1024 * 1024;

/** Whether a request's bodies are worth a connection of its own. HTTP/1.0 knows no chunks. */
export const isLarge = (operation: string, { httpVersion }: IncomingMessage): boolean =>
  large.has(operation) && httpVersion === '1.1';

function requestHead(method: string, path: string, request: IncomingMessage): string {
  const { 'transfer-encoding': coding } = request.headers;
  const headers = Object.entries(onwardHeaders(request)).flatMap(([name, values]) => {
    validateHeaderName(name);
    return [values].flat().map((value) => {
      validateHeaderValue(name, value);
      return `${name}: ${value}\r\n`;
    });
  });
  const framing = coding === undefined ? '' : 'Transfer-Encoding: chunked\r\n';
  return `${method} ${path} HTTP/1.1\r\nHost: docker\r\n${headers.join('')}${framing}Connection: close\r\n\r\n`;
}

/** Write a body as it was framed: as long as announced, or in chunks of the gate's own. */
function writeBody(request: IncomingMessage, upstream: Socket): void {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
  if (coding === undefined) {
    if (length !== undefined) request.pipe(upstream, { end: false });
    return;
  }
  let before = '';
  request.on('data', (piece: Buffer) => {
    upstream.cork();
    upstream.write(`${before}${piece.length.toString(16)}\r\n`, 'latin1');
    before = '\r\n';
    const flows = upstream.write(piece);
    upstream.uncork();
    if (flows) return;
    request.pause();
    upstream.once('drain', () => request.resume());
  });
  request.on('end', () => upstream.write(`${before}0\r\n\r\n`, 'latin1'));
}

/** An answer's head as it goes to the client, whose connection ends with the body; undefined for what is no answer to this request. */
function answerHead(head: string): string | undefined {
  const [status = '', ...lines] = head.split('\r\n');
  if (!/^HTTP\/1\.1 [2-5]\d\d( |$)/.test(status)) return undefined;
  const raw = lines.flatMap((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const framing = lines.filter((line) => /^transfer-encoding:/i.test(line));
  const headers = Object.entries(headersOf(raw, undefined)).flatMap(([name, values]) =>
    [values].flat().map((value) => `${name}: ${value}`),
  );
  return `${[status, ...headers, ...framing, 'Connection: close'].join('\r\n')}\r\n\r\n`;
}

const interim = /^HTTP\/1\.1 1(?!01)\d\d/;

/**
 * Read the head of an answer, without answers that only say that another one follows.
 *
 * @param found gets the head, without the empty line that ends it, and what came with it of the body
 */
function readHead(upstream: Socket, found: (head: string, rest: Buffer) => void): void {
  let got: Buffer = Buffer.alloc(0);
  const collect = (piece: Buffer): void => {
    got = got.length === 0 ? piece : Buffer.concat([got, piece]);
    for (;;) {
      const end = got.indexOf('\r\n\r\n');
      if (end < 0 && got.length <= longestHead) return;
      const head = got.toString('latin1', 0, Math.max(end, 0));
      got = got.subarray(end + 4);
      if (interim.test(head)) continue;
      upstream.off('data', collect);
      upstream.pause();
      found(head, got);
      return;
    }
  };
  upstream.on('data', collect);
}

/**
 * Pass a request on over a connection to the daemon that ends with it, and so does the client's: nobody has to find the end of the
 * answer, whose bytes go on as they are, and nothing that a client sends after its body reaches the daemon.
 *
 * @param path for the daemon, with its query
 */
export function passLarge(daemon: Daemon, request: IncomingMessage, response: ServerResponse, path: string): void {
  const { socket: client, method = 'GET' } = request;
  const head = requestHead(method, path, request);
  const upstream = daemon.connect();
  let answered = false;
  const fail = (error: Error): void => {
    if (answered) client.destroy();
    else if (!client.destroyed) answerError(response, 503, unreachable(error));
    answered = true;
    upstream.destroy();
  };
  upstream.on('error', fail);
  upstream.on('end', () => {
    if (!answered) fail(new Error('it closed the connection'));
  });
  client.once('close', () => upstream.destroy());
  request.on('error', () => upstream.destroy());
  readHead(upstream, (raw, rest) => {
    const written = answerHead(raw);
    if (written === undefined) {
      fail(new Error('it gave no answer'));
      return;
    }
    answered = true;
    client.write(written, 'latin1');
    if (rest.length > 0) client.write(rest);
    upstream.pipe(client);
    upstream.once('end', () => leave(request, client));
  });
  upstream.write(head, 'latin1');
  writeBody(request, upstream);
}

/** The answer is through: take what the client still sends, so that it can read the answer, but not for ever. */
function leave(request: IncomingMessage, client: Socket): void {
  request.unpipe();
  request.removeAllListeners('data');
  request.resume();
  endInTime(client);
}
