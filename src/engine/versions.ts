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

/** The minor number, by which versions of the API compare; all have the major 1. */
function minor(version: string): number {
  return Number(version.split('.')[1]);
}

/** Whether an API version has a parameter, field or rule. */
export function has(apiVersion: string, feature: keyof typeof since): boolean {
  return minor(apiVersion) >= minor(since[feature]);
}

/** Whether an API version still has a field or rule that later ones dropped. */
export function still(apiVersion: string, feature: keyof typeof until): boolean {
  return minor(apiVersion) < minor(until[feature]);
}
