/** What changes ask of the API's version. */
import type { Change, Comparison } from './diff.js';
import { compareVersions } from './versions.js';

/** What the changes ask for: another version because clients can fail, because there is more, or none. */
export type Bump = 'breaking' | 'additive' | 'none';

/** A verdict on the version. */
export interface VersionVerdict {
  readonly asked: Bump;
  /** Whether the version goes up. */
  readonly raised: boolean;
  /** Whether what is asked for is given. */
  readonly fits: boolean;
  readonly text: string;
}

/**
 * Judges whether the version fits the changes: messages change with a version only, since clients choose what they get by it.
 *
 * @param comparison the comparison
 * @param judged the changes that count; default: all
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
  const text = raised
    ? `${step}; ${why}`
    : asked === 'none'
      ? `${step}; ${why}`
      : `${step} though ${why}: raise it, unless ${to.version} is not released`;
  return { asked, raised, fits, text };
}
