import { chmod, lstat, stat, unlink } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { AttestdError } from '../support/foundation/errors.js';
import { admitTask, noteConnection } from '../support/foundation/scheduler.js';
import { type Address, formatAddress } from './address.js';

/** Takes over a connection; nothing of it has been read, seen from the handler. */
export type ConnectionHandler = (socket: Socket) => void;

/** What a listener does with its connections. */
export interface ListenerOptions {
  readonly http1: ConnectionHandler;
  /** Connections that begin with the HTTP/2 preface; without it they are left to `http1`, which refuses them. */
  readonly http2?: ConnectionHandler;
  /** Makes TCP listeners TLS ones; unix sockets never are. */
  readonly tls?: TlsOptions;
  /** Permissions of a unix socket; those of its user and group without it. */
  readonly mode?: number;
  /** Milliseconds that a connection may take to say anything, and a handshake of TLS to end; five minutes without it, as dockerd. */
  readonly firstBytesTimeout?: number;
}

/** A listener that accepts connections. */
export interface Listener {
  /** With the port that was taken, where the address had port 0. */
  readonly address: Address;
  /** Stops accepting; connections stay. */
  stop(): void;
  /** Stops accepting and ends every connection. */
  close(): Promise<void>;
}

/** Connections that may wait to be accepted; Node's own 511 are soon full, and then clients are refused. The kernel bounds it. */
const backlog = 4096;

const patience = 300_000;

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/**
 * Let the first bytes of a connection decide who gets it: those of the HTTP/2 preface or anything else (docs/explanation/architecture.md).
 */
function dispatch(socket: Socket, options: ListenerOptions): void {
  const { http1, http2, firstBytesTimeout = patience } = options;
  if (!http2) {
    http1(socket);
    return;
  }
  const silent = setTimeout(() => socket.destroy(), firstBytesTimeout).unref();
  socket.once('close', () => clearTimeout(silent));
  let head: Buffer = Buffer.alloc(0);
  const decide = () => {
    for (let piece: Buffer | null = socket.read(); piece !== null; piece = socket.read())
      head = head.length === 0 ? piece : Buffer.concat([head, piece]);
    if (head.length === 0) return;
    const length = Math.min(head.length, preface.length);
    const matches = head.compare(preface, 0, length, 0, length) === 0;
    if (matches && length < preface.length) return;
    clearTimeout(silent);
    socket.off('readable', decide);
    socket.off('end', decideAtEnd);
    socket.unshift(head);
    const begin = (): void => {
      if (!socket.destroyed) (matches ? http2 : http1)(socket);
    };
    admitTask(socket, begin, 'connection');
  };
  const decideAtEnd = () => socket.destroy();
  socket.on('readable', decide);
  socket.on('end', decideAtEnd);
}

/** A connection's own errors end that connection, and nothing else. */
function ignore(): void {}

/**
 * Listen at an address.
 *
 * @throws AttestdError ALREADY_EXISTS when somebody else listens there, UNAVAILABLE when the address cannot be taken
 */
export async function listen(address: Address, options: ListenerOptions): Promise<Listener> {
  if (address.kind === 'unix') {
    await requireFolder(address.path);
    await removeStale(address.path);
  }
  const connections = new Set<Socket>();
  const track = (socket: Socket) => {
    connections.add(socket);
    // For as long as it lives: whoever takes it over may let go of it while bytes are still under way.
    socket.on('error', ignore);
    socket.once('close', () => connections.delete(socket));
  };
  const accept = (socket: Socket) => {
    noteConnection();
    track(socket);
    dispatch(socket, options);
  };
  const server =
    options.tls && address.kind === 'tcp'
      ? createTlsServer(
          {
            ...options.tls,
            handshakeTimeout: options.firstBytesTimeout ?? patience,
            ALPNProtocols: options.http2 ? ['h2', 'http/1.1'] : ['http/1.1'],
          },
          accept,
        )
      : createServer({ allowHalfOpen: true, noDelay: true }, accept);
  if (options.tls && address.kind === 'tcp') {
    // Before the handshake too: one that never ends must not keep the server from ending, nor the connection for ever.
    server.on('connection', track);
    server.on('tlsClientError', (_error: Error, socket: Socket) => socket.destroy());
  }
  await start(server, address);
  if (address.kind === 'unix') await chmod(address.path, options.mode ?? 0o660);
  return {
    address: bound(server, address),
    stop: () => {
      server.close();
    },
    close: () =>
      new Promise((resolve) => {
        // Also where it has stopped already.
        server.close(() => resolve());
        for (const socket of connections) socket.destroy();
      }),
  };
}

function start(server: Server, address: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const taken = cause.code === 'EADDRINUSE';
      const reason = taken ? 'the address is in use' : cause.message;
      reject(
        new AttestdError(
          taken ? 'ALREADY_EXISTS' : 'UNAVAILABLE',
          `cannot listen on ${formatAddress(address)}: ${reason}`,
          {
            cause,
          },
        ),
      );
    });
    if (address.kind === 'unix') server.listen({ path: address.path, backlog }, resolve);
    else server.listen({ port: address.port, host: address.host, backlog }, resolve);
  });
}

function bound(server: Server, address: Address): Address {
  const actual = server.address();
  if (address.kind === 'unix' || actual === null || typeof actual === 'string') return address;
  return { ...address, port: actual.port };
}

/** Bytes that the address of a unix socket has room for; Node cuts off what is more, and listens elsewhere. */
const longestPath = process.platform === 'linux' ? 107 : 103;

/** Node says of a folder that is not there that it may not be entered. */
async function requireFolder(path: string): Promise<void> {
  const refuse = (why: string): never => {
    throw new AttestdError('USAGE', `cannot listen on ${path}: ${why}`);
  };
  if (Buffer.byteLength(path) > longestPath) refuse(`a socket's path has at most ${longestPath} bytes`);
  const folder = dirname(path);
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined) refuse(`there is no folder ${folder}`);
  else if (!found.isDirectory()) refuse(`${folder} is no folder`);
}

/** Remove a socket that a server which is gone has left. */
async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket())
    throw new AttestdError('ALREADY_EXISTS', `cannot listen on ${path}: it is there and no socket`);
  if (await answers(path)) throw new AttestdError('ALREADY_EXISTS', `cannot listen on ${path}: somebody else does`);
  await unlink(path);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}
