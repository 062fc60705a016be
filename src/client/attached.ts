import type { OCIDescriptor } from '../support/foundation/types.js';
import type { BlobSource } from './blob-source.js';
import type { AttachedStatement } from './chain.js';
import { parseManifest } from './manifests.js';
import { signatureTypes } from './referrers.js';
import type { RegistrySource } from './registry-source.js';

/** What a registry has attached to an image. */
export interface Attached {
  /** Digests of the manifests that sign the image's index. */
  readonly signatures: readonly string[];
  readonly statements: readonly AttachedStatement[];
}

/** Predicate type of a statement that says no more than that something is signed. */
const signaturePredicate = 'https://sigstore.dev/cosign/sign/v1';

/** Referrers of one digest that are looked at. */
const most = 1000;

const isBundle = (mediaType: string): boolean => mediaType.startsWith('application/vnd.dev.sigstore.bundle');

/** Whether a layer may be a statement or a signature; nothing else is fetched. */
const isWanted = (mediaType: string): boolean =>
  isBundle(mediaType) || Object.values<string>(signatureTypes).includes(mediaType);

/** What a layer of an attached manifest is: a statement in one of its forms, or a signature and nothing else. */
type Layer = 'signature' | Pick<AttachedStatement, 'form' | 'predicateType' | 'statement'> | undefined;

type Shape = Readonly<Record<string, unknown>>;

function object(bytes: Buffer): Shape | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return typeof value === 'object' && value !== null ? (value as Shape) : undefined;
  } catch {
    return undefined;
  }
}

const predicateTypeOf = (statement: Buffer): string => {
  const type = object(statement)?.predicateType;
  return typeof type === 'string' ? type : '';
};

/** The payload of an envelope (DSSE, "Envelope"); base64, in either alphabet. */
const payloadOf = (envelope: unknown): Buffer | undefined => {
  const payload = (envelope as Shape | undefined)?.payload;
  return typeof payload === 'string' ? Buffer.from(payload, 'base64') : undefined;
};

function read(mediaType: string, data: Buffer): Layer {
  if (mediaType === signatureTypes.simpleSigning) return 'signature';
  if (mediaType === signatureTypes.inToto)
    return { form: 'bare', predicateType: predicateTypeOf(data), statement: data };
  const bundled = isBundle(mediaType);
  const document = object(data);
  const statement = payloadOf(bundled ? document?.dsseEnvelope : document);
  if (statement === undefined) return bundled && document?.messageSignature ? 'signature' : undefined;
  const predicateType = predicateTypeOf(statement);
  if (bundled && predicateType === signaturePredicate) return 'signature';
  return { form: bundled ? 'bundle' : 'dsse', predicateType, statement };
}

/**
 * Find what a registry has attached to an image: signatures of its index, and statements about the index or the image
 * manifest, as GitHub, cosign and BuildKit attach them.
 *
 * @param digests the index and the image manifest
 * @param known manifests of the index, which are found without the registry
 */
export async function findAttached(
  source: BlobSource,
  registry: RegistrySource,
  digests: readonly [root: string, image: string],
  known: readonly string[],
): Promise<Attached> {
  const signatures = new Set<string>();
  const statements: AttachedStatement[] = [];
  const seen = new Set(known);
  const take = async (referrer: OCIDescriptor, attachedTo: string): Promise<void> => {
    const { digest: manifest = '' } = referrer;
    if (seen.has(manifest)) return;
    seen.add(manifest);
    const bytes = await source.peek(referrer);
    const document = bytes && parseManifest(bytes);
    if (!document || (document.subject !== undefined && document.subject.digest !== attachedTo)) return;
    for (const layer of document.layers.filter(({ mediaType = '' }) => isWanted(mediaType))) {
      const blob = await source.get('signature', layer);
      const found = blob && read(layer.mediaType ?? '', blob.data);
      if (found === undefined) continue;
      await source.get('signature-manifest', referrer);
      if (found !== 'signature') statements.push({ manifest, blob: layer.digest ?? '', attachedTo, ...found });
      else if (attachedTo === digests[0]) signatures.add(manifest);
    }
  };
  for (const digest of digests)
    for (const one of (await registry.referrers(digest)).slice(0, most)) await take(one, digest);
  return { signatures: [...signatures], statements };
}
