/** 32-bit words of a sha256. */
const digestWords = 8;

const usual = /^sha256:[0-9a-f]{64}$/;

/** Numbers for digests, from 0 on, in 45 bytes for each, or less. The same number is the same digest, all of it. */
export class DigestIds {
  #words = new Uint32Array(digestWords << 10);
  /** Numbers and 1, where they are found by their first word; 0 is none. */
  #slots = new Uint32Array(1 << 11);
  /** Of digests of other algorithms, or that are none; their words are zeros. */
  readonly #others = new Map<string, number>();
  readonly #otherNames = new Map<number, string>();
  #size = 0;
  readonly #bytes = Buffer.alloc(digestWords * 4);
  readonly #sought = new Uint32Array(this.#bytes.buffer, this.#bytes.byteOffset, digestWords);

  /** How many digests have numbers. */
  get size(): number {
    return this.#size;
  }

  /** The number of a digest, which gets one if it has none. */
  of(digest: string): number {
    const plain = usual.test(digest);
    const known = plain ? this.#findPlain(digest) : this.#others.get(digest);
    if (known !== undefined) return known;
    const id = this.#size++;
    if (this.#size * digestWords > this.#words.length) {
      const words = new Uint32Array(this.#words.length * 2);
      words.set(this.#words);
      this.#words = words;
    }
    if (!plain) {
      this.#others.set(digest, id);
      this.#otherNames.set(id, digest);
      return id;
    }
    this.#words.set(this.#sought, id * digestWords);
    if (this.#size * 2 > this.#slots.length) this.#grow();
    else this.#place(id);
    return id;
  }

  /** The number of a digest that has one. */
  find(digest: string): number | undefined {
    return usual.test(digest) ? this.#findPlain(digest) : this.#others.get(digest);
  }

  /** The number of a sha256, whose words are in `#sought` then. */
  #findPlain(digest: string): number | undefined {
    this.#bytes.write(digest.slice(digest.indexOf(':') + 1), 'hex');
    const mask = this.#slots.length - 1;
    for (let slot = (this.#sought[0] as number) & mask; ; slot = (slot + 1) & mask) {
      const id = (this.#slots[slot] as number) - 1;
      if (id < 0) return undefined;
      if (this.#is(id)) return id;
    }
  }

  /** The digest that has a number. */
  digest(id: number): string {
    const other = this.#otherNames.get(id);
    if (other !== undefined) return other;
    const bytes = Buffer.from(this.#words.buffer, id * digestWords * 4, digestWords * 4);
    return `sha256:${bytes.toString('hex')}`;
  }

  /** Whether a number is that of the digest that is sought. */
  #is(id: number): boolean {
    const at = id * digestWords;
    for (let word = 0; word < digestWords; word++) if (this.#words[at + word] !== this.#sought[word]) return false;
    return true;
  }

  #place(id: number): void {
    const mask = this.#slots.length - 1;
    let slot = (this.#words[id * digestWords] as number) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = id + 1;
  }

  #grow(): void {
    this.#slots = new Uint32Array(this.#slots.length * 2);
    for (let id = 0; id < this.#size; id++) if (!this.#otherNames.has(id)) this.#place(id);
  }
}
