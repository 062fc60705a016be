/** Overhead of an entry in bytes. */
const entryCost = 128;

/** Named definitions of a shell with their memory cost. A copy for a subshell shares the entries' values. */
export class Definitions<Value> {
  readonly #all = new Map<string, { readonly value: Value; readonly cost: number }>();
  readonly #account: (overhead: number) => void;
  readonly #costOf: (name: string, value: Value) => number;

  /**
   * @param account receives the change of bytes
   *
   * @param costOf bytes of a value created by this shell
   */
  constructor(
    account: (overhead: number) => void,
    costOf: (name: string, value: Value) => number,
    from?: Definitions<Value>,
  ) {
    this.#account = account;
    this.#costOf = costOf;
    for (const [name, value] of from?.entries() ?? []) this.#all.set(name, { value, cost: entryCost });
    account(this.#all.size * entryCost);
  }

  get(name: string): Value | undefined {
    return this.#all.get(name)?.value;
  }

  has(name: string): boolean {
    return this.#all.has(name);
  }

  *entries(): IterableIterator<[string, Value]> {
    for (const [name, { value }] of this.#all) yield [name, value];
  }

  set(name: string, value: Value): void {
    const cost = entryCost + this.#costOf(name, value);
    this.#account(cost - (this.#all.get(name)?.cost ?? 0));
    this.#all.set(name, { value, cost });
  }

  /** @returns whether there was one */
  delete(name: string): boolean {
    this.#account(-(this.#all.get(name)?.cost ?? 0));
    return this.#all.delete(name);
  }
}
