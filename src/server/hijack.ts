import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from 'koa';
import { closeGracefully } from './close-gracefully.js';
import type { HijackResult } from './operation.js';

/** Events that Node's parser listens to on a connection; without it, bytes are nobody's but ours. */
const parserEvents = ['data', 'end', 'drain', 'timeout', 'error'];

/** Milliseconds between two looks at a connection whose client sends no more. */
const lookEvery = 1000;
/** Milliseconds of silence after which a connection over TCP is asked whether it is still there. */
const keepAliveDelay = 15_000;

/**
 * Milliseconds between the head of an answer and what follows on the connection. A daemon takes longer to start a process, and
 * clients count on it: docker-py loses what arrives together with the head.
 */
const headAlone = 30;

const ignore = (): void => undefined;

/** Read a request's body to its end; one without a length has none, for what follows is the connection's. */
async function skipBody(request: IncomingMessage): Promise<void> {
  if (request.readableEnded || request.headers['transfer-encoding'] !== undefined) return;
  await new Promise<void>((resolve) => {
    request.once('end', resolve).once('close', resolve).resume();
  });
}

/** Let the HTTP server hear no more of a connection, and its errors be nobody's. */
export function letGo(socket: Socket): void {
  for (const event of parserEvents) socket.removeAllListeners(event);
  socket.on('error', ignore);
}

/**
 * Take the connection of a request away from the HTTP server: all that comes after the request's body is read from it as
 * it is. The response stays the connection's, and is closed with it.
 */
export async function takeOver(request: IncomingMessage, response: ServerResponse): Promise<Socket | undefined> {
  await skipBody(request);
  const { socket } = response;
  if (socket === null || socket.destroyed) return undefined;
  letGo(socket);
  // With this listener the parser lets go of the descriptor that it reads from by itself.
  socket.on('readable', ignore);
  socket.off('readable', ignore);
  socket.setKeepAlive(true, keepAliveDelay);
  socket.setTimeout(0);
  return socket;
}

/**
 * Look now and then whether the client of a connection that nobody reads from has gone: a half-closed connection and a closed one
 * look alike until something is written. An empty write tells on unix sockets.
 *
 * @returns what ends it
 */
export function lookAfter(socket: Socket): () => void {
  const timer = setInterval(() => {
    if (socket.writable && socket.writableLength === 0) socket.write('');
  }, lookEvery);
  timer.unref();
  return () => clearInterval(timer);
}

/** Close a connection whose client has closed it, once that shows, after the client's last byte. */
function watch(socket: Socket): void {
  let stop: (() => void) | undefined;
  socket.once('end', () => {
    stop = lookAfter(socket);
  });
  socket.once('close', () => stop?.());
}

function headOf(ctx: Context, { statusLine, headers = {}, bare }: HijackResult): string {
  const daemon = bare ? {} : (ctx.response.headers as Record<string, string>);
  const lines = Object.entries({ ...headers, ...(!bare && capitalised(daemon)) });
  return `HTTP/1.1 ${statusLine}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

function capitalised(headers: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [
    name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase()),
    value,
  ]);
  return Object.fromEntries(entries);
}

/** Bytes of a WebSocket's message, which is passed on as a whole, and of answers to pings that its client does not read. */
const longestMessage = 256 << 10;
const mostPongs = 64 << 10;
/** WebSockets at a time: each may have begun a message. */
const mostWebSockets = 256;
let webSockets = 0;

/**
 * Make a WebSocket connection a stream of binary messages; undefined when the client does not speak the protocol, or when there
 * are too many.
 */
async function webSocket(request: IncomingMessage, socket: Socket): Promise<Duplex | undefined> {
  const { createWebSocketStream, WebSocketServer } = await import('ws');
  // Its end would not be heard of any more.
  if (socket.destroyed) return undefined;
  if (webSockets >= mostWebSockets) {
    closeGracefully(socket, 'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    return undefined;
  }
  webSockets++;
  socket.once('close', () => webSockets--);
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    autoPong: false,
    // One message in a turn of the event loop: a piece may hold ten thousand pings.
    allowSynchronousEvents: false,
    maxPayload: longestMessage,
  });
  // dockerd answers without any header.
  server.on('wsClientError', () => {
    const isAsked = request.headers.upgrade?.toLowerCase() === 'websocket';
    closeGracefully(
      socket,
      `HTTP/1.1 400 Bad Request\r\n\r\n${isAsked ? 'mismatch challenge/response' : 'not websocket protocol'}`,
    );
  });
  return new Promise((resolve) => {
    socket.once('close', () => resolve(undefined));
    server.handleUpgrade(request, socket, Buffer.alloc(0), (client) => {
      client.on('error', ignore);
      client.on('ping', (data) => {
        if (client.bufferedAmount < mostPongs) client.pong(data);
      });
      const stream = createWebSocketStream(client);
      stream.on('error', ignore);
      resolve(stream);
    });
  });
}

/**
 * Hand the connection of a request to its operation (docs/reference/behavior/http.md#hijacking).
 *
 * @returns when the operation has it; it goes on by itself
 */
export async function hijack(ctx: Context, result: HijackResult): Promise<void> {
  ctx.respond = false;
  const socket = await takeOver(ctx.req, ctx.res);
  if (socket === undefined) {
    result.abandon();
    return;
  }
  ctx.res.statusCode = Number(result.statusLine.slice(0, 3));
  let connection: Duplex | undefined = socket;
  if (result.webSocket) connection = await webSocket(ctx.req, socket);
  else {
    socket.write(headOf(ctx, result));
    socket.cork();
  }
  if (connection === undefined) {
    result.abandon();
    return;
  }
  if (connection === socket) watch(socket);
  const alone = connection === socket ? sleep(headAlone).then(() => socket.uncork()) : undefined;
  result.run(connection).then(
    async () => {
      await alone;
      closeGracefully(connection);
    },
    () => connection.destroy(),
  );
}
