/** Reads a stream of chunks in pieces of any size. */
export class ByteReader {
  private readonly chunks: AsyncIterator<Buffer>;
  private rest: Buffer = Buffer.alloc(0);
  private ended = false;

  constructor(source: AsyncIterable<Buffer>) {
    this.chunks = source[Symbol.asyncIterator]();
  }

  /** Whether all that has come was taken, so that the next read waits. */
  get drained(): boolean {
    return this.rest.length === 0;
  }

  /** Some bytes, at most `limit`; undefined at the end. */
  async some(limit: number): Promise<Buffer | undefined> {
    while (this.rest.length === 0) {
      if (this.ended) return undefined;
      const next = await this.chunks.next();
      if (next.done === true) this.ended = true;
      else this.rest = next.value;
    }
    const piece = this.rest.subarray(0, limit);
    this.rest = this.rest.subarray(piece.length);
    return piece;
  }

  /** So many bytes, fewer only at the end. */
  async exactly(size: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let left = size;
    while (left > 0) {
      const piece = await this.some(left);
      if (piece === undefined) break;
      pieces.push(piece);
      left -= piece.length;
    }
    return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
  }

  /** What comes next, without taking it; fewer bytes only at the end. */
  async peek(size: number): Promise<Buffer> {
    const head = await this.exactly(size);
    this.rest = Buffer.concat([head, this.rest]);
    return head;
  }

  /** Pass over bytes; the end may come first. */
  async skip(size: number): Promise<void> {
    let left = size;
    while (left > 0) {
      const piece = await this.some(left);
      if (piece === undefined) return;
      left -= piece.length;
    }
  }

  /** All that is left. */
  async *remaining(): AsyncGenerator<Buffer> {
    try {
      for (let piece = await this.some(Number.MAX_SAFE_INTEGER); piece !== undefined; ) {
        yield piece;
        piece = await this.some(Number.MAX_SAFE_INTEGER);
      }
    } finally {
      await this.close();
    }
  }

  /** Let the source go. */
  async close(): Promise<void> {
    this.ended = true;
    await this.chunks.return?.();
  }
}
