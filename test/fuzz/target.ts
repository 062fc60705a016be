import { AttestdError } from '../../src/support/foundation/errors.js';

/** A parser, with what is true of it whatever it is given. */
export interface Target {
  readonly name: string;
  /** What inputs of this kind are made of. */
  readonly words: readonly string[];
  /** Inputs to begin with, besides those of the corpus. */
  readonly seeds: readonly (string | Buffer)[] | (() => Promise<readonly Buffer[]>);
  /** Parse; what it throws is a finding unless it is `expected`. */
  run(bytes: Buffer): Promise<void> | void;
  /** Which errors a parser is to throw; an AttestdError without it. */
  expected?(error: unknown): boolean;
}

/** Whether an error is what a target throws for bad input. */
export function isExpected(target: Target, error: unknown): boolean {
  return target.expected?.(error) ?? error instanceof AttestdError;
}

/** What should hold did not. */
export class Broken extends Error {}

/** @throws Broken */
export function holds(condition: boolean, what: string): void {
  if (!condition) throw new Broken(what);
}

/** The value, or undefined where the parser refuses. */
export function ifTaken<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof AttestdError) return undefined;
    throw error;
  }
}
