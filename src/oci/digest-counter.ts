/** Words of a digest that tell it from others: 96 bits, of which no two of a billion digests share all. */
const keyWords = 3;

/** Counts digests in a fraction of the memory that a Map of them takes: 32 bytes for each, or less. */
export class DigestCounter {
  #capacity = 1 << 10;
  #keys = new Uint32Array(this.#capacity * keyWords);
  #counts = new Uint32Array(this.#capacity);
  #used = 0;

  /**
   * Count a digest once more, or once less.
   *
   * @param digest `algorithm:hex`
   * @returns how often it has been counted now
   */
  add(digest: string, difference: 1 | -1 = 1): number {
    if (this.#used * 2 > this.#capacity) this.#grow();
    const slot = this.#slot(wordsOf(digest));
    const count = (this.#counts[slot] as number) + difference;
    this.#counts[slot] = Math.max(0, count);
    return Math.max(0, count);
  }

  /** How often a digest has been counted. */
  count(digest: string): number {
    return this.#counts[this.#find(this.#keys, this.#capacity, wordsOf(digest))] as number;
  }

  /** The marks of digests that have been counted here and not there (`markOf`), in no order. */
  *marksMissingIn(other: DigestCounter): Generator<number> {
    for (let slot = 0; slot < this.#capacity; slot++) {
      if (this.#counts[slot] === 0) continue;
      const at = slot * keyWords;
      const words = this.#keys.subarray(at, at + keyWords) as unknown as Words;
      if (other.#counts[other.#find(other.#keys, other.#capacity, words)] === 0) yield words[0] | 0;
    }
  }

  #slot(words: Words): number {
    const slot = this.#find(this.#keys, this.#capacity, words);
    const at = slot * keyWords;
    if (isEmpty(this.#keys, at)) {
      this.#keys.set(words, at);
      this.#used++;
    }
    return slot;
  }

  /** The slot of a key, or the empty one where it would be. */
  #find(keys: Uint32Array, capacity: number, [a, b, c]: Words): number {
    for (let slot = a & (capacity - 1); ; slot = (slot + 1) & (capacity - 1)) {
      const at = slot * keyWords;
      if (isEmpty(keys, at) || (keys[at] === a && keys[at + 1] === b && keys[at + 2] === c)) return slot;
    }
  }

  #grow(): void {
    const capacity = this.#capacity * 2;
    const keys = new Uint32Array(capacity * keyWords);
    const counts = new Uint32Array(capacity);
    for (let slot = 0; slot < this.#capacity; slot++) {
      const at = slot * keyWords;
      if (isEmpty(this.#keys, at)) continue;
      const words = this.#keys.subarray(at, at + keyWords) as unknown as Words;
      const place = this.#find(keys, capacity, words);
      keys.set(words, place * keyWords);
      counts[place] = this.#counts[slot] as number;
    }
    this.#capacity = capacity;
    this.#keys = keys;
    this.#counts = counts;
  }
}

/** A number that tells most digests apart. */
export const markOf = (digest: string): number => wordAt(digest, digest.indexOf(':') + 1) | 0;

/** Eight hex digits as a number; a text for each word would take most of the time. */
function wordAt(digest: string, at: number): number {
  let word = 0;
  for (let each = at; each < at + 8; each++) {
    const code = digest.charCodeAt(each);
    // Digits end in what they stand for; past the end there is none.
    word = (word << 4) | (code >= 97 ? code - 87 : code & 15);
  }
  return word >>> 0;
}

type Words = readonly [number, number, number];

const isEmpty = (keys: Uint32Array, at: number): boolean => keys[at] === 0 && keys[at + 1] === 0 && keys[at + 2] === 0;

function wordsOf(digest: string): Words {
  const start = digest.indexOf(':') + 1;
  // A key of zeros stands for none.
  return [wordAt(digest, start), wordAt(digest, start + 8), (wordAt(digest, start + 16) | 1) >>> 0];
}
