import { type FeatureName, type Finding, feature, withNeeds } from './features.js';
import { covers, type ProfileName } from './profiles.js';
import type { Requirement } from './requirement.js';
import { compareVersions } from './version.js';

/** Selection of requirements for a run. */
export interface Selection {
  /** Only the requirements that these profiles test. */
  readonly profiles: readonly ProfileName[];
  /** Only the requirements that need one of these features. */
  readonly features: readonly FeatureName[];
  /** Features that count as supported, regardless of their probes. */
  readonly claimed: readonly FeatureName[];
  /** Only requirements whose id matches one of these patterns. */
  readonly only: readonly string[];
  /** Not the requirements whose id matches one of these patterns. */
  readonly skip: readonly string[];
  readonly destructive: boolean;
  readonly hazardous: boolean;
}

/** A selection that leaves nothing out but what could do harm. */
export const everything: Selection = {
  profiles: [],
  features: [],
  claimed: [],
  only: [],
  skip: [],
  destructive: false,
  hazardous: false,
};

/** Decision about a requirement, with the reason. */
export type Decision =
  | { readonly act: 'run' }
  | { readonly act: 'skip'; readonly reason: string }
  | { readonly act: 'unsupported'; readonly reason: string };

/** Whether an id matches a pattern: the id itself, a prefix up to a dot, or one with `*`. */
export function matches(pattern: string, id: string): boolean {
  if (!pattern.includes('*')) return id === pattern || id.startsWith(`${pattern}.`);
  const source = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${source.join('.*')}$`).test(id);
}

/** Features that count as supported regardless of their probes, including their dependencies. */
export function claimedBy({ features, claimed }: Pick<Selection, 'features' | 'claimed'>): readonly FeatureName[] {
  return withNeeds([...features, ...claimed]);
}

/** The reason why the selection excludes a requirement, if it does. */
function leftOut(requirement: Requirement, selection: Selection): string | undefined {
  const { id } = requirement;
  if (selection.only.length > 0 && !selection.only.some((pattern) => matches(pattern, id))) return 'left out by --only';
  const skipped = selection.skip.find((pattern) => matches(pattern, id));
  if (skipped !== undefined) return `left out by --skip ${skipped}`;
  if (selection.features.length > 0 && !requirement.features.some((name) => selection.features.includes(name)))
    return 'left out by --feature';
  if (selection.profiles.length > 0 && !selection.profiles.some((name) => covers(name, requirement)))
    return 'left out by --profile';
  if (requirement.hazardous && !selection.hazardous) return 'has taken down daemons: runs with --hazardous only';
  if (requirement.destructive && !selection.destructive)
    return "acts on more than the suite's images: runs with --destructive only";
  return undefined;
}

/** The reason why the API version lacks a requirement, if it does. */
function tooOld(requirement: Requirement, apiVersion: string): string | undefined {
  for (const name of withNeeds(requirement.features)) {
    const { since } = feature(name);
    if (since !== undefined && compareVersions(apiVersion, since) < 0)
      return `${name} needs API ${since}, this run has ${apiVersion}`;
  }
  if (requirement.since !== undefined && compareVersions(apiVersion, requirement.since) < 0)
    return `needs API ${requirement.since}, this run has ${apiVersion}`;
  return undefined;
}

/**
 * Decides about one requirement. This is the only place that does.
 *
 * @param requirement requirement to decide about
 * @param selection selection of the run
 * @param apiVersion the version that requests carry
 * @param findings results of probes; a feature without a result counts as supported
 */
export function decide(
  requirement: Requirement,
  selection: Selection,
  apiVersion: string,
  findings: ReadonlyMap<FeatureName, Finding>,
): Decision {
  const left = leftOut(requirement, selection);
  if (left !== undefined) return { act: 'skip', reason: left };
  const old = tooOld(requirement, apiVersion);
  if (old !== undefined) return { act: 'unsupported', reason: old };
  const claimed = claimedBy(selection);
  for (const name of withNeeds(requirement.features)) {
    const finding = findings.get(name);
    if (finding && !finding.supported && !claimed.includes(name))
      if (finding.untried) return { act: 'skip', reason: `${name}: ${finding.evidence}` };
      else return { act: 'unsupported', reason: `${name}: ${finding.evidence}` };
  }
  return { act: 'run' };
}

/** The features that a run has to probe: those of requirements that only a probe may still rule out, what they need first. */
export function toProbe(all: readonly Requirement[], selection: Selection, apiVersion: string): readonly FeatureName[] {
  const names = new Set<FeatureName>();
  for (const requirement of all)
    if (decide(requirement, selection, apiVersion, new Map()).act === 'run')
      for (const name of withNeeds(requirement.features)) if (feature(name).probe) names.add(name);
  return [...names];
}
