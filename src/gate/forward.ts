import http, { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { connectTo, requestOptions } from '../client/connection.js';
import type { Target } from '../client/target.js';
import { destroyAfterGrace } from '../server/close-gracefully.js';
import { lookAfter, takeOver } from '../server/hijack.js';
import { AttestdError } from '../support/foundation/errors.js';
import { carry, RawConnection } from './raw-connection.js';

/** Headers that are about one connection (RFC 9110, section 7.6.1), and those that the gate writes itself. */
const ownHeaders = new Set(
  'connection keep-alive proxy-connection proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade expect host'.split(
    ' ',
  ),
);

type Headers = Record<string, string | string[]>;

/** Headers without those of the connection. */
export function headersOf(rawHeaders: readonly string[], connection: string | undefined): Headers {
  const named = new Set(
    (connection ?? '')
      .toLowerCase()
      .split(',')
      .map((name) => name.trim()),
  );
  const headers: Headers = Object.create(null);
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    const value = rawHeaders[at + 1] as string;
    const key = name.toLowerCase();
    if (ownHeaders.has(key) || (named.has(key) && !key.startsWith('content-'))) continue;
    const known = headers[name];
    headers[name] = known === undefined ? value : [known, value].flat();
  }
  return headers;
}

/** A request as it goes to the daemon. */
export interface Onward {
  readonly method: string;
  /** With the query, encoded. */
  readonly path: string;
  readonly headers?: Headers;
}

/** A daemon's answer that was read to its end. */
export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Headers of the daemon that are part of an answer that was read. */
const keptHeaders = ['content-type', 'api-version', 'server', 'ostype', 'docker-experimental', 'date'];

/** Bytes of an answer to what is judged: an id, or why it was refused. */
const longestAnswer = 4 << 20;

/** What a client hears of a daemon that does not answer. */
export const unreachable = (error: Error): string => `the gate cannot reach the daemon: ${error.message}`;

/** The real daemon, for requests that are passed on. */
export class Daemon {
  readonly #target: Target;
  readonly #agent: http.Agent;

  /** @param target where it listens */
  constructor(target: Target) {
    this.#target = target;
    const options = { keepAlive: true, maxFreeSockets: 64 };
    this.#agent = this.#secure ? new https.Agent(options) : new http.Agent(options);
  }

  get #secure(): boolean {
    return this.#target.kind === 'tcp' && this.#target.tls !== undefined;
  }

  /** A request whose body is still to be written. Its head is the gate's own, so that it is read as it was judged. */
  open({ method, path, headers }: Onward): http.ClientRequest {
    const options = { ...requestOptions(this.#target), agent: this.#agent };
    return (this.#secure ? https : http).request({
      ...options,
      method,
      path,
      headers: { ...headers, Host: 'docker' },
    });
  }

  /**
   * Send a request that was judged, and read the whole answer.
   *
   * @param waiting for whom: it is given up with the one who waits
   * @throws AttestdError UNAVAILABLE when the daemon does not answer to the end
   */
  send(
    { method, path, headers, body }: Onward & { readonly body: Buffer },
    waiting: ServerResponse,
  ): Promise<Answered> {
    return new Promise((resolve, reject) => {
      const length: Headers = body.length > 0 ? { 'Content-Length': String(body.length) } : {};
      const outgoing = this.open({ method, path, headers: { ...headers, ...length } });
      const fail = (error: Error): void =>
        reject(new AttestdError('UNAVAILABLE', unreachable(error), { cause: error }));
      const giveUp = (): void => void outgoing.destroy(new Error('the client has gone'));
      waiting.once('close', giveUp);
      outgoing.on('error', fail);
      outgoing.on('response', (incoming) => {
        const pieces: Buffer[] = [];
        let length = 0;
        incoming.on('data', (piece: Buffer) => {
          length += piece.length;
          if (length > longestAnswer) outgoing.destroy(new Error('its answer is too long'));
          else pieces.push(piece);
        });
        incoming.on('error', fail);
        incoming.on('end', () => {
          waiting.off('close', giveUp);
          const known = keptHeaders.flatMap((name) => {
            const value = incoming.headers[name];
            return typeof value === 'string' ? [[name, value]] : [];
          });
          resolve({
            status: incoming.statusCode ?? 502,
            headers: Object.fromEntries(known),
            body: Buffer.concat(pieces),
          });
        });
      });
      outgoing.end(body);
    });
  }

  /** A request that asks for its connection, which is closed side by side. */
  openUpgrade({ method, path, headers }: Onward, protocol: string): http.ClientRequest {
    return http.request({
      method,
      path,
      createConnection: () => connectTo(this.#target),
      headers: { ...headers, Host: 'docker', Connection: 'Upgrade', Upgrade: protocol },
    });
  }

  /** A connection of one's own. */
  connect(): RawConnection {
    return RawConnection.connect((onread) => connectTo(this.#target, { onread }));
  }

  /** Close idle connections. */
  close(): void {
    this.#agent.destroy();
  }
}

const errorBody = (message: string): string => `${JSON.stringify({ message })}\n`;

/** Answer with an error as daemons do. */
export function answerError(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = errorBody(message);
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

/** The same on a connection that no HTTP server has any more, and that ends with it. */
export function errorAnswer(status: number, message: string): string {
  const body = errorBody(message);
  const length = Buffer.byteLength(body);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n${body}`;
}

/** The headers of a client's request that the daemon gets. */
export const onwardHeaders = ({ rawHeaders, headers }: IncomingMessage): Headers =>
  headersOf(rawHeaders, headers.connection);

function relay(incoming: IncomingMessage, response: ServerResponse): void {
  response.sendDate = false;
  const headers = headersOf(incoming.rawHeaders, incoming.headers.connection);
  response.writeHead(incoming.statusCode ?? 502, incoming.statusMessage, headers);
  response.flushHeaders();
  incoming.on('error', () => response.destroy());
  incoming.pipe(response);
}

/** Pass a request on as it is, and its answer back, each as fast as the other side reads. */
export function pass(daemon: Daemon, request: IncomingMessage, response: ServerResponse, path: string): void {
  const outgoing = daemon.open({ method: request.method ?? 'GET', path, headers: onwardHeaders(request) });
  outgoing.on('response', (incoming) => relay(incoming, response));
  outgoing.on('error', (error) => answerError(response, 503, unreachable(error)));
  response.on('error', () => outgoing.destroy());
  response.on('close', () => {
    if (!response.writableFinished) outgoing.destroy();
  });
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
  if (length === undefined && coding === undefined) outgoing.end();
  else {
    request.on('error', () => outgoing.destroy());
    request.pipe(outgoing);
  }
}

/** Connect two connections, each side closed for itself; what breaks one breaks the other. */
function splice(client: RawConnection, daemon: RawConnection): void {
  client.socket.on('error', () => daemon.socket.destroy());
  daemon.socket.on('error', () => client.socket.destroy());
  client.socket.once('close', () => daemon.socket.destroy());
  daemon.socket.once('close', () => {
    client.socket.end();
    destroyAfterGrace(client.socket);
  });
  carry(daemon, client.socket);
  carry(client, daemon.socket);
}

/**
 * Pass on a request for a connection (docs/reference/behavior/http.md#hijacking). Only when the daemon has given its connection away do bytes of
 * the client reach it: until then, or when it refuses, they could be another request.
 *
 * @param body the request's, read to its end
 */
export function passUpgrade(
  daemon: Daemon,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  body: Buffer,
): void {
  const { upgrade, 'sec-websocket-key': webSocket } = request.headers;
  const headers = onwardHeaders(request);
  if (body.length > 0) headers['Content-Length'] = String(body.length);
  const outgoing = daemon.openUpgrade({ method: request.method ?? 'POST', path, headers }, upgrade ?? 'tcp');
  const leave = (): void => void outgoing.destroy();
  response.once('close', leave);
  const stop = lookAfter(request.socket);
  outgoing.once('close', stop);
  outgoing.on('response', (incoming) => {
    stop();
    relay(incoming, response);
  });
  outgoing.on('error', (error) => answerError(response, 503, unreachable(error)));
  outgoing.on('upgrade', (incoming, connection: Socket, rest) => {
    connection.on('error', () => connection.destroy());
    response.off('close', leave);
    stop();
    takeOver(request, response).then(
      (client) => {
        if (client === undefined) {
          connection.destroy();
          return;
        }
        const wide = RawConnection.over(client);
        wide.socket.write(headOf(incoming, upgrade !== undefined || webSocket !== undefined));
        splice(wide, RawConnection.over(connection, rest));
      },
      () => connection.destroy(),
    );
  });
  outgoing.end(body.length > 0 ? body : undefined);
}

/** The head of the answer: the daemon's own to who asked to be upgraded, and what others get from a daemon to them. */
function headOf({ rawHeaders, statusMessage = 'UPGRADED' }: IncomingMessage, upgraded: boolean): string {
  if (!upgraded) return 'HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n';
  const lines = [`HTTP/1.1 101 ${statusMessage}\r\n`];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`);
  return `${lines.join('')}\r\n`;
}
