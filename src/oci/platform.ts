import { posix } from 'node:path';
import { AttestdError } from '../support/foundation/errors.js';
import { compareText } from '../support/go/json.js';
import { quote } from '../support/go/quote.js';
import type { Platform } from './descriptor.js';
import { windowsVersionMatches } from './windows.js';

const knownSystems = new Set(
  'aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris windows zos'.split(
    ' ',
  ),
);
const knownArchitectures = new Set(
  (
    '386 amd64 amd64p32 arm armbe arm64 arm64be ppc64 ppc64le loong64 mips mipsle mips64 mips64le mips64p32 ' +
    'mips64p32le ppc riscv riscv64 s390 s390x sparc sparc64 wasm'
  ).split(' '),
);

/** Selects platforms and orders those that it selects, the best first. */
export interface PlatformMatcher {
  match(platform: Platform): boolean;
  /** Whether `a` is to be preferred to `b`. */
  less(a: Platform, b: Platform): boolean;
}

/** The canonical form: lower case, `x86_64` is `amd64`, `arm` is `arm/v7`, `arm64/v8` is `arm64`; features sorted. */
export function normalizePlatform(platform: Platform): Platform {
  const os = platform.os === '' ? 'linux' : platform.os.toLowerCase();
  const [architecture, variant] = normalizeArchitecture(platform.architecture, platform.variant ?? '');
  const features = [...new Set(platform['os.features'])].sort(compareText);
  return {
    architecture,
    os: os === 'macos' ? 'darwin' : os,
    ...(platform['os.version'] && { 'os.version': platform['os.version'] }),
    ...(features.length > 0 && { 'os.features': features }),
    ...(variant !== '' && { variant }),
  };
}

function normalizeArchitecture(name: string, version: string): [architecture: string, variant: string] {
  const architecture = name.toLowerCase();
  const variant = version.toLowerCase();
  switch (architecture) {
    case 'i386':
      return ['386', ''];
    case 'x86_64':
    case 'x86-64':
    case 'amd64':
      return ['amd64', variant === 'v1' ? '' : variant];
    case 'aarch64':
    case 'arm64':
      if (['8', 'v8', 'v8.0'].includes(variant)) return ['arm64', ''];
      return ['arm64', ['9', '9.0', 'v9.0'].includes(variant) ? 'v9' : variant];
    case 'armhf':
      return ['arm', 'v7'];
    case 'armel':
      return ['arm', 'v6'];
    case 'arm':
      if (variant === '') return ['arm', 'v7'];
      return ['arm', /^[5-8]$/.test(variant) ? `v${variant}` : variant];
  }
  return [architecture, variant];
}

/** Matches one platform: system, architecture and variant equal, features a subset, Windows versions compatible. */
function single(wanted: Platform): (platform: Platform) => boolean {
  const want = normalizePlatform(wanted);
  const windows = wanted.os === 'windows';
  const features = new Set(want['os.features']);
  return (platform) => {
    const have = normalizePlatform(platform);
    if (want.os !== have.os || want.architecture !== have.architecture || want.variant !== have.variant) return false;
    if (windows && !windowsVersionMatches(want['os.version'] ?? '', platform['os.version'] ?? '')) return false;
    return (have['os.features'] ?? []).every((f) => features.has(f) || (windows && f === 'win32k'));
  };
}

/** Matches any of the platforms and prefers them in the order given; of two equal ones, the one with more features. */
export function ordered(...platforms: readonly Platform[]): PlatformMatcher {
  const matchers = platforms.map(single);
  const less = (a: Platform, b: Platform): boolean => {
    for (const matches of matchers) {
      const [inA, inB] = [matches(a), matches(b)];
      if (inA && inB) return featureCount(a) > featureCount(b);
      if (inA || inB) return inA;
    }
    return featureCount(a) + featureCount(b) > 0 && less(withoutFeatures(a), withoutFeatures(b));
  };
  return { match: (platform) => matchers.some((matches) => matches(platform)), less };
}

const featureCount = (platform: Platform): number => platform['os.features']?.length ?? 0;
const withoutFeatures = ({ 'os.features': _, ...platform }: Platform): Platform => platform;

/** Matches the platform and what runs on it, the closest first: containerd's `Only`. */
export const only = (platform: Platform): PlatformMatcher => ordered(...runnable(normalizePlatform(platform)));

/** Matches the platform alone, in any of its spellings: containerd's `OnlyStrict`. */
export const onlyStrict = (platform: Platform): PlatformMatcher => ordered(normalizePlatform(platform));

/** Matches any of the platforms; none given means all. `preferred` decides the order. */
export function anyOf(platforms: readonly Platform[], preferred: PlatformMatcher): PlatformMatcher {
  const matchers = platforms.map(single);
  return {
    match: (platform) => matchers.length === 0 || matchers.some((matches) => matches(platform)),
    less: preferred.less,
  };
}

/** A platform and those that a host of it also runs, in order of preference. */
function runnable(platform: Platform): Platform[] {
  const other = (architecture: string, variant: string): Platform => {
    const { variant: _, ...rest } = platform;
    return { ...rest, architecture, ...(variant !== '' && { variant }) };
  };
  const variant = platform.variant ?? '';
  switch (platform.architecture) {
    case 'amd64':
      return [platform, ...below(variant, 1).map((v) => other('amd64', v)), other('386', '')];
    case 'arm':
      return [platform, ...below(variant, 5).map((v) => other('arm', v))];
    case 'arm64': {
      const ladder = arm64Ladder(variant === '' ? 'v8' : variant);
      if (ladder === undefined) return [];
      return [
        ...ladder.map((v) => other('arm64', v)),
        other('arm', 'v8'),
        ...below('v8', 5).map((v) => other('arm', v)),
      ];
    }
  }
  return [platform];
}

/** The variants below `vN`, down to `lowest`. */
function below(variant: string, lowest: number): string[] {
  const version = /^v?\+?(\d+)$/.exec(variant)?.[1];
  const variants: string[] = [];
  // A variant as large as this names no processor; the loop must end.
  for (let v = Math.min(Number(version ?? 0), 1000) - 1; v >= lowest; v--) variants.push(`v${v}`);
  return variants;
}

/** What an arm64 processor of a version runs: all before it; v9.x is v8.(x+5) as well. */
function arm64Ladder(variant: string): string[] | undefined {
  const match = /^v([89])(?:\.(\d))?$/.exec(variant);
  if (match === null || variant === 'v9.8' || variant === 'v9.9') return undefined;
  const minor = Number(match[2] ?? 0);
  const versions = (major: number, from: number): string[] =>
    Array.from({ length: from + 1 }, (_, i) => (i === from ? `v${major}` : `v${major}.${from - i}`));
  if (match[1] === '8') return versions(8, minor);
  return [...versions(9, minor), ...versions(8, Math.min(minor + 5, 9))];
}

/** `linux/arm64/v8`; `unknown` without a system. */
export function formatPlatform(platform: Platform): string {
  if (platform.os === '') return 'unknown';
  return posix.join(platform.os, platform.architecture, platform.variant ?? '');
}

/** Like formatPlatform, with version and features of the system: `windows(10.0.17763+win32k)/amd64`. */
export function formatPlatformAll(platform: Platform): string {
  if (platform.os === '') return 'unknown';
  const features = [...new Set(platform['os.features'])].filter((f) => f !== '').sort(compareText);
  const options = escapeOption(platform['os.version'] ?? '') + features.map((f) => `+${escapeOption(f)}`).join('');
  return formatPlatform(options === '' ? platform : { ...platform, os: `${platform.os}(${options})` });
}

const escapeOption = (value: string): string =>
  value.replace(/[%+()/]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** What may stand for the system, as dockerd's error names it. */
const systemRule = '^([A-Za-z0-9_-]+)(?:\\(([A-Za-z0-9_.%-]*)((?:\\+[A-Za-z0-9_.%-]+)*)\\))?$';
const systemPattern = new RegExp(systemRule);

/**
 * Parse `os`, `arch`, `os/arch` or `os/arch/variant`, where the system may carry its version and features.
 *
 * @param text `linux/arm64/v8`, `windows(10.0.17763)/amd64`, `arm64`
 * @param host fills what is left out
 * @throws AttestdError INVALID_PLATFORM
 */
export function parsePlatform(text: string, host: Platform = { architecture: 'amd64', os: 'linux' }): Platform {
  const quoted = quote(text);
  const invalid = (why: string): AttestdError => new AttestdError('INVALID_PLATFORM', `${why}: invalid argument`);
  const bad = (why: string): AttestdError => invalid(`${quoted}: ${why}`);
  if (text.includes('*')) throw bad('wildcards not yet supported');
  const [first = '', second, third, ...rest] = text.split('/');
  const system = systemPattern.exec(first);
  if (system === null) {
    const rule = `OSAndVersion specifier component must match ${quote(systemRule)}`;
    throw invalid(`${quote(first)} is an invalid OS component of ${quoted}: ${rule}`);
  }
  for (const part of [second, third, rest.length > 0 ? rest.join('/') : undefined]) {
    if (part === undefined || /^[A-Za-z0-9_.-]+$/.test(part)) continue;
    const rule = 'platform specifier component must match "^[A-Za-z0-9_.-]+$"';
    throw invalid(`${quote(part)} is an invalid component of ${quoted}: ${rule}`);
  }
  if (rest.length > 0) throw bad('cannot parse platform specifier');
  const decode = (option: string): string => {
    try {
      return decodeURIComponent(option);
    } catch {
      throw bad(`"${option}" is no valid percent-encoding`);
    }
  };
  const features = (system[3] ?? '').split('+').slice(1).map(decode);
  const options = {
    ...(system[2] && { 'os.version': decode(system[2]) }),
    ...(features.length > 0 && { 'os.features': features }),
  };
  const name = system[1] as string;
  const os = name.toLowerCase() === 'macos' ? 'darwin' : name.toLowerCase();
  if (second === undefined) {
    if (knownSystems.has(os)) return { ...options, os, ...architectureOf(host.architecture, host.variant ?? '') };
    const alone = architectureOf(name, '');
    if (!knownArchitectures.has(alone.architecture)) throw bad('unknown operating system or architecture');
    return { os: host.os, ...alone };
  }
  if (third === undefined) return { ...options, os, ...architectureOf(second, '') };
  const [architecture, spelled] = normalizeArchitecture(second, third);
  const variant = architecture === 'arm64' && spelled === '' ? 'v8' : spelled;
  return { ...options, os, architecture, ...(variant !== '' && { variant }) };
}

/** Architecture and variant; arm/v7 is written without its variant. */
function architectureOf(name: string, version: string): { architecture: string; variant?: string } {
  const [architecture, variant] = normalizeArchitecture(name, version);
  if (variant === '' || (architecture === 'arm' && variant === 'v7')) return { architecture };
  return { architecture, variant };
}
