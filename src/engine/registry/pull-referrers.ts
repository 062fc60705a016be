import type { Descriptor } from '../../oci/descriptor.js';
import { isDigest } from '../../oci/digest.js';
import { subjectAnnotation } from '../../oci/graph.js';
import { indexType } from '../../oci/manifest.js';
import { isManifestType } from '../../oci/media-types.js';
import { decodeJson } from '../../support/go/json.js';
import type { Repository } from '../../support/registry-client/repository.js';

const referenceType = 'vnd.docker.reference.type';
const referenceDigest = 'vnd.docker.reference.digest';
const attestationManifest = 'attestation-manifest';

/** Artifact types of signatures that are pulled with an image. */
const signatureTypes = new Set([
  'application/vnd.dev.cosign.artifact.sig.v1+json',
  'application/vnd.dev.sigstore.bundle.v0.3+json',
]);

/**
 * Content that is pulled because it refers to an image: attestation manifests from the index, and their signatures from
 * the referrers API (docs/reference/registries.md#pull).
 */
export class PullReferrers {
  private readonly candidates = new Map<string, Descriptor[]>();
  private readonly attestations = new Set<string>();

  constructor(private readonly repository: Repository) {}

  /** Collects the attestation manifests of an index. If an image has several, the last one counts. */
  read(index: Buffer): void {
    for (const descriptor of decodeJson(index, indexType).manifests ?? []) {
      const { mediaType, annotations = {} } = descriptor;
      if (!isManifestType(mediaType)) continue;
      const attests = annotations[referenceType] === attestationManifest;
      const subject = attests ? annotations[referenceDigest] : annotations[subjectAnnotation];
      if (subject === undefined || !isDigest(subject)) continue;
      const known = this.candidates.get(subject) ?? [];
      const inline = annotations[referenceType] !== undefined;
      const others = inline ? [] : known.filter(({ digest }) => digest !== descriptor.digest);
      this.candidates.set(subject, [...others, descriptor]);
    }
  }

  /**
   * Returns the referrers of a manifest or index.
   *
   * @param foreign receives descriptors known only from the referrers API, because no index leads to them
   * @throws INTERNAL if the registry fails
   */
  async of(digest: string, foreign: (descriptor: Descriptor) => void): Promise<readonly Descriptor[]> {
    const known = this.candidates.get(digest);
    if (known !== undefined) {
      return known.map((descriptor) => {
        if (descriptor.annotations?.[referenceType] !== attestationManifest) return descriptor;
        this.attestations.add(descriptor.digest);
        // A referrer is pulled with its image, regardless of its own platform.
        const { platform: _, ...rest } = descriptor;
        return rest;
      });
    }
    if (!this.attestations.has(digest)) return [];
    const listed = await this.repository.referrers(digest);
    const signatures = listed.filter(({ artifactType }) => signatureTypes.has(artifactType ?? ''));
    for (const signature of signatures) foreign(signature);
    return signatures;
  }
}
