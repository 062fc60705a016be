import type { Exchange } from './api.js';
import type { Requirement } from './requirement.js';

/** How a requirement ended. They never mix: see docs/conformance.md. */
export type Outcome = 'passed' | 'failed' | 'skipped' | 'unsupported' | 'error';

/** All outcomes, the good one first. */
export const outcomes: readonly Outcome[] = ['passed', 'failed', 'skipped', 'unsupported', 'error'];

/** What was demanded and what happened instead. */
export interface Failure {
  readonly message: string;
  readonly expected: string;
  readonly actual: string;
}

/** A known deviation of a daemon version. */
export interface Deviation {
  readonly requirement: string;
  /** What the description says. */
  readonly description: string;
  /** What the daemon does. */
  readonly behaviour: string;
  /** Regular expression for the failure's actual text: another failure of the requirement is not this deviation. */
  readonly actual: string;
  /** Where that was seen. */
  readonly evidence: string;
}

/** One requirement with its outcome. */
export interface Result {
  readonly requirement: Requirement;
  readonly outcome: Outcome;
  /** Why it was skipped or is unsupported; empty otherwise. */
  readonly reason: string;
  readonly failure?: Failure;
  /** The known deviation that this failure is. */
  readonly deviation?: Deviation;
  readonly exchanges: readonly Exchange[];
  readonly durationMs: number;
}
