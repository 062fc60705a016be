import type { LogEntry } from './log.js';

/** Entries, and bytes of them, after which a block is full. */
const mostEntries = 512;
const mostBytes = 64 * 1024;

/** Bytes that an entry takes beside its own: as an object, and packed. */
const overheads = { open: 256, packed: 12 } as const;

interface Packed {
  readonly bytes: Buffer;
  /** Where each entry ends, twice, and one more for standard error. */
  readonly ends: Uint32Array;
  readonly times: BigInt64Array;
}

/**
 * Some entries of a log, one after the other: as they came until it is full, packed from then on, because an object for each
 * short line takes a hundred times what the line does.
 */
export class LogBlock {
  /** Bytes of its entries. */
  bytes = 0;
  /** Time of its last entry; earlier than any where it has none. */
  last = -1n;
  #count = 0;
  #open: LogEntry[] = [];
  #packed: Packed | undefined;

  /**
   * @param first number of its first entry, counted from the container's first
   * @param file number of the log's file that it is in
   */
  constructor(
    readonly first: number,
    readonly file: number,
  ) {}

  /** Number of the entry after its last. */
  get end(): number {
    return this.first + this.#count;
  }

  /** Bytes of memory. */
  get held(): number {
    return this.bytes + this.#count * (this.#packed === undefined ? overheads.open : overheads.packed);
  }

  /** @returns whether it is full */
  add(entry: LogEntry): boolean {
    this.#open.push(entry);
    this.#count++;
    this.bytes += entry.bytes.length;
    this.last = entry.time;
    return this.#count >= mostEntries || this.bytes >= mostBytes;
  }

  /** Nothing more is added. */
  pack(): void {
    const entries = this.#open;
    const bytes = Buffer.allocUnsafeSlow(this.bytes);
    const ends = new Uint32Array(entries.length);
    const times = new BigInt64Array(entries.length);
    let end = 0;
    for (const [at, entry] of entries.entries()) {
      end += entry.bytes.copy(bytes, end);
      ends[at] = end * 2 + (entry.stream === 'stderr' ? 1 : 0);
      times[at] = entry.time;
    }
    this.#packed = { bytes, ends, times };
    this.#open = [];
  }

  /** The entries from a number on, up to another. */
  slice(from: number, to: number): LogEntry[] {
    const [start, stop] = [Math.max(0, from - this.first), Math.min(this.#count, to - this.first)];
    const packed = this.#packed;
    if (packed === undefined) return this.#open.slice(start, stop);
    return Array.from({ length: Math.max(0, stop - start) }, (_, i) => entryAt(packed, start + i));
  }
}

function entryAt({ bytes, ends, times }: Packed, at: number): LogEntry {
  const end = ends[at] as number;
  const start = at === 0 ? 0 : (ends[at - 1] as number) >>> 1;
  return {
    stream: end % 2 === 1 ? 'stderr' : 'stdout',
    time: times[at] as bigint,
    bytes: bytes.subarray(start, end >>> 1),
  };
}
