import { AttestdError } from '../support/foundation/errors.js';
import type { ImageInspect, OCIDescriptor } from '../support/foundation/types.js';
import type { ImageAccess } from './access.js';
import type { BlobSource } from './blob-source.js';
import { parseIndex, parseManifest } from './manifests.js';

/** Artifact and media types of signatures. */
export const signatureTypes = {
  bundle: 'application/vnd.dev.sigstore.bundle.v0.3+json',
  cosign: 'application/vnd.dev.cosign.artifact.sig.v1+json',
  simpleSigning: 'application/vnd.dev.cosign.simplesigning.v1+json',
  dsse: 'application/vnd.dsse.envelope.v1+json',
  inToto: 'application/vnd.in-toto+json',
} as const;

/** Labels by which containerd and BuildKit keep what refers to a blob. */
const referrerLabels = ['containerd.io/gc.ref.content.referrer.', 'containerd.io/gc.ref.content.buildkit.refs.'];

/** Annotation of an index entry that is there for the sake of another manifest. */
const subjectAnnotation = 'io.containerd.manifest.subject';

/** A manifest that signs another one. */
export interface Signature {
  readonly descriptor: OCIDescriptor;
  readonly kind: 'bundle' | 'simple-signing';
}

/** What kind of signature a manifest is; undefined when it is none. */
function kindOf(manifest: ReturnType<typeof parseManifest>): Signature['kind'] | undefined {
  if (!manifest) return undefined;
  const types = [
    manifest.artifactType,
    manifest.config?.mediaType,
    ...manifest.layers.map(({ mediaType }) => mediaType),
  ];
  if (types.some((type) => type?.startsWith('application/vnd.dev.sigstore.bundle'))) return 'bundle';
  if (types.includes(signatureTypes.cosign) || types.includes(signatureTypes.simpleSigning)) return 'simple-signing';
  return undefined;
}

/** Repositories that an image is known by. */
export function repositories({ RepoTags, RepoDigests }: Pick<ImageInspect, 'RepoTags' | 'RepoDigests'>): string[] {
  const names = [...(RepoTags ?? []), ...(RepoDigests ?? [])];
  return [...new Set(names.map((name) => (name.split('@', 1)[0] as string).replace(/:[^/:]*$/, '')))];
}

/** Manifests under the tags that stand in for a registry's referrers API (distribution-spec) and under cosign's. */
async function tagged(
  client: ImageAccess,
  source: BlobSource,
  image: ImageInspect,
  digest: string,
  suffixes: readonly string[] = ['', '.sig'],
): Promise<OCIDescriptor[]> {
  const found: OCIDescriptor[] = [];
  const stem = digest.replace(':', '-');
  for (const repository of repositories(image))
    for (const tag of suffixes.map((suffix) => `${stem}${suffix}`)) {
      const target = await client.inspectImage(`${repository}:${tag}`).then(
        ({ Descriptor }) => Descriptor,
        (error: unknown) => {
          if (error instanceof AttestdError && error.code !== 'UNAVAILABLE') return undefined;
          throw error;
        },
      );
      if (!target?.digest) continue;
      const bytes = await source.peek(target);
      for (const one of (bytes && parseIndex(bytes)?.manifests) || [target]) found.push(one);
    }
  return found;
}

/** Images without a name: what a load brings along whose name nobody gave, a manifest with a subject among them. */
async function nameless(client: ImageAccess): Promise<OCIDescriptor[]> {
  const images = await client.listImages({ dangling: true });
  return images.map(({ Id, Descriptor }) => ({ ...Descriptor, digest: Descriptor?.digest ?? Id ?? '' }));
}

/**
 * Find what signs a manifest, among what the daemon holds: what the store's labels tie to it, entries of the image's index
 * and images without a name whose subject it is, the referrers tags of the image's
 * repositories, and what its registries say where they are asked.
 *
 * @param entries the image's index
 * @param digest the manifest
 * @returns sigstore bundles first, as BuildKit prefers them, and otherwise in that order
 */
export async function findSignatures(
  client: ImageAccess,
  source: BlobSource,
  image: ImageInspect,
  entries: readonly OCIDescriptor[],
  digest: string,
): Promise<Signature[]> {
  const labelled = Object.entries(await source.labels(digest))
    .filter(([name]) => referrerLabels.some((prefix) => name.startsWith(prefix)))
    .map(([, value]): OCIDescriptor => ({ mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: value }))
    .sort((a, b) => ((a.digest ?? '') < (b.digest ?? '') ? -1 : 1));
  const byTag = await tagged(client, source, image, digest);
  const found = new Map<string, Signature>();
  const take = async (candidate: OCIDescriptor, tied: boolean): Promise<void> => {
    const own = candidate.digest ?? '';
    if (own === digest || found.has(own)) return;
    const bytes = await source.peek(candidate);
    const manifest = bytes && parseManifest(bytes);
    const kind = kindOf(manifest);
    const subject = candidate.annotations?.[subjectAnnotation] ?? manifest?.subject?.digest;
    if (!bytes || !kind || !(tied ? subject === undefined || subject === digest : subject === digest)) return;
    found.set(own, { kind, descriptor: { ...candidate, size: bytes.length } });
  };
  for (const candidate of labelled) await take(candidate, true);
  for (const candidate of entries) await take(candidate, false);
  for (const candidate of await nameless(client)) await take(candidate, false);
  for (const candidate of byTag) await take(candidate, true);
  for (const candidate of (await source.elsewhere?.referrers(digest)) ?? []) await take(candidate, true);
  return [...found.values()].sort((a, b) => Number(a.kind !== 'bundle') - Number(b.kind !== 'bundle'));
}

/**
 * Find what signs an image by its index, under cosign's tags in its repositories: cosign 2 signs that, and it names the attestation manifest.
 *
 * @param root digest of the index
 */
export async function findIndexSignatures(
  client: ImageAccess,
  source: BlobSource,
  image: ImageInspect,
  root: string,
): Promise<Signature[]> {
  const found = new Map<string, Signature>();
  for (const candidate of await tagged(client, source, image, root, ['.sig'])) {
    const bytes = await source.peek(candidate);
    if (!bytes || kindOf(parseManifest(bytes)) !== 'simple-signing') continue;
    found.set(candidate.digest ?? '', { kind: 'simple-signing', descriptor: { ...candidate, size: bytes.length } });
  }
  return [...found.values()];
}
