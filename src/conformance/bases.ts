import type { FeatureName } from './features.js';
import { matches } from './plan.js';
import type { Basis, Requirement } from './requirement.js';

/** Requirements that rest on words, by the text; everything that no table names rests on the place that it points to. */
const prose: Readonly<Record<string, readonly string[]>> = {
  'RFC 9110 (HTTP semantics)': [
    'Errors.head',
    'ImageAttestations.head',
    'Errors.root-path',
    'Errors.unknown-method',
    'Errors.unknown-path',
    '*.post-refused',
  ],
  'RFC 3986 (percent-encoding)': ['*.name-escaped-*', '*.type-raw-uri'],
  'Engine API, introduction (versioning)': [
    'Versions.every-version',
    'Versions.too-new',
    'Versions.too-new-everywhere',
    'Versions.too-new-major',
    'Versions.too-old',
    'Versions.unversioned',
    'SystemPing.versioned',
    'SystemVersion.same-in-every-version',
    'ImageAttestations.unversioned',
    'ImageAttestations.older-version',
    '*.json-below-1.52',
    '*.manifests-below-*',
    'ImageList.virtual-size-1.43',
  ],
  'Engine API, description of the operation': [
    'ImageAttestations.after-*',
    'ImageAttestations.platform-default',
    'ImageAttestations.platform-each',
    'ImageAttestations.platform-not-the-host*',
    'ImageAttestations.platform-variant',
    'ImageAttestations.type-*',
    'ImageDelete.by-id-forced',
    'ImageDelete.one-of-two-names',
    'ImageDelete.only-name',
    'ImageDelete.others-untouched',
    'ImageDelete.tag-kept-content',
    'ImageGet.platform',
    'ImageGet.round-trip*',
    'ImageInspect.plain-manifest',
    'ImageList.filter-*',
    'ImageList.manifests-like-inspect',
    'ImageList.shared-size-default',
    'ImageList.unnamed-listed',
    'ImagePrune.*',
    'SystemInfo.id',
    'SystemEvents.delete',
    'SystemEvents.filter-*',
    'SystemEvents.load',
    'SystemEvents.save',
    'SystemEvents.since-excludes-earlier',
    'SystemEvents.tag',
    'SystemEvents.untag',
    'SystemEvents.until-past',
  ],
  'OCI image layout 1.1': ['ImageGet.digests', 'ImageGet.layout', 'ImageLoad.*', 'ImageGet.docker-archive'],
  'grammar of image references (distribution/reference)': [
    'Names.*',
    '*.name-domain',
    '*.name-digest',
    '*.name-tag-and-digest',
    '*.name-no-tag',
  ],
  'BuildKit, storage of attestations': [
    'ImageAttestations.no-reference',
    'ImageAttestations.oci-artifact',
    'ImageAttestations.orphan',
    'ImageAttestations.other-reference-type',
    'ImageAttestations.unannotated-layer',
  ],
};

/** Requirements that rest on nothing but what dockerd does, by the place in docs/reference/behavior; they win over {@link prose}. */
const observed: Readonly<Record<string, readonly string[]>> = {
  'http.md#paths-and-methods': [
    'Errors.api-version-header',
    'Errors.double-slash',
    'Versions.alone',
    'Versions.capital',
    'Versions.letters',
    'Versions.twice',
    '*.trailing-slash',
  ],
  'http.md#versions': [
    'Versions.api-version-header',
    'Versions.too-*-named',
    'Versions.too-new-header',
    'Versions.server-header',
  ],
  'http.md#parameters': [
    '*.bad-escape',
    'ImageAttestations.parameter-case',
    'ImageAttestations.unknown-parameter',
    'ImageAttestations.platform-empty',
    'ImageInspect.platform-empty',
  ],
  'attestations.md#response-bodies': [
    'Errors.names-image',
    'Errors.only-message',
    'ImageAttestations.accept-ignored',
    'ImageAttestations.api-version-header',
    'ImageAttestations.identity-encoding',
    'ImageAttestations.key-order',
    'ImageAttestations.no-range',
    'ImageAttestations.same-twice',
    'ImageAttestations.trailing-newline',
    'ImageAttestations.verbatim-*',
    'ImageAttestations.statement-other-values',
  ],
  'http.md#flags': [
    'ImageAttestations.statement-empty',
    'ImageAttestations.statement-no',
    'ImageAttestations.statement-first-value',
    'ImageAttestations.statement-uppercase',
  ],
  'attestations.md#predicate-types': ['*.type-empty*', '*.type-json-is-text', '*.type-trimmed'],
  'http.md#platforms': [
    'ImageAttestations.platform-alias-*',
    'ImageAttestations.platform-arm*',
    'ImageAttestations.platform-before-image',
    'ImageAttestations.platform-newer-variant',
    'ImageAttestations.platform-plain-manifest',
    'ImageAttestations.platform-three',
    'ImageAttestations.platform-two*',
    'ImageAttestations.platform-unknown-field',
    'ImageAttestations.platform-whitespace',
    'ImageAttestations.platform-windows-*',
    'ImageAttestations.platform-absent-named',
    'ImageInspect.platform-strict',
    'ImageHistory.platform-below-1.48',
  ],
  'attestations.md#missing-or-broken-content': [
    'ImageAttestations.missing-*',
    'ImageAttestations.not-json-*',
    'ImageAttestations.statement-inline-data',
    'ImageAttestations.statement-size-mismatch',
    'ImageAttestations.descriptor-size-as-stored',
  ],
  'attestations.md#choosing-the-manifest': ['ImageAttestations.first-image', 'ImageAttestations.docker-list'],
  'attestations.md#choosing-the-attestation-manifest': ['ImageAttestations.first-manifest'],
  'images.md#image-names': [
    '*.name-id-hex',
    '*.name-id-short*',
    '*.name-index-domain',
    '*.name-manifest-digest',
    '*.name-attestation-digest',
    '*.name-other-tag-and-digest',
    '*.name-other-repository-digest',
  ],
  'images.md#listing-images': [
    'ImageList.foreign-listed',
    'ImageList.filter-map-form',
    'ImageList.repo-digests',
    'ImageList.names',
  ],
  'images.md#inspecting-an-image': [
    'ImageInspect.foreign-image',
    'ImageInspect.manifests-order',
    'ImageInspect.id-is-root-digest',
    'ImageInspect.repo-digests',
    'ImageInspect.names',
  ],
  'images.md#image-history': ['ImageHistory.newest-first', 'ImageHistory.id-of-*'],
  'images.md#tagging-an-image': [
    'ImageTag.default-tag',
    'ImageTag.empty-body',
    'ImageTag.hexadecimal',
    'ImageTag.algorithm',
  ],
  'images.md#deleting-an-image': ['ImageDelete.deleted-root', 'ImageDelete.names'],
  'images.md#pruning-images': ['ImagePrune.names'],
  'images.md#loading-images': [
    'ImageGet.complete',
    'ImageGet.index-*',
    'ImageGet.verbatim',
    'ImageLoad.again',
    'ImageLoad.error-detail',
    'ImageLoad.named',
    'ImageLoad.named-text',
    'ImageLoad.unnamed',
    'ImageLoad.quiet',
  ],
  'daemon.md#events': ['SystemEvents.id', 'SystemEvents.reads-are-no-events', 'SystemEvents.since-after-until'],
  'daemon.md#daemon-information': ['SystemVersion.engine-component'],
};

/** Features that a daemon claims only if it behaves like dockerd here. */
const claims: readonly FeatureName[] = ['as-dockerd', 'content', 'statements', 'type-lists'];

function sectionOf(table: Readonly<Record<string, readonly string[]>>, id: string): string | undefined {
  return Object.entries(table).find(([, patterns]) => patterns.some((pattern) => matches(pattern, id)))?.[0];
}

function basisOf({ id, basis, pointer }: Requirement): Basis {
  if (basis.kind !== 'published') return basis;
  const seen = sectionOf(observed, id);
  if (seen !== undefined)
    return {
      kind: 'observed',
      daemon: 'dockerd',
      version: '29.7.2',
      store: 'any',
      section: `docs/reference/behavior/${seen}`,
    };
  const said = sectionOf(prose, id);
  if (said === undefined) return basis;
  return { kind: 'prose', section: pointer === null || !said.startsWith('Engine API') ? said : `${said}: ${pointer}` };
}

/**
 * Say what a requirement rests on. A MUST that rests on an observation alone is demanded of daemons only that answer as dockerd.
 *
 * @param requirement as its family gives it
 */
export function based(requirement: Requirement): Requirement {
  const basis = basisOf(requirement);
  const { features, level } = requirement;
  const isOpen = basis.kind === 'observed' && level === 'MUST' && !features.some((name) => claims.includes(name));
  return { ...requirement, basis, features: isOpen ? ['as-dockerd', ...features] : features };
}
