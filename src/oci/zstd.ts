import { AttestdError } from '../support/foundation/errors.js';
import { enqueueTask } from '../support/foundation/scheduler.js';
import { ByteReader } from './bytes.js';
import { unpackBy } from './unpack-program.js';
import { BlockLengths } from './zstd-block.js';

/**
 * Bytes that a frame may ask to be kept for later references (RFC 8878, section 3.1.1.1.2). The decoder sets them aside
 * when it reads the head of a frame, and moves all of them for each block: `zstd -19` makes such. What begins with a
 * larger window goes to the program, which takes 128 MiB at most unless it is told to take more.
 */
const largestWindow = 8 << 20;
const largestForProgram = 128 << 20;

/** Bytes that a block may hold at most, compressed or not (RFC 8878, section 3.1.1.2.4). */
const largestBlock = 128 << 10;

/** Bytes that are moved at a time before others have their turn, and compressed bytes at a time. */
const turn = 8 << 20;
const piece = 256;

/**
 * Bytes that may be moved for each byte that comes out, and without any. A window of 8 MiB moves 64 with whole blocks
 * (128 KiB), and 2,048 with such as 4 KiB come out of.
 */
const movedPerByte = 2048;
const movedFreely = 2 ** 32;

/** Bytes of all windows that there are at a time, and milliseconds that a stream waits for others to end. */
const mostWindows = 256 << 20;
const patience = 30_000;

const broken = (what: string): AttestdError => new AttestdError('INVALID_ARCHIVE', `zstd: ${what}`);
const tooLarge = (window: number): AttestdError => broken(`a window of ${window} bytes is too large`);

/** The memory of all windows: what wants more than there is waits, in its turn. */
class Windows {
  #held = 0;
  readonly #waiting: { readonly size: number; readonly resume: () => void }[] = [];

  /** @throws AttestdError INVALID_ARCHIVE when it took too long */
  async take(size: number): Promise<void> {
    if (this.#waiting.length === 0 && this.#held + size <= mostWindows) {
      this.#held += size;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const place = {
        size,
        resume: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(place), 1);
        this.#next();
        reject(broken('other archives have all of the memory that there is for windows'));
      }, patience);
      timer.unref();
      this.#waiting.push(place);
    });
  }

  give(size: number): void {
    this.#held -= size;
    this.#next();
  }

  #next(): void {
    for (let first = this.#waiting[0]; first && this.#held + first.size <= mostWindows; first = this.#waiting[0]) {
      this.#waiting.shift();
      this.#held += first.size;
      first.resume();
    }
  }
}

const windows = new Windows();

/** What decoding has cost, and the window that it has. */
class Work {
  #window = 0;
  #moved = 0;
  #since = 0;
  #plain = 0;

  /** @param isGone whether nobody wants any more what comes out */
  constructor(private readonly isGone: () => boolean) {}

  /** Whether others should have their turn before more is decoded. */
  get isDue(): boolean {
    return this.#since >= turn;
  }

  /** @throws AttestdError INVALID_ARCHIVE when nobody wants it any more */
  async rest(): Promise<void> {
    this.#since = 0;
    await new Promise<void>((resolve) => enqueueTask('request', resolve));
    if (this.isGone()) throw new AttestdError('INVALID_ARCHIVE', 'context canceled');
  }

  /** Have a window in the place of the one before. @throws AttestdError INVALID_ARCHIVE when there is no memory for it */
  async replaceWindow(size: number): Promise<void> {
    if (size === this.#window) return;
    windows.give(this.#window);
    this.#window = 0;
    if (size === 0) return;
    await windows.take(size);
    this.#window = size;
  }

  /** Note what has come out. */
  gain(plain: number): void {
    this.#plain += plain;
    this.#since += plain;
  }

  /** @throws AttestdError INVALID_ARCHIVE when it is more than what came out is worth */
  add(moved: number): void {
    this.#moved += moved;
    this.#since += moved;
    if (this.#moved > movedFreely + this.#plain * movedPerByte) throw broken('its blocks are too small for its window');
  }
}

/**
 * Decompress zstd frames (RFC 8878), in pieces of which little comes out at a time: a block of four bytes may stand for
 * 128 KiB, and an empty one moves the whole window.
 *
 * @param isGone whether nobody wants it any more: what has come already is not worked on then
 * @returns the plain bytes
 * @throws AttestdError INVALID_ARCHIVE for what is no such stream, for a window above 128 MiB, or above 8 MiB in a frame
 *   that is not the first, for blocks that hold more than they may, and for blocks whose decoding would cost far more than
 *   they hold; NOT_IMPLEMENTED where a large window needs the program zstd, and it is not there
 */
export async function* unzstd(input: AsyncIterable<Buffer>, isGone: () => boolean): AsyncGenerator<Buffer> {
  const reader = new ByteReader(input);
  const first = windowOf(await reader.peek(longestHead));
  if (first > largestForProgram) throw tooLarge(first);
  const work = new Work(isGone);
  try {
    await work.replaceWindow(first);
    // A window takes milliseconds to set aside, and many may have come at once.
    await work.rest();
    yield* first > largestWindow ? unpackBy('zstd', reader.remaining()) : decode(reader, work);
  } finally {
    await work.replaceWindow(0);
    await reader.close();
  }
}

async function* decode(reader: ByteReader, work: Work): AsyncGenerator<Buffer> {
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
    const parts = plain.splice(0).map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength));
    for (const part of parts) work.gain(part.length);
    return parts;
  };
  let held: Buffer[] = [];
  let size = 0;
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
  const rest = await reader.exactly(headLength(flags));
  const window = windowIn(flags, rest);
  if (window > largestWindow) throw tooLarge(window);
  // To set it aside costs a small part of what it costs to move it.
  work.add(window / 16);
  await work.replaceWindow(window);
  yield Buffer.concat([descriptor, rest]);
  const most = Math.min(window, largestBlock);
  const lengths = new BlockLengths(most);
  for (let isLast = false; !isLast; ) {
    const head = await reader.exactly(3);
    // The decoder says what a stream that ends here lacks.
    if (head.length < 3) return yield head;
    const bits = head.readUIntLE(0, 3);
    isLast = (bits & 1) !== 0;
    const kind = (bits >> 1) & 3;
    const size = bits >> 3;
    if (size > most) throw broken(`a block of ${size} bytes is larger than one may be`);
    work.add(window);
    yield head;
    if (kind === 2) yield await compressed(reader, size, lengths);
    else yield* content(reader, kind === 1 ? 1 : size);
  }
  if ((flags & 4) !== 0) yield* content(reader, 4);
}

/** The content of a compressed block, once it is known to hold no more than it may. */
async function compressed(reader: ByteReader, size: number, lengths: BlockLengths): Promise<Buffer> {
  const block = await reader.exactly(size);
  if (block.length === size && lengths.of(block) === undefined)
    throw broken('a block holds more than it may, or is malformed');
  return block;
}

async function* content(reader: ByteReader, size: number): AsyncGenerator<Buffer> {
  for (let left = size; left > 0; ) {
    const part = await reader.some(left);
    if (part === undefined) return;
    left -= part.length;
    yield part;
  }
}

/** Bytes of the longest head of a frame, with its magic number. */
const longestHead = 18;

/** Bytes of a frame's head behind its descriptor (RFC 8878, section 3.1.1.1). */
function headLength(flags: number): number {
  return Number((flags & 0x20) === 0) + dictionaryLength(flags) + sizeLength(flags);
}

const dictionaryLength = (flags: number): number => [0, 1, 2, 4][flags & 3] as number;

const sizeLength = (flags: number): number => (flags >> 6 === 0 ? (flags >> 5) & 1 : 1 << (flags >> 6));

/** The window of the frame that begins so; 0 for anything else. */
function windowOf(head: Buffer): number {
  if (head.length < 6 || head.readUInt32LE() !== 0xfd2fb528) return 0;
  return windowIn(head[4] as number, head.subarray(5));
}

/** RFC 8878, section 3.1.1.1.2, or the content's size where all of it is the window (3.1.1.1.4). */
function windowIn(flags: number, rest: Buffer): number {
  if ((flags & 0x20) === 0) {
    const descriptor = rest[0] ?? 0;
    const base = 2 ** (10 + (descriptor >> 3));
    return base + (base / 8) * (descriptor & 7);
  }
  const length = sizeLength(flags);
  const bytes = rest.subarray(dictionaryLength(flags));
  if (bytes.length < length) return 0;
  if (length === 8) return Number(bytes.readBigUInt64LE());
  return bytes.readUIntLE(0, length) + (length === 2 ? 256 : 0);
}
