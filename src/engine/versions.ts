/** Numbers of a version, part by part; a part that is no number counts as 0 (observed: `1.`, `..`, `1..55`). */
function parts(version: string): number[] {
  return version.split('.').map((part) => Number(part) || 0);
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
 * First API version of each parameter, field and rule of image list and inspect, as dockerd 29.7.2 gates them
 * (docs/behaviour.md#versions). `until` names the first version that no longer does it.
 */
const since = {
  'list.shared-size': '1.42',
  'list.manifests': '1.47',
  'list.identity': '1.54',
  'list.Descriptor': '1.48',
  'list.Containers': '1.51',
  'inspect.manifests': '1.48',
  'inspect.platform': '1.49',
  'inspect.Descriptor': '1.48',
  'attestations.Statements': '1.55',
  'df.type': '1.42',
  'df.verbose': '1.52',
  'df.usage': '1.52',
  'info.runtimeStatus': '1.44',
  'info.Containerd': '1.46',
  'info.FirewallBackend': '1.49',
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

/** Whether an API version has a parameter, field or rule. */
export function has(apiVersion: string, feature: keyof typeof since): boolean {
  return isAtLeast(apiVersion, since[feature]);
}

/** Whether an API version still has a field or rule that later ones dropped. */
export function still(apiVersion: string, feature: keyof typeof until): boolean {
  return !isAtLeast(apiVersion, until[feature]);
}
