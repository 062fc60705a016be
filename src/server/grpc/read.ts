import type { Readable } from 'node:stream';
import type { StreamedMessage } from './frames.js';
import { refuse } from './status.js';

/** Data bytes of a message of Read, as observed. */
export const messageSize = 1024 * 1024;
/** Of a message that is compressed, which has to be held as a whole. */
export const compressedMessage = 64 * 1024;

function varint(value: number, into: number[]): void {
  let rest = value;
  while (rest >= 0x80) {
    into.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  into.push(rest);
}

/**
 * What stands before the data in a ReadContentResponse. The generated encoder would copy the data; this leaves it where
 * it is.
 */
function responseHead(offset: number, length: number): Uint8Array {
  const head: number[] = [];
  if (offset > 0) {
    head.push(0x08);
    varint(offset, head);
  }
  head.push(0x12);
  varint(length, head);
  return Uint8Array.from(head);
}

/** Hands a stream's bytes out in pieces of at most a wanted size. */
class Pieces {
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: Readable) {
    this.#source = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  async next(most: number): Promise<Buffer> {
    if (this.#rest.length === 0) {
      const { value, done } = await this.#source.next();
      if (done) throw refuse('Unknown', 'unexpected EOF');
      this.#rest = value;
    }
    const piece = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(piece.length);
    return piece;
  }
}

async function* message(head: Uint8Array, source: Pieces, length: number): AsyncGenerator<Uint8Array> {
  yield head;
  for (let left = length; left > 0; ) {
    const piece = await source.next(left);
    left -= piece.length;
    yield piece;
  }
}

/**
 * A blob as the messages of a Read, offsets counted from the first byte that was asked for. Bytes are read as the client
 * takes them, so that one who takes none costs two pieces of the stream and no message.
 *
 * @param source the bytes
 * @param size how many there must be
 * @param most bytes of data in a message
 * @throws GrpcStatusError Unknown, from the pieces of a message, when the bytes end early
 */
export async function* readResponses(
  source: Readable,
  size: number,
  most = messageSize,
): AsyncGenerator<StreamedMessage> {
  const pieces = new Pieces(source);
  for (let offset = 0; offset < size; offset += most) {
    const length = Math.min(most, size - offset);
    const head = responseHead(offset, length);
    yield { length: head.length + length, pieces: message(head, pieces, length) };
  }
}
