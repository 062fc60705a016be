/**
 * Bytes of a chunk for waiting lines. The first chunk is small, because thousands of containers may write little each.
 */
const chunkBytes = 64 * 1024;
const firstSize = 4 * 1024;

/** Unused chunks for reuse. */
const spareChunks: Buffer[] = [];
const maxSpareChunks = 32;

/**
 * Lines that wait to be written, in pieces of memory that are used again: a string for each outlives the young generation while the
 * disk is waited for, and megabytes of them would be collected late.
 */
export class Lines {
  #chunks: Buffer[] = [];
  /** Bytes that the last piece has. */
  #end = 0;
  /** Bytes of all lines. */
  length = 0;

  /** @param line of ASCII, with its line feed */
  add(line: string): void {
    const first = this.#chunks.length === 0;
    // Reserves space for a line feed, which is written after a truncated line.
    const start = first ? 1 : 0;
    if (first || this.#end + line.length > (this.#chunks.at(-1) as Buffer).length) {
      this.#close();
      this.#chunks.push(chunkFor(line.length + start, first ? firstSize : chunkBytes));
      this.#end = start;
      if (first) this.#chunks[0]?.write('\n', 'latin1');
    }
    this.#end += (this.#chunks.at(-1) as Buffer).write(line, this.#end, 'latin1');
    this.length += line.length;
  }

  #close(): void {
    const last = this.#chunks.pop();
    if (last !== undefined) this.#chunks.push(last.subarray(0, this.#end));
  }

  /** Take all of them. @param apart with a line feed before the first one */
  take(apart: boolean): readonly Buffer[] {
    this.#close();
    const [first, ...rest] = this.#chunks;
    this.#chunks = [];
    this.length = 0;
    return first === undefined ? [] : [apart ? first : first.subarray(1), ...rest];
  }
}

function chunkFor(length: number, preferred: number): Buffer {
  const used = preferred === chunkBytes && length <= chunkBytes ? spareChunks.pop() : undefined;
  return used ?? Buffer.allocUnsafeSlow(Math.max(length, preferred));
}

/** Recycles the chunks returned by `take`. */
export function recycle(chunks: readonly Buffer[]): void {
  for (const { buffer } of chunks)
    if (spareChunks.length < maxSpareChunks && buffer.byteLength === chunkBytes) spareChunks.push(Buffer.from(buffer));
}
