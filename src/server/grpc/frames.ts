import type { ServerHttp2Stream } from 'node:http2';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { GrpcStatusError } from './status.js';

/** Longest message that is taken, before and after decompression; containerd's default. */
export const maximumMessage = 16 * 1024 * 1024;

const headLength = 5;
/** Bytes of unfinished messages that are held for all clients together; one message of this size is always taken. */
const mostHeld = 64 * 1024 * 1024;
const alwaysTaken = 64 * 1024;
let heldByAll = 0;
const inflate = promisify(gunzip);
const deflate = promisify(gzip);

/** Compressions by their name in `grpc-encoding`. */
export type Encoding = 'identity' | 'gzip' | 'unknown';

/** What a `grpc-encoding` header means to the server. */
export function encodingOf(header: string | undefined): Encoding {
  if (header === undefined || header === '' || header === 'identity') return 'identity';
  return header === 'gzip' ? 'gzip' : 'unknown';
}

async function decompress(body: Buffer, encoding: Encoding): Promise<Buffer> {
  if (encoding === 'identity')
    throw new GrpcStatusError('Internal', 'grpc: compressed flag set with identity or empty encoding');
  try {
    return await inflate(body, { maxOutputLength: maximumMessage });
  } catch (error) {
    const early = (error as NodeJS.ErrnoException).code === 'Z_BUF_ERROR';
    const reason = early ? 'unexpected EOF' : (error as Error).message;
    throw new GrpcStatusError('Internal', `grpc: failed to decompress the message: ${reason}`);
  }
}

/**
 * The messages of a request, decompressed.
 *
 * @param stream the request; left open, so that it can still be answered
 * @param encodingName value of its `grpc-encoding` header
 * @throws GrpcStatusError Unknown when it ends within a message, ResourceExhausted for one that is too long
 */
export async function* readMessages(
  stream: ServerHttp2Stream,
  encodingName: string | undefined,
): AsyncGenerator<Buffer> {
  const encoding = encodingOf(encodingName);
  let pieces: Buffer[] = [];
  let held = 0;
  let needed = headLength;
  let flag: number | undefined;
  const hold = (bytes: number): void => {
    held += bytes;
    heldByAll += bytes;
  };
  const take = (): Buffer => {
    const all = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
    const taken = all.subarray(0, needed);
    pieces = all.length > needed ? [all.subarray(needed)] : [];
    hold(-needed);
    return taken;
  };
  try {
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
      pieces.push(chunk as Buffer);
      hold((chunk as Buffer).length);
      if (heldByAll > mostHeld && held > alwaysTaken)
        throw new GrpcStatusError('ResourceExhausted', 'grpc: too many messages are received at the same time');
      while (held >= needed) {
        const taken = needed === 0 ? Buffer.alloc(0) : take();
        if (flag === undefined) {
          flag = taken[0] as number;
          needed = taken.readUInt32BE(1);
          if (needed > maximumMessage)
            throw new GrpcStatusError(
              'ResourceExhausted',
              `grpc: received message larger than max (${needed} vs. ${maximumMessage})`,
            );
        } else {
          if (flag > 1) throw new GrpcStatusError('Internal', `grpc: received unexpected payload format ${flag}`);
          yield flag === 1 ? await decompress(taken, encoding) : taken;
          flag = undefined;
          needed = headLength;
        }
      }
    }
  } finally {
    heldByAll -= held;
  }
  if (held > 0 || flag !== undefined) throw new GrpcStatusError('Unknown', 'unexpected EOF');
}

/** Wait until a stream takes more, or is gone. */
function drained(stream: ServerHttp2Stream): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done);
      stream.off('close', done);
      resolve();
    };
    stream.on('drain', done);
    stream.on('close', done);
  });
}

/** A message whose bytes come one after the other. */
export interface StreamedMessage {
  /** Bytes of all pieces. */
  readonly length: number;
  readonly pieces: AsyncIterable<Uint8Array>;
}

/** A message that is sent: its bytes in any number of parts, which are not copied, or as they come. */
export type Message = readonly Uint8Array[] | StreamedMessage;

async function wholeOf(message: Message): Promise<Buffer> {
  if (!('pieces' in message)) return Buffer.concat(message);
  const parts: Uint8Array[] = [];
  for await (const piece of message.pieces) parts.push(piece);
  return Buffer.concat(parts);
}

function headOf(length: number, compress: boolean): Buffer {
  const head = Buffer.alloc(headLength);
  head[0] = compress ? 1 : 0;
  head.writeUInt32BE(length, 1);
  return head;
}

/**
 * Write one message; resolves when the stream takes more.
 *
 * @param compress whether the client asked for gzip
 * @throws what the pieces of the message throw
 */
export async function writeMessage(stream: ServerHttp2Stream, message: Message, compress: boolean): Promise<void> {
  if (!compress && 'pieces' in message) return writePieces(stream, message);
  const body = compress ? [await deflate(await wholeOf(message))] : (message as readonly Uint8Array[]);
  const head = headOf(
    body.reduce((sum, part) => sum + part.length, 0),
    compress,
  );
  if (stream.destroyed || stream.closed) return;
  stream.cork();
  let more = stream.write(head);
  for (const part of body) if (part.length > 0) more = stream.write(part);
  stream.uncork();
  if (!more) await drained(stream);
}

/** Write pieces as fast as the client takes them. */
async function writePieces(stream: ServerHttp2Stream, { length, pieces }: StreamedMessage): Promise<void> {
  if (stream.destroyed || stream.closed) return;
  stream.write(headOf(length, false));
  for await (const piece of pieces) {
    if (stream.destroyed || stream.closed) return;
    if (!stream.write(piece)) await drained(stream);
  }
}
