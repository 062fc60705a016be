type Numbers = Uint32Array | Int32Array | Float64Array;

/** Numbers in places from 0 on, of which there are as many as are written: no object for each, and none in V8's heap. */
export class Column {
  #numbers: Numbers;

  /** @param kind what numbers it holds; 0 where none was written */
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
