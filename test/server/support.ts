import { connect } from 'node:net';
import type { Context } from '../../src/engine/context.js';
import { createContext } from '../../src/engine/engine.js';
import type { EngineOptions } from '../../src/engine/types.js';
import { privateSocket } from '../../src/server/address.js';
import { type Listener, listen } from '../../src/server/listener.js';
import type { OperationHandlers } from '../../src/server/operation.js';
import type { RequestRecord } from '../../src/server/request-record.js';
import { createService } from '../../src/server/service.js';

/** An answer as it came off the wire. */
export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Header names as they were sent, in order. */
  readonly names: readonly string[];
  readonly body: Buffer;
}

/** A service on a private socket. */
export interface TestService {
  readonly path: string;
  close(): Promise<void>;
}

/** How a test serves a daemon's state. */
export interface ServeOptions {
  readonly strict?: boolean;
  /** Instead of the real ones. */
  readonly handlers?: OperationHandlers;
  readonly watch?: (record: RequestRecord) => void;
}

/** Serve a daemon's state on a private socket. */
export async function serveContext(context: Context, options: ServeOptions = {}): Promise<TestService> {
  const { strict = false, handlers, watch } = options;
  const { http1, http2 } = createService({ context: () => context, strict, handlers, watch, log: () => undefined });
  const { address, remove } = await privateSocket();
  const listener: Listener = await listen(address, {
    http1: (socket) => http1.emit('connection', socket),
    http2: (socket) => http2.accept(socket),
  });
  const path = address.kind === 'unix' ? address.path : '';
  return {
    path,
    close: async () => {
      await listener.close();
      await remove();
    },
  };
}

/** A daemon's state without a store, for handlers that do not look into one. */
export function contextWithoutStore(store: { generation: number } = { generation: 0 }): Context {
  const options = { store, host: { os: 'linux', architecture: 'amd64' }, channel: 'standard' };
  return createContext(options as EngineOptions);
}

/**
 * Send bytes and read the answer until the server ends the connection or the answer is complete.
 *
 * @param head request line and headers, without the empty line; `Host` is added to it
 */
export async function raw(path: string, head: string, body: string | Buffer = ''): Promise<RawAnswer> {
  const received = await exchange(path, `${head}\r\nHost: attestd\r\nConnection: close\r\n\r\n`, body);
  return parseAnswer(received);
}

/** Send bytes as they are; resolves with what came back. */
export function exchange(path: string, head: string, body: string | Buffer = ''): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    const socket = connect(path);
    socket.on('data', (piece: Buffer) => pieces.push(piece));
    socket.on('end', () => resolve(Buffer.concat(pieces)));
    socket.on('error', reject);
    socket.write(head, 'latin1');
    if (body.length > 0) socket.write(body);
  });
}

/** Take an answer apart, its chunks joined. */
export function parseAnswer(bytes: Buffer): RawAnswer {
  const end = bytes.indexOf('\r\n\r\n');
  const [line = '', ...rows] = bytes.toString('latin1', 0, end).split('\r\n');
  const pairs = rows.map((row) => [row.slice(0, row.indexOf(':')), row.slice(row.indexOf(':') + 1).trim()] as const);
  const headers = Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value]));
  const rest = bytes.subarray(end + 4);
  return {
    status: Number(line.split(' ')[1]),
    headers,
    names: pairs.map(([name]) => name),
    body: headers['transfer-encoding'] === 'chunked' ? dechunk(rest) : rest,
  };
}

function dechunk(bytes: Buffer): Buffer {
  const pieces: Buffer[] = [];
  let at = 0;
  for (;;) {
    const line = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16);
    if (!(size > 0)) return Buffer.concat(pieces);
    pieces.push(bytes.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}
