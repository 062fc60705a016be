/** Words that are taken one after the other. An array's own `shift` may take as long as there are words. */
export class WordList {
  readonly #words: readonly string[];
  #at = 0;

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  /** Number of remaining words. */
  get length(): number {
    return this.#words.length - this.#at;
  }

  /** Returns a word without taking it. */
  peek(ahead = 0): string | undefined {
    return this.#words[this.#at + ahead];
  }

  /** Take the next one. */
  take(): string | undefined {
    const word = this.peek();
    this.skip(1);
    return word;
  }

  /** Take some, as far as there are any. */
  skip(count: number): void {
    this.#at = Math.min(this.#at + count, this.#words.length);
  }

  /** All that are left. */
  rest(): readonly string[] {
    return this.#words.slice(this.#at);
  }
}
