/** What a name may stand for: a digest, `undefined` for nothing, or `anything` where the digest is not known yet. */
export type Value = string | undefined;
export const anything = 'anything';

/** An act that was begun and not answered. */
export interface Entry {
  readonly changes: ReadonlyMap<string, Value>;
  /** Names that another act was about at the same time. */
  readonly contended: Set<string>;
  readonly before: ReadonlyMap<string, ReadonlySet<Value>>;
}

/**
 * What was acknowledged: for each name the values that it may have. Of an act that was begun and not answered both
 * outcomes may be; of acts on one name at the same time, any.
 */
export class Ledger {
  readonly #values = new Map<string, Set<Value>>();
  readonly #open = new Set<Entry>();
  /** How many acts were acknowledged. */
  acknowledged = 0;

  get names(): readonly string[] {
    return [...this.#values.keys()];
  }

  /** A name's possible values. */
  values(name: string): ReadonlySet<Value> {
    return this.#values.get(name) ?? new Set([undefined]);
  }

  /** Note that an act is begun. @param changes what its names are to stand for */
  begin(changes: Readonly<Record<string, Value>>): Entry {
    const entry: Entry = {
      changes: new Map(Object.entries(changes)),
      contended: new Set(),
      before: new Map(Object.keys(changes).map((name) => [name, this.values(name)])),
    };
    for (const other of this.#open)
      for (const name of entry.changes.keys())
        if (other.changes.has(name)) {
          other.contended.add(name);
          entry.contended.add(name);
        }
    for (const [name, value] of entry.changes) this.#values.set(name, new Set([...this.values(name), value]));
    this.#open.add(entry);
    return entry;
  }

  /** Note that an act was acknowledged. @param result the digest, where it was not known before */
  done(entry: Entry, result?: string): void {
    this.#open.delete(entry);
    this.acknowledged++;
    for (const [name, wanted] of entry.changes) {
      const value = wanted === anything ? result : wanted;
      if (!entry.contended.has(name)) this.#values.set(name, new Set([value]));
      else this.#values.set(name, new Set([...this.values(name), value]));
    }
  }

  /** Note that an act was refused before it changed anything. */
  refused(entry: Entry): void {
    this.#open.delete(entry);
    for (const [name, values] of entry.before) if (!entry.contended.has(name)) this.#values.set(name, new Set(values));
  }

  /** Note that an act failed, and may or may not have done what it was to do. */
  failed(entry: Entry): void {
    this.#open.delete(entry);
  }

  /** Everything that was begun will not be answered any more. */
  lose(): void {
    this.#open.clear();
  }

  /**
   * Hold what is there against what was acknowledged; from then on that is what is known.
   *
   * @param found digests by name
   * @returns what is not as it may be
   */
  settle(found: ReadonlyMap<string, string>): readonly string[] {
    const wrong: string[] = [];
    for (const [name, values] of this.#values) {
      const value = found.get(name);
      if (!values.has(value) && !(value !== undefined && values.has(anything)))
        wrong.push(`${name} is ${value ?? 'gone'}, and was acknowledged as ${[...values].join(' or ')}`);
      this.#values.set(name, new Set([value]));
    }
    return wrong;
  }
}
