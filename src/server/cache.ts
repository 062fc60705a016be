/** An answer as it goes out, kept for the next request to the same URL. */
export interface KeptAnswer {
  readonly status: number;
  /** Names and values in turn, as `writeHead` takes them. */
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** Largest answer that is kept, and how many bytes all of them may take. */
const maximumAnswer = 4 * 1024 * 1024;
const maximumTotal = 64 * 1024 * 1024;
/** What an entry takes beside its body: key, headers, bookkeeping. */
const overhead = 512;

/**
 * Rendered answers by URL, valid until the store's generation moves (docs/architecture.md, reads). When full, everything
 * is dropped: a working set that fits is rebuilt at once, and one that does not gains nothing from finer bookkeeping.
 */
export class AnswerCache {
  private readonly answers = new Map<string, KeptAnswer>();
  private readonly generation: () => number;
  private seen: number;
  private total = 0;

  /** @param generation the store's present generation */
  constructor(generation: () => number) {
    this.generation = generation;
    this.seen = generation();
  }

  get(url: string): KeptAnswer | undefined {
    this.refresh();
    return this.answers.get(url);
  }

  /** The generation to hand to `put`, read before the answer is made. */
  mark(): number {
    return this.generation();
  }

  /** Keep an answer, unless the store has moved since `mark` or the answer is too big. */
  put(url: string, answer: KeptAnswer, mark: number): void {
    this.refresh();
    const size = answer.body.length + url.length + overhead;
    if (mark !== this.seen || answer.body.length > maximumAnswer) return;
    if (this.total + size > maximumTotal) this.clear();
    if (!this.answers.has(url)) this.total += size;
    this.answers.set(url, answer);
  }

  private refresh(): void {
    const now = this.generation();
    if (now === this.seen) return;
    this.seen = now;
    this.clear();
  }

  private clear(): void {
    this.answers.clear();
    this.total = 0;
  }
}
