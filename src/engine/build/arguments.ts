import { AttestdError } from '../../support/foundation/errors.js';

/** Characters of all arguments' values; each may be made of others before it. */
const longestValues = 8 << 20;

/** Arguments that every build has, and that leave no trace unless they are declared. */
const predefined: readonly string[] = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'].flatMap(
  (name) => [name, name.toLowerCase()],
);

/** What a build was told, and what of it the Dockerfile takes (docs/reference/behavior/builder.md#build-arguments). */
export class BuildArguments {
  /** As given; null is as if it were not. */
  readonly #given: ReadonlyMap<string, string | null>;
  /** Of ARG before the first FROM. */
  readonly #globals = new Map<string, string | undefined>();
  readonly #declared = new Map<string, string | undefined>();
  readonly #taken: Set<string>;
  /** Characters of all values of all stages. */
  readonly #held: { length: number };

  constructor(given: ReadonlyMap<string, string | null>, taken = new Set<string>(), held = { length: 0 }) {
    this.#given = given;
    this.#taken = taken;
    this.#held = held;
  }

  /** Those of a new stage: nothing is declared yet. */
  stage(): BuildArguments {
    const next = new BuildArguments(this.#given, this.#taken, this.#held);
    for (const [name, value] of this.#globals) next.#globals.set(name, value);
    return next;
  }

  /** @throws AttestdError INVALID_ARGUMENT when all values together are too long */
  addGlobal(name: string, value: string | undefined): void {
    this.#hold(value);
    this.#globals.set(name, value);
    this.#taken.add(name);
  }

  /** @throws AttestdError INVALID_ARGUMENT when all values together are too long */
  add(name: string, value: string | undefined): void {
    this.#hold(value);
    this.#declared.set(name, value);
    this.#taken.add(name);
  }

  /** What FROM may use. */
  globals(): Map<string, string> {
    return this.#all(this.#globals);
  }

  /** What a stage's instructions may use. */
  values(): Map<string, string> {
    return this.#all(this.#declared);
  }

  /** Whether an argument is part of what a step was made with. */
  leavesTrace(name: string): boolean {
    return this.#taken.has(name) || !predefined.includes(name);
  }

  /** What was given and nobody took. */
  unused(): readonly string[] {
    return [...this.#given.keys()].filter((name) => !this.#taken.has(name) && !predefined.includes(name)).sort();
  }

  #hold(value: string | undefined): void {
    this.#held.length += value?.length ?? 0;
    if (this.#held.length > longestValues)
      throw new AttestdError('INVALID_ARGUMENT', `the build's arguments have more than ${longestValues} characters`);
  }

  #all(declared: ReadonlyMap<string, string | undefined>): Map<string, string> {
    const all = new Map<string, string>();
    for (const name of new Set([...declared.keys(), ...predefined])) {
      const value = this.#value(name, declared);
      if (value !== undefined) all.set(name, value);
    }
    return all;
  }

  #value(name: string, declared: ReadonlyMap<string, string | undefined>): string | undefined {
    const given = this.#given.get(name);
    if (typeof given === 'string') return given;
    if (!declared.has(name)) return undefined;
    return declared.get(name) ?? this.#globals.get(name);
  }
}
