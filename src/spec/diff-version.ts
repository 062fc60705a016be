/** Checks whether the API version fits the changes. */
import { newestRelease } from '../generated/go-members.js';
import type { Change, Comparison } from './diff.js';
import { compareVersions } from './versions.js';

/** The reason for a new version: clients can fail, messages change, or no reason. */
export type Bump = 'breaking' | 'additive' | 'none';

/** A verdict on the version. */
export interface VersionVerdict {
  readonly asked: Bump;
  /** Whether the version goes up. */
  readonly raised: boolean;
  /** Whether the version fits the changes. */
  readonly fits: boolean;
  readonly text: string;
}

/**
 * Checks whether the version fits the changes. Clients select messages by version, so messages may change only with it.
 *
 * @param comparison the comparison
 * @param judged the changes to check. Default: all
 */
export function versionVerdict(comparison: Comparison, judged: readonly Change[] = comparison.changes): VersionVerdict {
  const { from, to } = comparison;
  const asked: Bump = judged.some(({ clients }) => clients === 'breaking')
    ? 'breaking'
    : judged.some(({ clients, servers }) => clients !== 'documentation' || servers !== 'documentation')
      ? 'additive'
      : 'none';
  const raised = compareVersions(to.version, from.version) > 0;
  const fits = asked === 'none' || raised;
  const why =
    asked === 'breaking' ? 'clients can fail' : asked === 'additive' ? 'messages change' : 'no message changes';
  const step = raised ? `${from.version} → ${to.version}` : `stays ${to.version}`;
  // Only the newest release can have a successor: older versions are final, and newer ones are in development.
  const advice = !fits && to.version === newestRelease ? `; ${to.version} is released: raise the version` : '';
  const text = `${step}; ${why}${advice}`;
  return { asked, raised, fits, text };
}
