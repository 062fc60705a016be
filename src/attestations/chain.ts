import type { Descriptor, Platform } from '../oci/descriptor.js';
import type { Index, Manifest } from '../oci/manifest.js';
import { isManifestType } from '../oci/media-types.js';
import { formatPlatformAll, only } from '../oci/platform.js';
import { AttestdError } from '../support/foundation/errors.js';
import { annotations, attestationManifest } from './annotations.js';

/** A layer of an attestation manifest that holds a statement. */
export interface StatementLayer {
  readonly descriptor: Descriptor;
  readonly predicateType: string;
}

/**
 * The attestation manifest of an image for a platform (docs/reference/behavior/attestations.md#choosing-the-attestation-manifest).
 *
 * Of the index's own manifests (nested indexes are not entered) the best match is taken; one without platform matches
 * any, last. Its attestation manifest is the first descriptor that refers to it, whatever its media type.
 *
 * @param index the image's index
 * @param platform loosely matched, as containerd's `Only` does
 * @returns undefined when the image manifest has no attestations
 * @throws NOT_FOUND when no manifest matches; INTERNAL for a Docker hardened image, whose attestations are elsewhere
 */
export function attestationManifestOf(index: Index, platform: Platform): Descriptor | undefined {
  const manifests = index.manifests ?? [];
  const image = imageManifestOf(manifests, platform);
  if (isHardened(index)) {
    throw new AttestdError('INTERNAL', `no attestation referrers found for DHI manifest ${image.digest}`);
  }
  return manifests.find(
    ({ annotations: notes }) =>
      notes?.[annotations.referenceType] === attestationManifest && notes[annotations.referenceDigest] === image.digest,
  );
}

function imageManifestOf(manifests: readonly Descriptor[], platform: Platform): Descriptor {
  const matcher = only(platform);
  let best: Descriptor | undefined;
  for (const candidate of manifests) {
    if (!isManifestType(candidate.mediaType)) continue;
    if (candidate.platform === undefined) {
      best ??= candidate;
      continue;
    }
    if (!matcher.match(candidate.platform)) continue;
    if (best?.platform === undefined || matcher.less(candidate.platform, best.platform)) best = candidate;
  }
  if (best !== undefined) return best;
  throw new AttestdError(
    'NOT_FOUND',
    `resolving image manifest for platform ${goString(platform)}: no manifest for platform ${formatPlatformAll(platform)}: not found`,
  );
}

/** A platform as Go prints a pointer to its struct, which the daemon's text holds. */
function goString(platform: Platform): string {
  const features = (platform['os.features'] ?? []).join(' ');
  const { architecture, os, variant = '', 'os.version': version = '' } = platform;
  return `&{Architecture:${architecture} OS:${os} OSVersion:${version} OSFeatures:[${features}] Variant:${variant}}`;
}

function isHardened(index: Index): boolean {
  const all = (index.manifests ?? []).every(
    (manifest) => (manifest.annotations?.[annotations.hardenedBuild] ?? '') !== '',
  );
  return all && (index.annotations?.[annotations.title] ?? '').startsWith('dhi/');
}

/** The statement layers of an attestation manifest in their order; layers without a predicate type are none. */
export function statementLayers(manifest: Manifest): readonly StatementLayer[] {
  return (manifest.layers ?? []).flatMap((descriptor) => {
    const predicateType = descriptor.annotations?.[annotations.predicateType] ?? '';
    return predicateType === '' ? [] : [{ descriptor, predicateType }];
  });
}
