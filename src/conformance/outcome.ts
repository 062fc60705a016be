import type { Exchange } from './api.js';
import type { Requirement } from './requirement.js';

/** Verdict on a requirement. The outcomes are exclusive: see docs/reference/conformance.md. */
export type Outcome = 'passed' | 'failed' | 'blocked' | 'skipped' | 'unsupported' | 'error';

/** All outcomes, the good one first. */
export const outcomes: readonly Outcome[] = ['passed', 'failed', 'blocked', 'skipped', 'unsupported', 'error'];

/** Outcomes that need a closer look: reports keep their exchanges and a command to repeat them. */
export const doubtful: readonly Outcome[] = ['failed', 'blocked', 'error'];

/** The demand, and the behavior found. */
export interface Failure {
  readonly message: string;
  readonly expected: string;
  readonly actual: string;
}

/** A known deviation of a daemon version. */
export interface Deviation {
  readonly requirement: string;
  /** The description's demand. */
  readonly description: string;
  /** The daemon's behavior. */
  readonly behaviour: string;
  /** Regular expression for the failure's actual text: another failure of the requirement is not this deviation. */
  readonly actual: string;
  /** Source of the observation. */
  readonly evidence: string;
  /** Last day on which it is excused, e.g. `2027-06-30`. */
  readonly until?: string;
}

/** One requirement with its outcome. */
export interface Result {
  readonly requirement: Requirement;
  readonly outcome: Outcome;
  /** Reason of a skip, block or lack of support; empty otherwise. */
  readonly reason: string;
  readonly failure?: Failure;
  /** Id of the requirement whose failure kept this one from being judged. */
  readonly blockedBy?: string;
  /** The known deviation that this failure, or the failure that blocks it, is. */
  readonly deviation?: Deviation;
  readonly exchanges: readonly Exchange[];
  readonly durationMs: number;
}

/** The members of a result that decide about conformance; a report has the same. */
interface Judged {
  readonly outcome: Outcome;
  readonly level: string;
  readonly blockedBy?: string;
  readonly deviation?: Deviation;
}

/**
 * Reports whether a result makes a daemon non-conformant: a failed MUST, or a MUST blocked by a failed MUST, unless it
 * is a known deviation. A MUST blocked by a failed SHOULD does not count.
 *
 * @param result the result
 * @param levelOf returns the level of a requirement by its id, or nothing for an unknown id, which counts as MUST
 */
export function speaksAgainst(result: Judged, levelOf: (id: string) => string | undefined): boolean {
  if (result.level !== 'MUST' || result.deviation !== undefined) return false;
  if (result.outcome === 'failed') return true;
  return result.outcome === 'blocked' && (levelOf(result.blockedBy ?? '') ?? 'MUST') === 'MUST';
}
