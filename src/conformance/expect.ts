import { isDeepStrictEqual } from 'node:util';
import { AttestdError } from '../support/foundation/errors.js';
import type { Exchange } from './api.js';

/** A daemon's answer that a requirement does not allow; makes the requirement fail. */
export class Unmet extends AttestdError {
  /** The demand of the requirement, for the report. */
  readonly expected: string;
  /** The daemon's behavior, for the report. */
  readonly actual: string;

  /**
   * @param message subject of the comparison
   * @param expected allowed value
   * @param actual value found
   */
  constructor(message: string, expected: string, actual: string) {
    super('NOT_CONFORMANT', message);
    this.expected = expected;
    this.actual = actual;
  }
}

/** A precondition of a requirement failed. The requirement that judges the precondition blocks this one. */
export class Blocked extends Unmet {
  /** Id of the requirement that is to blame. */
  readonly by: string;
  /** The exchanges that show it. */
  readonly exchanges: readonly Exchange[];

  constructor(by: string, cause: Unmet, exchanges: readonly Exchange[]) {
    super(cause.message, cause.expected, cause.actual);
    this.by = by;
    this.exchanges = exchanges;
  }
}

/** Thrown if a run has no answer that a requirement could judge. */
export class Unjudged extends AttestdError {
  /** @param reason what the run lacks */
  constructor(reason: string) {
    super('NOT_CONFORMANT', reason);
  }
}

const shown = 600;

/** A value as the report shows it: JSON, cut when long. */
export function show(value: unknown): string {
  if (value === undefined) return 'absent';
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  return text.length > shown ? `${text.slice(0, shown)}… (${text.length} characters)` : text;
}

/**
 * Demand that two values are the same, deeply.
 *
 * @throws Unmet
 */
export function same(actual: unknown, expected: unknown, what: string): void {
  if (!isDeepStrictEqual(actual, expected)) throw new Unmet(what, show(expected), show(actual));
}

/** Whether a value is the expected one but for further members of objects. */
export function holds(actual: unknown, expected: unknown): boolean {
  if (Array.isArray(expected))
    return (
      Array.isArray(actual) && actual.length === expected.length && expected.every((item, i) => holds(actual[i], item))
    );
  if (typeof expected !== 'object' || expected === null) return Object.is(actual, expected);
  if (typeof actual !== 'object' || actual === null || Array.isArray(actual)) return false;
  return Object.entries(expected).every(
    ([key, value]) => Object.hasOwn(actual, key) && holds((actual as Record<string, unknown>)[key], value),
  );
}

/**
 * Demand that something holds.
 *
 * @throws Unmet
 */
export function demand(holds: boolean, what: string, expected: string, actual: unknown): asserts holds {
  if (!holds) throw new Unmet(what, expected, show(actual));
}

/** A JSON value in an answer, with its place; reading what is not there fails the requirement, not the suite. */
export class Shape {
  readonly value: unknown;
  readonly place: string;

  constructor(value: unknown, place: string) {
    this.value = value;
    this.place = place;
  }

  /** The member below the given keys; absent when any of them is missing. */
  at(...keys: readonly (string | number)[]): Shape {
    let value = this.value;
    let place = this.place;
    for (const key of keys) {
      place += typeof key === 'number' ? `[${key}]` : `.${key}`;
      value =
        typeof value === 'object' && value !== null && Object.hasOwn(value, key)
          ? (value as Record<string | number, unknown>)[key]
          : undefined;
    }
    return new Shape(value, place);
  }

  get present(): boolean {
    return this.value !== undefined;
  }

  /** @throws Unmet when it is not an array */
  array(): Shape[] {
    if (!Array.isArray(this.value)) throw new Unmet(this.place, 'an array', show(this.value));
    return this.value.map((item, i) => new Shape(item, `${this.place}[${i}]`));
  }

  /** @throws Unmet when it is not an object */
  object(): Readonly<Record<string, unknown>> {
    if (typeof this.value !== 'object' || this.value === null || Array.isArray(this.value))
      throw new Unmet(this.place, 'an object', show(this.value));
    return this.value as Record<string, unknown>;
  }

  /** @throws Unmet when it is not a string */
  string(): string {
    if (typeof this.value !== 'string') throw new Unmet(this.place, 'a string', show(this.value));
    return this.value;
  }

  /** @throws Unmet when it is not a number */
  number(): number {
    if (typeof this.value !== 'number') throw new Unmet(this.place, 'a number', show(this.value));
    return this.value;
  }

  /** @throws Unmet when it is not a boolean */
  boolean(): boolean {
    if (typeof this.value !== 'boolean') throw new Unmet(this.place, 'a boolean', show(this.value));
    return this.value;
  }

  /** @throws Unmet when it is not deeply equal */
  is(expected: unknown): this {
    same(this.value, expected, this.place);
    return this;
  }

  /**
   * Demand what is expected and allow more: objects may have members that are not expected, at any depth; lists are of the
   * same length and order.
   *
   * @throws Unmet
   */
  has(expected: unknown): this {
    if (!holds(this.value, expected)) throw new Unmet(this.place, show(expected), show(this.value));
    return this;
  }

  /** @throws Unmet when it is a string that does not match, or no string */
  matches(pattern: RegExp): this {
    if (!pattern.test(this.string())) throw new Unmet(this.place, `a match of ${pattern}`, show(this.value));
    return this;
  }

  /** @throws Unmet if the value is present */
  absent(): this {
    if (this.present) throw new Unmet(this.place, 'absent', show(this.value));
    return this;
  }
}
