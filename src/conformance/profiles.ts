import type { FeatureName } from './features.js';

/** A named set of features that a daemon may claim as a whole. */
export interface Profile {
  readonly title: string;
  /** API version that a daemon needs. */
  readonly apiVersion: string;
  /** Without all of these the daemon does not have the profile. */
  readonly core: readonly FeatureName[];
  /** Tested when the daemon has them. */
  readonly extended: readonly FeatureName[];
}

const base = ['engine', 'images', 'events'] as const satisfies readonly FeatureName[];
const manifests = ['list-manifests', 'inspect-manifests', 'platforms'] as const satisfies readonly FeatureName[];

/** All profiles, the smaller ones first. */
export const profiles = {
  'core-1.44': {
    title: 'images as every current daemon has them',
    apiVersion: '1.44',
    core: base,
    extended: ['prune', 'disk-usage'],
  },
  'images-1.48': {
    title: 'multi-platform images and their manifests',
    apiVersion: '1.48',
    core: [...base, ...manifests],
    extended: ['prune', 'disk-usage', 'inspect-platform', 'delete-platforms', 'incomplete-images'],
  },
  'engine-1.55': {
    title: 'attestations of images',
    apiVersion: '1.55',
    core: [...base, ...manifests, 'inspect-platform', 'delete-platforms', 'event-formats', 'attestations'],
    extended: ['prune', 'disk-usage', 'incomplete-images', 'content'],
  },
  'attestd-experimental': {
    title: 'statements in image data and lists of types',
    apiVersion: '1.55',
    core: ['engine', 'images', 'list-manifests', 'inspect-manifests', 'attestations', 'statements', 'type-lists'],
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

/** Whether a profile tests a requirement with these features. */
export function covers(name: ProfileName, needed: readonly FeatureName[]): boolean {
  const { core, extended } = profile(name);
  return needed.every((feature) => core.includes(feature) || extended.includes(feature));
}
