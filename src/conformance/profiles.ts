import { type FeatureName, feature, withNeeds } from './features.js';
import type { Requirement } from './requirement.js';
import { compareVersions } from './version.js';

/** A named set of features that a daemon may claim as a whole. */
export interface Profile {
  readonly title: string;
  /** API version that a daemon needs; what later versions added is not part of the profile. */
  readonly apiVersion: string;
  /** Without all of these the daemon does not have the profile. */
  readonly core: readonly FeatureName[];
  /** Tested when the daemon has them. */
  readonly extended: readonly FeatureName[];
}

const base = ['engine', 'images', 'events'] as const satisfies readonly FeatureName[];
const stores = ['containerd-store', 'graph-store'] as const satisfies readonly FeatureName[];
const manifests = [
  'containerd-store',
  'list-manifests',
  'inspect-manifests',
  'platforms',
] as const satisfies readonly FeatureName[];
const later = ['inspect-platform', 'delete-platforms', 'event-formats', 'attestations'] as const;

const ofContainers = [
  ...base,
  'containers',
  'exec',
  'volumes',
  'networks',
  'health-checks',
  'commit',
] as const satisfies readonly FeatureName[];
const aroundContainers = [
  'as-dockerd',
  'bridge',
  'limits',
  'pausing',
  'processes',
  'statistics',
  'changes',
  'websockets',
  'prune',
  ...stores,
] as const satisfies readonly FeatureName[];

/** All profiles, the smaller ones first. */
export const profiles = {
  'core-1.41': {
    title: 'images as the oldest current daemons have them',
    apiVersion: '1.41',
    core: base,
    extended: ['prune', ...stores],
  },
  'core-1.43': {
    title: 'the same, with what API 1.42 and 1.43 brought',
    apiVersion: '1.43',
    core: base,
    extended: ['prune', 'disk-usage', ...stores],
  },
  'core-1.44': {
    title: 'images as every current dockerd has them',
    apiVersion: '1.44',
    core: base,
    extended: ['prune', 'disk-usage', ...stores],
  },
  'containers-1.41': {
    title: 'containers, exec, networks, volumes, their events and streams as the oldest current daemons have them',
    apiVersion: '1.41',
    core: ofContainers,
    extended: aroundContainers,
  },
  containers: {
    title: 'the same, with what API 1.42 and 1.43 brought',
    apiVersion: '1.44',
    core: ofContainers,
    extended: aroundContainers,
  },
  standalone: {
    title: 'plugins, and the operations of a swarm as a daemon answers them that is in none',
    apiVersion: '1.44',
    core: ['engine', 'no-swarm', 'plugins'],
    extended: ['as-dockerd'],
  },
  registries: {
    title: 'pull, push, look up and search in registries',
    apiVersion: '1.44',
    core: [...base, 'registry', 'distribution', 'search'],
    extended: ['as-dockerd', 'search-registry', 'disk-usage', 'prune', ...stores],
  },
  build: {
    title: 'images that are made here: import, the classic builder, commit',
    apiVersion: '1.44',
    core: [...base, 'import', 'build', 'containers', 'commit'],
    extended: ['as-dockerd', 'build-cache', 'prune', ...stores],
  },
  'images-1.48': {
    title: 'multi-platform images and their manifests',
    apiVersion: '1.48',
    core: [...base, ...manifests],
    extended: ['prune', 'disk-usage', 'incomplete-images'],
  },
  'engine-1.55': {
    title: 'attestations of images',
    apiVersion: '1.55',
    core: [...base, ...manifests, ...later],
    extended: ['prune', 'disk-usage', 'incomplete-images', 'content'],
  },
  'as-dockerd': {
    title: 'attestations of images, and answers that the description leaves open as dockerd gives them',
    apiVersion: '1.55',
    core: [...base, ...manifests, ...later, 'as-dockerd', 'content'],
    extended: ['prune', 'disk-usage', 'incomplete-images'],
  },
  'attestd-experimental': {
    title: 'statements in image data and lists of types',
    apiVersion: '1.55',
    core: [
      'engine',
      'images',
      'containerd-store',
      'list-manifests',
      'inspect-manifests',
      'attestations',
      'statements',
      'type-lists',
    ],
    extended: ['incomplete-images', 'content'],
  },
} as const satisfies Record<string, Profile>;

/** Name of a profile. */
export type ProfileName = keyof typeof profiles;

/** All names, the smaller profiles first. */
export const profileNames = Object.keys(profiles) as readonly ProfileName[];

/** The entry of a profile. */
export function profile(name: ProfileName): Profile {
  return profiles[name];
}

/** Whether a profile tests a requirement: it has all that the requirement needs, at its own API version. */
export function covers(name: ProfileName, { features, since }: Pick<Requirement, 'features' | 'since'>): boolean {
  const { core, extended, apiVersion } = profile(name);
  const isLater = (version: string | undefined): boolean =>
    version !== undefined && compareVersions(version, apiVersion) > 0;
  if (isLater(since)) return false;
  return withNeeds(features).every(
    (needed) => (core.includes(needed) || extended.includes(needed)) && !isLater(feature(needed).since),
  );
}
