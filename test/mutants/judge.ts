import {
  catalogue,
  DescriptionValidator,
  everything,
  type FeatureName,
  type RunOutcome,
  run,
} from '../../src/conformance/index.js';
import type { Result } from '../../src/conformance/outcome.js';
import type { Area, Mutant } from './mutant.js';
import type { FaultyProxy } from './proxy.js';

/** Verdict on one mutant. */
export interface Verdict {
  readonly area: string;
  readonly mutant: string;
  readonly title: string;
  /** Ids of the failed requirements, MUST alone unless the mutant breaks a SHOULD; none: it survived. */
  readonly caughtBy: readonly string[];
}

/** Whether a result shows a fault: a failed MUST does, and a failed SHOULD where the fault is one against such. */
function failed({ outcome, requirement }: Result, should = false): boolean {
  return outcome === 'failed' && (should || requirement.level === 'MUST');
}

function idsOf(results: readonly Result[], should?: boolean): readonly string[] {
  return results.filter((result) => failed(result, should)).map(({ requirement }) => requirement.id);
}

function outcomeOf(
  proxy: FaultyProxy,
  only: readonly string[],
  destructive: boolean,
  claimed: readonly FeatureName[],
  first: boolean,
  should?: boolean,
): Promise<RunOutcome> {
  const enough = new AbortController();
  return run({
    target: proxy.target,
    requirements: catalogue,
    selection: { ...everything, only, destructive, claimed },
    maxVersion: '1.55',
    deviations: () => [],
    validator: new DescriptionValidator(),
    signal: enough.signal,
    onResult: (result) => {
      if (first && failed(result, should)) enough.abort();
    },
  });
}

/**
 * Ids of the MUST requirements that fail behind a proxy.
 *
 * @param first whether to stop at the first one
 * @param should whether a SHOULD counts, too
 */
export async function failures(
  proxy: FaultyProxy,
  only: readonly string[],
  destructive: boolean,
  claimed: readonly FeatureName[],
  first = false,
  should = false,
): Promise<readonly string[]> {
  return idsOf((await outcomeOf(proxy, only, destructive, claimed, first, should)).results, should);
}

/**
 * Put one fault between suite and daemon: first the requirements of its area, then all of them.
 *
 * @param claimed features of its area that the daemon has: a fault must not pass for a missing feature
 * @param whole all features that the daemon has, when they are needed
 * @param first whether the first requirement that catches it is enough
 * @returns the verdict; a mutant that no failed requirement of its level catches has survived
 */
export async function judge(
  proxy: FaultyProxy,
  area: Area,
  mutant: Mutant,
  claimed: readonly FeatureName[],
  whole: () => Promise<readonly FeatureName[]>,
  first = false,
): Promise<Verdict> {
  proxy.mutant = mutant;
  try {
    let caughtBy = await failures(proxy, area.only, area.destructive ?? false, claimed, first, mutant.should);
    if (caughtBy.length === 0) {
      proxy.mutant = undefined;
      const all = await whole();
      proxy.mutant = mutant;
      caughtBy = await failures(proxy, [], area.destructive ?? false, all, first, mutant.should);
    }
    return { area: area.name, mutant: mutant.id, title: mutant.title, caughtBy };
  } finally {
    proxy.mutant = undefined;
  }
}

/** Result of a run without a fault. */
export interface Baseline {
  /** Ids of the MUST requirements that fail: while there are some, verdicts mean nothing. */
  readonly failing: readonly string[];
  /**
   * Features of the daemon. Runs with faults claim them, or a feature that the daemon lacks would seem to catch the
   * fault.
   */
  readonly features: readonly FeatureName[];
}

/**
 * Runs requirements without a fault.
 *
 * @param only patterns of their ids. Default: all
 */
export async function baseline(proxy: FaultyProxy, only: readonly string[] = []): Promise<Baseline> {
  const { results, findings } = await outcomeOf(proxy, only, true, [], false);
  const features = [...findings].flatMap(([name, { supported }]) => (supported ? [name] : []));
  return { failing: idsOf(results), features };
}
