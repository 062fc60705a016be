import type { OCIDescriptor } from '../support/foundation/types.js';
import type { BlobSource } from './blob-source.js';
import type { AttachedStatement } from './chain.js';
import { maxReferrers } from './limits.js';
import { parseManifest, parseObject } from './manifests.js';
import { signatureTypes } from './referrers.js';
import type { RegistrySource } from './registry-source.js';

/** Statements and signatures that a registry has attached to an image. */
export interface Attached {
  /** Digests of the manifests that sign the image's index. */
  readonly signatures: readonly string[];
  readonly statements: readonly AttachedStatement[];
}

/** Predicate type of a statement that only states that something is signed. */
const signaturePredicate = 'https://sigstore.dev/cosign/sign/v1';

const isBundle = (mediaType: string): boolean => mediaType.startsWith('application/vnd.dev.sigstore.bundle');

/** Reports whether a layer may be a statement or a signature. Nothing else is fetched. */
const isStatementOrSignature = (mediaType: string): boolean =>
  isBundle(mediaType) || Object.values<string>(signatureTypes).includes(mediaType);

/** A layer of an attached manifest: a statement in one of its forms, or a bare signature. */
type Layer = 'signature' | Pick<AttachedStatement, 'form' | 'predicateType' | 'statement'> | undefined;

type Shape = Readonly<Record<string, unknown>>;

const predicateTypeOf = (statement: Buffer): string => {
  const type = parseObject(statement)?.predicateType;
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
  const document = parseObject(data);
  const statement = payloadOf(bundled ? document?.dsseEnvelope : document);
  if (statement === undefined) return bundled && document?.messageSignature ? 'signature' : undefined;
  const predicateType = predicateTypeOf(statement);
  if (bundled && predicateType === signaturePredicate) return 'signature';
  return { form: bundled ? 'bundle' : 'dsse', predicateType, statement };
}

/**
 * Finds signatures of an image's index, and statements about the index or the image manifest, in a registry. Knows the forms
 * of GitHub, cosign and BuildKit.
 *
 * @param digests digests of the index and the image manifest
 * @param known digests of manifests in the index, which are skipped
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
    for (const layer of document.layers.filter(({ mediaType = '' }) => isStatementOrSignature(mediaType))) {
      const blob = await source.get('signature', layer);
      const found = blob && read(layer.mediaType ?? '', blob.data);
      if (found === undefined) continue;
      await source.get('signature-manifest', referrer);
      if (found !== 'signature') statements.push({ manifest, blob: layer.digest ?? '', attachedTo, ...found });
      else if (attachedTo === digests[0]) signatures.add(manifest);
    }
  };
  for (const digest of digests)
    for (const one of (await registry.referrers(digest)).slice(0, maxReferrers)) await take(one, digest);
  return { signatures: [...signatures], statements };
}
