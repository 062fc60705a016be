import { AttestdError } from '../support/foundation/errors.js';
import type { ImageInspect, ImageManifestSummary, OCIDescriptor, OCIPlatform } from '../support/foundation/types.js';
import type { ImageAccess } from './access.js';
import { type Attached, findAttached } from './attached.js';
import { BlobSource } from './blob-source.js';
import type { AttestationChain, ResolveOptions } from './chain.js';
import { type AttestationSelection, compareApiVersions, manifestsSince } from './engine-client.js';
import { type IndexDocument, parseIndex, parseManifest, predicateTypeOf } from './manifests.js';
import { platformFit, platformText } from './platform.js';
import { findIndexSignatures, findSignatures, repositories } from './referrers.js';
import { RegistrySource } from './registry-source.js';

const ociIndex = 'application/vnd.oci.image.index.v1+json';
const manifestTypes = new Set([
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]);
const defaultMaximum = 256 * 1024 * 1024;

/** An image whose attestations are signed and kept by its registry. */
function isHardened({ manifests, annotations }: IndexDocument): boolean {
  const built = manifests.every((entry) => (entry.annotations?.['com.docker.dhi.build.id'] ?? '') !== '');
  return built && (annotations['org.opencontainers.image.title'] ?? '').startsWith('dhi/');
}

/** The manifest for a platform: the best fit, of equal ones the first; one without a platform fits last. */
function selectImage(
  manifests: readonly OCIDescriptor[],
  platform: NonNullable<OCIPlatform>,
): OCIDescriptor | undefined {
  const fits = manifests
    .filter(({ mediaType }) => manifestTypes.has(mediaType ?? ''))
    .map((descriptor) => ({
      descriptor,
      fit: descriptor.platform ? platformFit(platform, descriptor.platform) : Number.POSITIVE_INFINITY,
    }))
    .filter((one): one is { descriptor: OCIDescriptor; fit: number } => one.fit !== undefined);
  return fits.sort((a, b) => (a.fit === b.fit ? 0 : a.fit - b.fit))[0]?.descriptor;
}

function selectAttestation(manifests: readonly OCIDescriptor[], image: string): OCIDescriptor | undefined {
  return manifests.find(
    ({ annotations }) =>
      annotations?.['vnd.docker.reference.type'] === 'attestation-manifest' &&
      annotations['vnd.docker.reference.digest'] === image,
  );
}

/** What inspect tells of an index, where its bytes cannot be had. */
function indexFromSummaries(summaries: readonly ImageManifestSummary[]): IndexDocument {
  const manifests = summaries.map(({ Descriptor, AttestationData }) => ({
    ...Descriptor,
    annotations: {
      ...(AttestationData && {
        'vnd.docker.reference.type': 'attestation-manifest',
        'vnd.docker.reference.digest': AttestationData.For,
      }),
      ...Descriptor.annotations,
    },
  }));
  return { manifests, annotations: {} };
}

/** Collects a chain step by step. */
class Resolution {
  readonly #client: ImageAccess;
  readonly #image: string;
  readonly #options: ResolveOptions;
  readonly #source: BlobSource;

  constructor(client: ImageAccess, image: string, options: ResolveOptions) {
    this.#client = client;
    this.#image = image;
    this.#options = options;
    this.#source = new BlobSource(client, options.maximumBlob ?? defaultMaximum);
  }

  async run(): Promise<AttestationChain> {
    const manifests = compareApiVersions(this.#client.apiVersion, manifestsSince) >= 0;
    const inspected = await this.#client.inspectImage(this.#image, { manifests });
    const { registry } = this.#options;
    if (registry) {
      const reader = registry === true ? undefined : registry;
      const maximum = this.#options.maximumBlob ?? defaultMaximum;
      this.#source.elsewhere = await RegistrySource.open(repositories(inspected), maximum, reader);
    }
    const root = inspected.Descriptor ?? { digest: inspected.Id ?? '' };
    const digest = root.digest ?? '';
    const end = (found: Partial<AttestationChain> = {}): AttestationChain => ({
      root: digest,
      signatureManifests: [],
      ...found,
      blobs: this.#source.blobs,
      gaps: this.#source.gaps,
    });
    if (root.mediaType !== ociIndex) {
      this.#source.gap('root', 'not-an-index', `the image is of type ${root.mediaType ?? 'unknown'}`, digest);
      return end();
    }
    const index = await this.#index(root, inspected);
    if (!index) return end();
    const platform = this.#options.platform ?? (await this.#hostPlatform());
    const image = selectImage(index.manifests, platform);
    if (!image?.digest) {
      this.#source.gap('image-manifest', 'no-platform', `the image has no manifest for ${platformText(platform)}`);
      return end();
    }
    if (isHardened(index)) {
      this.#source.gap(
        'attestation-manifest',
        'needs-registry',
        'a Docker Hardened Image: its registry has its attestations',
      );
      return end({ imageManifest: image.digest });
    }
    const found = await this.#attached([digest, image.digest], index);
    const statements = found && { statements: found.statements };
    const attestation = selectAttestation(index.manifests, image.digest);
    if (!attestation?.digest) {
      this.#source.gap('attestation-manifest', 'no-attestation', `nothing in the index attests ${image.digest}`);
      return end({ imageManifest: image.digest, ...statements });
    }
    const signatureManifests = await this.#attestation(attestation, inspected, index, found?.signatures ?? []);
    return end({
      imageManifest: image.digest,
      attestationManifest: attestation.digest,
      signatureManifests,
      ...statements,
    });
  }

  /** Ends connections that were made for this resolution alone. */
  async close(): Promise<void> {
    if (this.#options.registry === true) await this.#source.elsewhere?.close();
  }

  async #index(root: OCIDescriptor, inspected: ImageInspect): Promise<IndexDocument | undefined> {
    const blob = await this.#source.get('root', root);
    if (!blob) return inspected.Manifests ? indexFromSummaries(inspected.Manifests) : undefined;
    return (
      parseIndex(blob.data) ?? this.#source.gap('root', 'malformed', 'the index is not an image index', root.digest)
    );
  }

  async #hostPlatform(): Promise<NonNullable<OCIPlatform>> {
    const { Os, Arch } = await this.#client.version();
    return { os: Os ?? '', architecture: Arch ?? '' };
  }

  /** What the registry has about the image itself; undefined where it is not asked. */
  async #attached(
    digests: readonly [root: string, image: string],
    index: IndexDocument,
  ): Promise<Attached | undefined> {
    if (!this.#source.elsewhere) return undefined;
    const known = index.manifests.map(({ digest = '' }) => digest);
    return findAttached(this.#source, this.#source.elsewhere, digests, known);
  }

  /**
   * The attestation manifest, what signs it, and the wanted statements; resolves with the signatures' digests.
   *
   * @param further manifests that sign the index
   */
  async #attestation(
    descriptor: OCIDescriptor,
    inspected: ImageInspect,
    index: IndexDocument,
    further: readonly string[],
  ): Promise<string[]> {
    const source = this.#source;
    const digest = descriptor.digest ?? '';
    const blob = await source.get('attestation-manifest', descriptor);
    const signatures = await this.#signatures(digest, inspected, index, further);
    const manifest = blob && parseManifest(blob.data);
    if (blob && !manifest) source.gap('attestation-manifest', 'malformed', 'it is not an image manifest', digest);
    await this.#statements(manifest?.layers);
    return signatures;
  }

  async #signatures(
    digest: string,
    inspected: ImageInspect,
    index: IndexDocument,
    further: readonly string[],
  ): Promise<string[]> {
    const source = this.#source;
    if (!source.isUsable && !source.elsewhere) {
      source.gap('signature-manifest', 'no-content-store', 'signatures cannot be looked for without a content store');
      return [];
    }
    const root = inspected.Descriptor?.digest;
    const signatures = [
      ...(await findSignatures(this.#client, source, inspected, index.manifests, digest)),
      ...(root === undefined ? [] : await findIndexSignatures(this.#client, source, inspected, root)),
    ];
    if (signatures.length + further.length === 0)
      source.gap(
        'signature-manifest',
        'no-signature',
        `nothing that ${source.elsewhere ? 'the daemon and the registry hold' : 'the daemon holds'} signs ${digest}`,
        digest,
      );
    for (const { descriptor } of signatures) {
      const blob = await source.get('signature-manifest', descriptor);
      for (const layer of (blob && parseManifest(blob.data)?.layers) ?? []) await source.get('signature', layer);
    }
    return [...new Set([...signatures.map(({ descriptor }) => descriptor.digest ?? ''), ...further])];
  }

  /** Descriptors of statements, as the endpoint lists them; a daemon without it is a gap. */
  async #listed(selection: AttestationSelection): Promise<OCIDescriptor[]> {
    try {
      return (await this.#client.imageAttestations(this.#image, selection)).map(({ descriptor }) => descriptor);
    } catch (error) {
      if (!(error instanceof AttestdError) || error.code !== 'NOT_IMPLEMENTED') throw error;
      this.#source.gap('statement', 'no-content-store', error.message);
      return [];
    }
  }

  /** The statements of the wanted predicate types. Without the manifest, the endpoint tells which there are. */
  async #statements(layers: readonly OCIDescriptor[] | undefined): Promise<void> {
    const { platform, predicateTypes = [] } = this.#options;
    const wanted = predicateTypes === 'all' ? undefined : new Set(predicateTypes.filter((type) => type !== ''));
    // A manifest that the store lacks is a gap already.
    if (wanted?.size === 0 || (!layers && this.#source.isUsable)) return;
    const selection = { ...(wanted && { types: [...wanted] }), ...(platform && { platform }) };
    const isWanted = (type: string): boolean => type !== '' && (wanted === undefined || wanted.has(type));
    const found = layers?.filter((layer) => isWanted(predicateTypeOf(layer))) ?? (await this.#listed(selection));
    for (const layer of found)
      await this.#source.get('statement', layer, async () => {
        const given = await this.#client.imageAttestations(this.#image, { ...selection, statement: true });
        return given.find(({ descriptor }) => descriptor.digest === layer.digest)?.statement;
      });
  }
}

/**
 * Resolve what BuildKit resolves for a build's source image with an attestation chain: the image's index, its manifest for
 * the platform, the attestation manifest, what signs that, and statements, each as bytes that hash to their digest.
 *
 * From the image endpoints comes what they tell; bytes come from the daemon's content store, or from the attestations
 * endpoint where there is no such store and the endpoint's bytes hash right. What cannot be had is a gap of the result.
 *
 * @param image name, name@digest or id
 * @throws AttestdError NOT_FOUND when there is no such image, UNAVAILABLE when the daemon does not answer
 */
export async function resolveAttestations(
  client: ImageAccess,
  image: string,
  options: ResolveOptions = {},
): Promise<AttestationChain> {
  const resolution = new Resolution(client, image, options);
  try {
    return await resolution.run();
  } finally {
    await resolution.close();
  }
}
