/** Large bodies, passed on without being looked into again: their bytes cost no more than a pipe of two connections. */
import { type IncomingMessage, type ServerResponse, validateHeaderName, validateHeaderValue } from 'node:http';
import type { Socket } from 'node:net';
import { closeGracefully, destroyAfterGrace } from '../server/close-gracefully.js';
import { answerError, type Daemon, errorAnswer, headersOf, onwardHeaders, unreachable } from './forward.js';
import { type Framing, framingOf } from './framing.js';
import { takeBody } from './front.js';
import { carry, RawConnection } from './raw-connection.js';

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

/** @param framing the header that announces the body; none where there is no body */
function requestHead(method: string, path: string, request: IncomingMessage, framing: string | undefined): string {
  const headers = Object.entries(onwardHeaders(request)).flatMap(([name, values]) => {
    validateHeaderName(name);
    return [values].flat().flatMap((value) => {
      validateHeaderValue(name, value);
      return name.toLowerCase() === 'content-length' ? [] : `${name}: ${value}\r\n`;
    });
  });
  const body = framing === undefined ? '' : `${framing}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nHost: docker\r\n${headers.join('')}${body}Connection: close\r\n\r\n`;
}

/** The client's side of an exchange. */
interface Side {
  /** Where the answer goes. */
  readonly socket: Socket;
  /** The header that announces the body. */
  readonly framing: string | undefined;
  /** Send the body on as it was framed. */
  send(upstream: Socket, refuse: (why: string) => void): void;
  /** Answer with an error in the daemon's place. */
  refuse(status: number, message: string): void;
  /** The answer is through: take what the client still sends, so that it can read the answer, but not for ever. */
  leave(): void;
}

/** A client whose body nobody has begun to read: its bytes are passed on as they are, and only counted. */
function untouched({ socket: given }: IncomingMessage, framing: Framing, rest: Buffer): Side {
  const wide = RawConnection.over(given, rest);
  const { socket } = wide;
  socket.on('error', () => undefined);
  const ignore = (): boolean => true;
  return {
    socket,
    framing: framing.header,
    send: (upstream, refuse) => {
      const gone = (): void => {
        upstream.destroy();
        socket.destroy();
      };
      carry(wide, upstream, gone, (bytes) => {
        try {
          return bytes.subarray(0, framing.take(bytes));
        } catch (error) {
          refuse(`the gate refuses the body: ${(error as Error).message}`);
          return bytes.subarray(0, 0);
        }
      });
    },
    refuse: (status, message) => {
      wide.start(ignore);
      closeGracefully(socket, errorAnswer(status, message));
    },
    leave: () => {
      wide.start(ignore);
      destroyAfterGrace(socket);
    },
  };
}

/** A client whose body Node reads, or that has none. */
function parsed(request: IncomingMessage, response: ServerResponse): Side {
  const { socket } = request;
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
  const framing = coding === undefined ? length && `Content-Length: ${length}` : 'Transfer-Encoding: chunked';
  return {
    socket,
    framing,
    send: (upstream) => {
      request.on('error', () => upstream.destroy());
      if (coding !== undefined) writeChunks(request, upstream);
      else if (length !== undefined) request.pipe(upstream, { end: false });
    },
    refuse: (status, message) => answerError(response, status, message),
    leave: () => {
      request.unpipe();
      request.removeAllListeners('data');
      request.resume();
      destroyAfterGrace(socket);
    },
  };
}

/** Write a body in chunks of the gate's own. */
function writeChunks(request: IncomingMessage, upstream: Socket): void {
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
 * @param found gets the head, without the empty line that ends it; what came with it is unread
 */
function readHead(upstream: RawConnection, found: (head: string) => void): void {
  let got: Buffer = Buffer.alloc(0);
  upstream.start((piece) => {
    got = Buffer.concat([got, piece]);
    for (;;) {
      const end = got.indexOf('\r\n\r\n');
      if (end < 0 && got.length <= longestHead) return true;
      const head = got.toString('latin1', 0, Math.max(end, 0));
      got = got.subarray(end + 4);
      if (interim.test(head)) continue;
      upstream.unread(got);
      // Not before this connection rests.
      process.nextTick(found, head);
      return false;
    }
  });
}

/** The client's side of a request that is being handed over. */
function sideOf(request: IncomingMessage, response: ServerResponse): Side {
  const framing = framingOf(request);
  const rest = framing && takeBody(request);
  return framing && rest ? untouched(request, framing, rest) : parsed(request, response);
}

/**
 * Pass a request on over a connection to the daemon that ends with it, and so does the client's: nobody has to find the end of the
 * answer, whose bytes go on as they are, and nothing that a client sends after its body reaches the daemon.
 *
 * @param path for the daemon, with its query
 */
export function streamBodies(daemon: Daemon, request: IncomingMessage, response: ServerResponse, path: string): void {
  const side = sideOf(request, response);
  const client = side.socket;
  const wide = daemon.connect();
  const upstream = wide.socket;
  let answered = false;
  const refuse = (status: number, message: string): void => {
    if (answered) client.destroy();
    else if (!client.destroyed) side.refuse(status, message);
    answered = true;
    upstream.destroy();
  };
  const fail = (error: Error): void => refuse(503, unreachable(error));
  upstream.on('error', fail);
  upstream.on('end', () => {
    if (!answered) fail(new Error('it closed the connection'));
  });
  client.once('close', () => upstream.destroy());
  readHead(wide, (raw) => {
    const written = answerHead(raw);
    if (written === undefined) {
      fail(new Error('it gave no answer'));
      return;
    }
    answered = true;
    client.write(written, 'latin1');
    carry(wide, client, () => {
      client.end();
      side.leave();
    });
  });
  upstream.write(requestHead(request.method ?? 'GET', path, request, side.framing), 'latin1');
  side.send(upstream, (why) => refuse(400, why));
}
