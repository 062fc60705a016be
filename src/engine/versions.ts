import { memberSince } from '../generated/members.js';
import { maxCachedVersions } from './limits.js';

const known = new Map<string, readonly number[]>();

/** Parses the parts of a version. A part that is not a number counts as 0 (observed: `1.`, `..`, `1..55`). */
function parts(version: string): readonly number[] {
  const before = known.get(version);
  if (before !== undefined) return before;
  const found = version.split('.').map((part) => Number(part) || 0);
  if (known.size < maxCachedVersions && version.length < 16) known.set(version, found);
  return found;
}

/**
 * Order two API versions, part by part, a missing part counting as 0.
 *
 * @returns negative, 0 or positive
 */
export function compareVersions(a: string, b: string): number {
  if (a === b) return 0;
  const left = parts(a);
  const right = parts(b);
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether an API version is a given one or a later one. */
export function isAtLeast(apiVersion: string, first: string): boolean {
  return compareVersions(apiVersion, first) >= 0;
}

/**
 * Whether an API version has a member of an answer, by the description (docs/reference/behavior/http.md#versions).
 *
 * @param member the definition's name and the path in it: `ContainerSummary.Health`
 */
export function has(apiVersion: string, member: keyof typeof memberSince): boolean {
  return isAtLeast(apiVersion, memberSince[member]);
}

/**
 * First API version of what the description has no mark for, as dockerd 29.7.2 gates it (docs/reference/behavior/http.md#versions).
 * `until` names the first version that no longer does a thing.
 */
const since = {
  'list.Containers': '1.51',
  'df.usage': '1.52',
} as const;

const until = {
  'list.none': '1.43',
  'list.VirtualSize': '1.44',
  'inspect.VirtualSize': '1.44',
  'inspect.Container': '1.45',
  'inspect.legacyConfig': '1.50',
  'inspect.legacyFields': '1.52',
  'df.VirtualSize': '1.44',
  'info.registryCIDRs': '1.47',
  'info.Expected': '1.49',
  'info.BridgeNf': '1.50',
} as const;

/** Whether an API version follows a rule. */
export function follows(apiVersion: string, feature: keyof typeof since): boolean {
  return isAtLeast(apiVersion, since[feature]);
}

/** Whether an API version still has a field or rule that later ones dropped. */
export function still(apiVersion: string, feature: keyof typeof until): boolean {
  return !isAtLeast(apiVersion, until[feature]);
}
