import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  createServer,
  type Http2Server,
  Http2ServerRequest,
  Http2ServerResponse,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Release } from '../../engine/release.js';
import type { AccessRule } from '../access.js';
import type { Faults } from '../faults/index.js';
import { negotiateVersion, splitVersion } from '../version.js';
import { isGrpc, refusePlainly, type Services, serveCall } from './call.js';
import { StreamTurns } from './turns.js';

/** What answers the requests of HTTP/2 connections. */
export interface Http2Options {
  /** Services by full name; asked for with the first gRPC call. */
  readonly services: () => Promise<Services>;
  /** Whose API versions `POST /grpc` may have in its path. */
  readonly release: () => Release;
  /** Answers requests that are not gRPC, by the compatibility interface of node:http2. */
  readonly rest: (request: IncomingMessage, response: ServerResponse) => void;
  /** Says why a call is refused; requests that are not gRPC are `rest`'s to refuse. */
  readonly access?: AccessRule | undefined;
  /** What is to go wrong with calls. */
  readonly faults?: Pick<Faults, 'call'> | undefined;
  /** Receives errors that are no client's fault. */
  readonly onFault: (error: unknown, request: string) => void;
}

/** Settings that the daemon announces (docs/reference/behavior/content-service.md#connections). */
const settings = {
  maxFrameSize: 1024 * 1024,
  maxConcurrentStreams: 250,
  maxHeaderListSize: 1024 * 1024 + 320,
  headerTableSize: 4096,
  initialWindowSize: 1024 * 1024,
} as const;

/** Megabytes that a connection may hold: each of its 250 streams has a piece of 64 KiB under way, and its frames. */
const maxSessionMemory = 48;

/** Whether a request target is `/grpc`, at a version that the server speaks. */
function isGrpcPath(target: string, release: Release): boolean {
  const { version, rest } = splitVersion(target.split('?', 1)[0] ?? '');
  try {
    negotiateVersion(version, release);
  } catch {
    return false;
  }
  return rest === '/grpc';
}

/** An HTTP/2 server that gets its connections handed over: by prior knowledge, by ALPN or by `POST /grpc`. */
export class Http2Front {
  readonly #options: Http2Options;
  readonly #server: Http2Server;
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #turns = new StreamTurns();

  constructor(options: Http2Options) {
    this.#options = options;
    this.#server = createServer({ settings, maxSessionMemory });
    this.#server.on('session', (session) => {
      this.#sessions.add(session);
      session.once('close', () => this.#sessions.delete(session));
      // A connection's own faults end that connection; its peer is told by GOAWAY.
      session.on('error', () => {});
      // A stream that was taken back at once does not know its session any more.
      const onStream = (
        stream: ServerHttp2Stream,
        headers: IncomingHttpHeaders,
        _flags: number,
        rawHeaders: string[],
      ): void => {
        stream.on('error', () => {});
        this.#turns.take(session, stream, () => {
          if (isGrpc(headers)) this.#call(stream, headers);
          else this.#rest(stream, headers, rawHeaders);
        });
      };
      session.on('stream', onStream);
    });
    this.#server.on('sessionError', () => {});
  }

  /**
   * The server's `request` event would do the same for every stream, and send trailers of its own where a call sends
   * its status.
   */
  #rest(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, rawHeaders: string[]): void {
    const request = new Http2ServerRequest(stream, headers, {}, rawHeaders);
    const response = new Http2ServerResponse(stream);
    this.#options.rest(request as unknown as IncomingMessage, response as unknown as ServerResponse);
  }

  #call(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const { access, onFault } = this.#options;
    const refusal = access?.({ socket: stream.session?.socket ?? {}, headers });
    if (refusal !== undefined) {
      refusePlainly(stream, 403, refusal);
      return;
    }
    this.#serve(stream, headers).catch((error: unknown) => {
      onFault(error, `${headers[':method']} ${headers[':path']}`);
      stream.close();
    });
  }

  async #serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    const { services, faults, onFault } = this.#options;
    if (await faults?.call(stream, headers)) return;
    await serveCall(await services(), stream, headers, onFault);
  }

  /**
   * Take over a connection whose next bytes are the HTTP/2 preface.
   *
   * @param socket a plain or TLS socket; bytes that were read from it must have been put back
   */
  accept(socket: Duplex): void {
    // A session does not end at its peer's FIN while the socket may stay half open.
    socket.allowHalfOpen = false;
    this.#server.emit('connection', socket);
  }

  /**
   * Turn an HTTP/1.1 connection into an HTTP/2 one when the request asks for it: `POST /grpc` with `Upgrade: h2c`,
   * whatever its version prefix.
   *
   * @returns false when the request is any other; it is answered as HTTP/1.1 then
   */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    if (request.method !== 'POST' || request.headers.upgrade !== 'h2c') return false;
    if (!isGrpcPath(request.url ?? '', this.#options.release())) return false;
    // Answered as any other request, with what it is refused for.
    if (this.#options.access?.(request) !== undefined) return false;
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
    if (head.length > 0) (socket as Socket).unshift(head);
    this.accept(socket);
    return true;
  }

  /** End all connections; calls that are under way are cut. */
  close(): void {
    for (const session of this.#sessions) session.destroy();
  }
}
