import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { admitTask } from '../support/foundation/scheduler.js';
import { closeGracefully } from './close-gracefully.js';
import { drainRequestBody } from './drain-request-body.js';
import { HeadBudget } from './head-budget.js';
import { serializePipelined } from './pipelining.js';
import { withBody } from './upgraded-body.js';

/** What answers requests. */
export interface Http1Options {
  /** Answers a request that can be read as one. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  /**
   * Takes over a connection that asks to be upgraded.
   *
   * @returns false when it does not want to, and the request is answered as any other
   */
  readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean;
  /** Milliseconds that the head of a request may take; five minutes without it, as dockerd. */
  readonly headersTimeout?: number;
}

/** Longest request head, as in Go. */
const maximumHead = 1024 * 1024;

const notFoundBody = '{"message":"page not found"}\n';
const notFound =
  'HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n' +
  `Content-Length: ${notFoundBody.length}\r\nConnection: close\r\n\r\n${notFoundBody}`;

/** What Go answers to a request that it cannot read: the status line again, as text, to the end of the connection. */
function plain(status: string): string {
  return `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${status}`;
}

/** Why a request is refused before anybody looks at its path; undefined when it is not. */
function refusal(request: IncomingMessage): string | undefined {
  if (request.httpVersionMajor > 1) return '505 HTTP Version Not Supported: unsupported protocol version';
  if (request.httpVersionMajor < 1) return '400 Bad Request';
  if (request.httpVersion === '1.1' && request.headers.host === undefined)
    return '400 Bad Request: missing required Host header';
  return undefined;
}

/**
 * An HTTP/1.1 server with the habits of Go's: connections stay open, heads may be long, methods that nobody knows are
 * not found (docs/reference/behavior/http.md#paths-and-methods), bytes that are not HTTP are answered in plain text.
 *
 * @returns a server that gets its connections by its `connection` event
 */
export function createHttp1Server(options: Http1Options): Server {
  const { upgrade, headersTimeout = 300_000 } = options;
  const handle = serializePipelined(options.handle);
  const heads = new HeadBudget((socket) => socket.destroy());
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    heads.complete(request, response);
    const reason = refusal(request);
    if (reason !== undefined) {
      closeGracefully(request.socket, plain(reason));
      return;
    }
    drainRequestBody(request);
    handle(request, response);
  };
  const server = createServer(
    {
      maxHeaderSize: maximumHead,
      keepAliveTimeout: 0,
      requestTimeout: 0,
      headersTimeout,
      connectionsCheckingInterval: Math.min(30_000, headersTimeout),
      requireHostHeader: false,
    },
    answer,
  );
  // The server never listens, it is handed its connections; without this event it would not look for late heads.
  server.emit('listening');
  server.on('connection', (socket: Socket) => heads.add(socket));
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    // Go asks for a body only when there is one.
    const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
    if (length !== '0' || encoding !== undefined) response.writeContinue();
    answer(request, response);
  });
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    closeGracefully(socket, notFound);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    // Those who leave in the middle of a head do so together, and none of them may keep the others waiting.
    admitTask(socket, () => answerClientError(error, socket), 'connection');
  });
  if (upgrade)
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (upgrade(request, socket, head)) return;
      answerInstead(request, socket as Socket, head, handle);
    });
  return server;
}

function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET' || error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    socket.destroy();
    return;
  }
  if (error.code === 'HPE_INVALID_METHOD') closeGracefully(socket, notFound);
  else if (error.code === 'HPE_HEADER_OVERFLOW') closeGracefully(socket, plain('431 Request Header Fields Too Large'));
  else closeGracefully(socket, plain('400 Bad Request'));
}

/** Answer a request whose connection Node has already let go for an upgrade; the connection ends with it. */
function answerInstead(request: IncomingMessage, socket: Socket, head: Buffer, handle: Http1Options['handle']): void {
  socket.on('error', () => undefined);
  if (head.length > 0) socket.unshift(head);
  const whole = withBody(request, socket);
  const response = new ServerResponse(whole);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.once('finish', () => closeGracefully(socket));
  handle(whole, response);
}
