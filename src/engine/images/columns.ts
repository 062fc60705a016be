type Numbers = Uint32Array | Int32Array | Float64Array;

/** A growing typed array, indexed from 0. It needs no object per number and no V8 heap. */
export class Column {
  #numbers: Numbers;

  /** @param kind array type of the numbers. Unset numbers are 0. */
  constructor(private readonly kind: { new (length: number): Numbers }) {
    this.#numbers = new kind(1024);
  }

  get(at: number): number {
    return this.#numbers[at] ?? 0;
  }

  set(at: number, value: number): void {
    if (at >= this.#numbers.length) {
      const more = new this.kind(Math.max(at + 1, this.#numbers.length * 2));
      more.set(this.#numbers);
      this.#numbers = more;
    }
    this.#numbers[at] = value;
  }
}
