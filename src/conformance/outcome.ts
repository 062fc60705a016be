import type { Exchange } from './api.js';
import type { Requirement } from './requirement.js';

/** How a requirement ended. They never mix: see docs/conformance.md. */
export type Outcome = 'passed' | 'failed' | 'blocked' | 'skipped' | 'unsupported' | 'error';

/** All outcomes, the good one first. */
export const outcomes: readonly Outcome[] = ['passed', 'failed', 'blocked', 'skipped', 'unsupported', 'error'];

/** Outcomes that somebody will look into: reports keep what was asked, and how to ask again. */
export const doubtful: readonly Outcome[] = ['failed', 'blocked', 'error'];

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
  /** Last day on which it is excused, e.g. `2027-06-30`. */
  readonly until?: string;
}

/** One requirement with its outcome. */
export interface Result {
  readonly requirement: Requirement;
  readonly outcome: Outcome;
  /** Why it was skipped, blocked or is unsupported; empty otherwise. */
  readonly reason: string;
  readonly failure?: Failure;
  /** Id of the requirement whose failure kept this one from being judged. */
  readonly blockedBy?: string;
  /** The known deviation that this failure, or the failure that blocks it, is. */
  readonly deviation?: Deviation;
  readonly exchanges: readonly Exchange[];
  readonly durationMs: number;
}

/** What of a result its verdict rests on; a report has the same members. */
interface Judged {
  readonly outcome: Outcome;
  readonly level: string;
  readonly blockedBy?: string;
  readonly deviation?: Deviation;
}

/**
 * Whether a result keeps a daemon from being conformant: a failed MUST, or a MUST that a failed MUST blocks, unless it is a
 * known deviation. What a failed SHOULD blocks is no fault of its own.
 *
 * @param result the result
 * @param levelOf the level of a requirement by its id; MUST for one that is not known
 */
export function speaksAgainst(result: Judged, levelOf: (id: string) => string | undefined): boolean {
  if (result.level !== 'MUST' || result.deviation !== undefined) return false;
  if (result.outcome === 'failed') return true;
  return result.outcome === 'blocked' && (levelOf(result.blockedBy ?? '') ?? 'MUST') === 'MUST';
}
