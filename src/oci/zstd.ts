import { AttestdError } from '../errors.js';
import { ByteReader } from './bytes.js';

/**
 * Bytes that a frame may ask to be kept for later references (RFC 8878, section 3.1.1.1.2). The decoder sets them aside
 * when it reads the head of a frame, and moves all of them for each block. `zstd -d` takes no more unless it is told to.
 */
const largestWindow = 128 << 20;

/** Bytes that are moved at a time before others have their turn, and compressed bytes at a time. */
const turn = 32 << 20;
const piece = 256;

/**
 * Bytes that may be moved for each byte that comes out, and without any. A long window (128 MiB) with whole blocks (128
 * KiB) moves 1,024.
 */
const movedPerByte = 2048;
const movedFreely = 2 ** 32;

const broken = (what: string): AttestdError => new AttestdError('INVALID_ARCHIVE', `zstd: ${what}`);

/** What decoding has cost. */
class Work {
  #moved = 0;
  #since = 0;
  #plain = 0;

  /** Whether others should have their turn before more is decoded. */
  get isDue(): boolean {
    return this.#since >= turn;
  }

  rest(): Promise<void> {
    this.#since = 0;
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** @throws AttestdError INVALID_ARCHIVE when it is more than what comes out is worth */
  add(moved: number, plain: number): void {
    this.#moved += moved;
    this.#since += moved + plain;
    this.#plain += plain;
    if (this.#moved > movedFreely + this.#plain * movedPerByte) throw broken('its blocks are too small for its window');
  }
}

/**
 * Decompress zstd frames (RFC 8878), in pieces of which little comes out at a time: a block of four bytes may stand for
 * 128 KiB, and an empty one moves the whole window.
 *
 * @returns the plain bytes
 * @throws AttestdError INVALID_ARCHIVE for what is no such stream, for a window above 128 MiB, and for blocks whose
 *   decoding would cost far more than they hold
 */
export async function* unzstd(input: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const { Decompress } = await import('fzstd');
  const plain: Uint8Array[] = [];
  const stream = new Decompress((chunk) => plain.push(chunk));
  const push = (chunk: Uint8Array, last: boolean): Buffer[] => {
    try {
      stream.push(chunk, last);
    } catch (error) {
      const { message } = error as Error;
      throw message === 'unexpected EOF'
        ? new AttestdError('INVALID_ARCHIVE', message, { cause: error })
        : new AttestdError('INVALID_ARCHIVE', `zstd: ${message}`, { cause: error });
    }
    return plain.splice(0).map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength));
  };
  const reader = new ByteReader(input);
  const work = new Work();
  let held: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of parts(reader, work)) {
      held.push(part);
      size += part.length;
      if (size < piece && !work.isDue) continue;
      yield* push(Buffer.concat(held), false);
      held = [];
      size = 0;
      if (work.isDue) await work.rest();
    }
    yield* push(Buffer.concat(held), false);
    yield* push(new Uint8Array(0), true);
  } finally {
    await reader.close();
  }
}

/** The stream in parts that end where a block does, or within the content of one. */
async function* parts(reader: ByteReader, work: Work): AsyncGenerator<Buffer> {
  for (let magic = await reader.exactly(4); magic.length > 0; magic = await reader.exactly(4)) {
    yield magic;
    if (magic.length < 4) return;
    const number = magic.readUInt32LE();
    if ((number & 0xfffffff0) >>> 0 === 0x184d2a50) {
      const length = await reader.exactly(4);
      yield length;
      if (length.length === 4) yield* content(reader, length.readUInt32LE());
    } else if (number === 0xfd2fb528) yield* frame(reader, work);
    else throw broken('invalid zstd data');
  }
}

/** A frame behind its magic number (RFC 8878, section 3.1.1). */
async function* frame(reader: ByteReader, work: Work): AsyncGenerator<Buffer> {
  const descriptor = await reader.exactly(1);
  const flags = descriptor[0] ?? 0;
  const isSingle = (flags & 0x20) !== 0;
  const dictionary = [0, 1, 2, 4][flags & 3] as number;
  const sizeBytes = flags >> 6 === 0 ? Number(isSingle) : 1 << (flags >> 6);
  const rest = await reader.exactly(Number(!isSingle) + dictionary + sizeBytes);
  const window = isSingle ? contentSize(rest.subarray(dictionary), sizeBytes) : windowSize(rest[0] ?? 0);
  if (window > largestWindow) throw broken(`a window of ${window} bytes is more than ${largestWindow}`);
  // To set it aside costs a small part of what it costs to move it.
  work.add(window / 16, 0);
  yield Buffer.concat([descriptor, rest]);
  for (let isLast = false; !isLast; ) {
    const head = await reader.exactly(3);
    // The decoder says what a stream that ends here lacks.
    if (head.length < 3) return yield head;
    const bits = head.readUIntLE(0, 3);
    isLast = (bits & 1) !== 0;
    const kind = (bits >> 1) & 3;
    const size = bits >> 3;
    // A compressed block holds what is not known yet: it is taken to hold as much as it is long.
    work.add(window, size);
    yield head;
    yield* content(reader, kind === 1 ? 1 : size);
  }
  if ((flags & 4) !== 0) yield* content(reader, 4);
}

async function* content(reader: ByteReader, size: number): AsyncGenerator<Buffer> {
  for (let left = size; left > 0; ) {
    const part = await reader.some(left);
    if (part === undefined) return;
    left -= part.length;
    yield part;
  }
}

/** RFC 8878, section 3.1.1.1.2. */
function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

/** RFC 8878, section 3.1.1.1.4. */
function contentSize(bytes: Buffer, length: number): number {
  if (bytes.length < length) return 0;
  if (length === 8) return Number(bytes.readBigUInt64LE());
  return bytes.readUIntLE(0, length) + (length === 2 ? 256 : 0);
}
