import type { OCIPlatform as NullablePlatform } from '../support/foundation/types.js';

type OCIPlatform = NonNullable<NullablePlatform>;

const architectures: Readonly<Record<string, readonly [string, string?]>> = {
  x86_64: ['amd64'],
  'x86-64': ['amd64'],
  i386: ['386'],
  aarch64: ['arm64'],
  armhf: ['arm', 'v7'],
  armel: ['arm', 'v6'],
};

/** Variants of an architecture, best first. A machine runs its own variant and all later ones in the list. */
const ladders: Readonly<Record<string, readonly string[]>> = {
  amd64: ['v4', 'v3', 'v2', 'v1'],
  arm64: [
    'v9.5',
    'v9.4',
    'v9.3',
    'v9.2',
    'v9.1',
    'v9',
    'v8.9',
    'v8.8',
    'v8.7',
    'v8.6',
    'v8.5',
    'v8.4',
    'v8.3',
    'v8.2',
    'v8.1',
    'v8',
  ],
  arm: ['v8', 'v7', 'v6', 'v5'],
};

const baseVariant: Readonly<Record<string, string>> = { amd64: 'v1', arm64: 'v8', arm: 'v7' };

/** Returns a platform with the names of image indexes and an explicit variant. */
function normalize(platform: OCIPlatform): { os: string; architecture: string; variant: string; osVersion: string } {
  const named = (platform.architecture ?? '').toLowerCase();
  const [architecture, implied] = (Object.hasOwn(architectures, named) && architectures[named]) || [named];
  const os = (platform.os ?? '').toLowerCase();
  const variant =
    (platform.variant ?? '').toLowerCase().replace(/^(?=\d)/, 'v') || implied || baseVariant[architecture] || '';
  return { os: os === 'macos' ? 'darwin' : os, architecture, variant, osVersion: platform['os.version'] ?? '' };
}

/** Returns the architectures and variants that a platform runs, best first. */
function runs({ architecture, variant }: { architecture: string; variant: string }): [string, string][] {
  const below = (name: string, from: string): [string, string][] => {
    const ladder = ladders[name] ?? [];
    const at = ladder.indexOf(from);
    return at < 0 ? [[name, from]] : ladder.slice(at).map((step) => [name, step]);
  };
  if (architecture === 'amd64') return [...below('amd64', variant), ['386', '']];
  if (architecture === 'arm64') return [...below('arm64', variant), ...below('arm', 'v8')];
  return below(architecture, variant);
}

/**
 * Ranks a platform against a requested one, as containerd's `Only` does: same OS and architecture, and the requested variant or a
 * lower one. Windows compares build numbers.
 *
 * @returns 0 for the best match, higher numbers for worse ones, undefined if it does not match
 */
export function platformFit(wanted: OCIPlatform, offered: OCIPlatform): number | undefined {
  const [want, offer] = [normalize(wanted), normalize(offered)];
  if (want.os !== offer.os) return undefined;
  const build = (version: string): string => version.split('.').slice(0, 3).join('.');
  if (want.os === 'windows' && want.osVersion && offer.osVersion && build(want.osVersion) !== build(offer.osVersion))
    return undefined;
  const at = runs(want).findIndex(([name, variant]) => name === offer.architecture && variant === offer.variant);
  return at < 0 ? undefined : at;
}

/** Formats a platform as `os/architecture[/variant]`. */
export const platformText = ({ os, architecture, variant }: OCIPlatform): string =>
  [os, architecture, variant].filter(Boolean).join('/');
