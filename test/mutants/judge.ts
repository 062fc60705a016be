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

/**
 * Ids of the MUST requirements that fail behind a proxy.
 *
 * @param first whether to stop at the first one
 */
export async function failures(
  proxy: FaultyProxy,
  only: readonly string[],
  destructive: boolean,
  claimed: readonly FeatureName[],
  first = false,
): Promise<readonly string[]> {
  const failed = ({ outcome: end, requirement }: Result): boolean => end === 'failed' && requirement.level === 'MUST';
  const enough = new AbortController();
  const outcome = await run({
    target: proxy.target,
    requirements: catalogue,
    selection: { ...everything, only, destructive, claimed },
    maxVersion: '1.55',
    deviations: () => [],
    signal: enough.signal,
    onResult: (result) => {
      if (first && failed(result)) enough.abort();
    },
  });
  return outcome.results.filter(failed).map(({ requirement }) => requirement.id);
}

/**
 * Put one fault between suite and daemon: first the requirements of its area, then all of them.
 *
 * @param claimed features that the daemon has: a fault must not pass for a missing feature
 * @param first whether the first requirement that catches it is enough
 * @returns the verdict; a mutant that no failed MUST catches has survived
 */
export async function judge(
  proxy: FaultyProxy,
  area: Area,
  mutant: Mutant,
  claimed: readonly FeatureName[],
  first = false,
): Promise<Verdict> {
  proxy.mutant = mutant;
  try {
    let caughtBy = await failures(proxy, area.only, area.destructive ?? false, claimed, first);
    if (caughtBy.length === 0) caughtBy = await failures(proxy, [], area.destructive ?? false, claimed, first);
    return { area: area.name, mutant: mutant.id, title: mutant.title, caughtBy };
  } finally {
    proxy.mutant = undefined;
  }
}

/** Ids of the MUST requirements that fail without any fault: while there are some, verdicts mean nothing. */
export function baseline(proxy: FaultyProxy): Promise<readonly string[]> {
  return failures(proxy, [], true, []);
}
