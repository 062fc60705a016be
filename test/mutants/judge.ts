import { catalogue, everything, type FeatureName, run } from '../../src/conformance/index.js';
import type { Result } from '../../src/conformance/outcome.js';
import type { Area, Mutant } from './mutant.js';
import type { FaultyProxy } from './proxy.js';

/** What became of one mutant. */
export interface Verdict {
  readonly area: string;
  readonly mutant: string;
  readonly title: string;
  /** Ids of the failed MUST requirements; none: it survived. */
  readonly caughtBy: readonly string[];
}

/** Ids of the MUST requirements that fail behind a proxy. */
export async function failures(
  proxy: FaultyProxy,
  only: readonly string[],
  destructive: boolean,
  claimed: readonly FeatureName[],
): Promise<readonly string[]> {
  const outcome = await run({
    target: proxy.target,
    requirements: catalogue,
    selection: { ...everything, only, destructive, claimed },
    maxVersion: '1.55',
    deviations: () => [],
  });
  const failed = ({ outcome: end, requirement }: Result): boolean => end === 'failed' && requirement.level === 'MUST';
  return outcome.results.filter(failed).map(({ requirement }) => requirement.id);
}

/**
 * Put one fault between suite and daemon: first the requirements of its area, then all of them.
 *
 * @param claimed features that the daemon has: a fault must not pass for a missing feature
 * @returns the verdict; a mutant that no failed MUST catches has survived
 */
export async function judge(
  proxy: FaultyProxy,
  area: Area,
  mutant: Mutant,
  claimed: readonly FeatureName[],
): Promise<Verdict> {
  proxy.mutant = mutant;
  try {
    let caughtBy = await failures(proxy, area.only, area.destructive ?? false, claimed);
    if (caughtBy.length === 0) caughtBy = await failures(proxy, [], area.destructive ?? false, claimed);
    return { area: area.name, mutant: mutant.id, title: mutant.title, caughtBy };
  } finally {
    proxy.mutant = undefined;
  }
}

/** Ids of the MUST requirements that fail without any fault: while there are some, verdicts mean nothing. */
export function baseline(proxy: FaultyProxy): Promise<readonly string[]> {
  return failures(proxy, [], true, []);
}
