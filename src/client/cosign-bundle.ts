import { X509Certificate } from 'node:crypto';
import { type Bundle, bundleFromJSON, type SerializedBundle } from '@sigstore/bundle';

/** Annotations by which cosign 2 keeps beside a signature what a bundle holds (cosign, SIGNATURE_SPEC, "Properties"). */
const annotation = {
  certificate: 'dev.sigstore.cosign/certificate',
  chain: 'dev.sigstore.cosign/chain',
  bundle: 'dev.sigstore.cosign/bundle',
  timestamp: 'dev.sigstore.cosign/rfc3161timestamp',
} as const;

type Annotations = Readonly<Record<string, string>>;
type Shape = Readonly<Record<string, unknown>>;

/** Whether a signature comes with a certificate. */
export const hasCertificate = (annotations: Annotations | null | undefined): annotations is Annotations =>
  Boolean(annotations?.[annotation.certificate]);

function parse(text: string | undefined): Shape | undefined {
  return text === undefined || text === '' ? undefined : (Object(JSON.parse(text)) as Shape);
}

const [pemBegin, pemEnd] = ['-----BEGIN CERTIFICATE-----', '-----END CERTIFICATE-----'] as const;

const certificates = (pem: string): { rawBytes: string }[] =>
  pem
    .split(pemBegin)
    .filter((part) => part.includes(pemEnd))
    .map((part) => ({
      rawBytes: new X509Certificate(pemBegin + part.slice(0, part.indexOf(pemEnd)) + pemEnd).raw.toString('base64'),
    }));

/** The entry of the transparency log, in a bundle's form. */
function entryOf(bundle: Shape): object {
  const { SignedEntryTimestamp: signedEntryTimestamp, Payload } = bundle;
  const { body, integratedTime, logIndex, logID } = Object(Payload) as Shape;
  const { kind, apiVersion: version } = Object(JSON.parse(Buffer.from(String(body), 'base64').toString())) as Shape;
  return {
    logIndex: String(logIndex),
    logId: { keyId: Buffer.from(String(logID), 'hex').toString('base64') },
    kindVersion: { kind, version },
    integratedTime: String(integratedTime),
    inclusionPromise: { signedEntryTimestamp },
    canonicalizedBody: body,
  };
}

/**
 * What vouches for a signature of cosign 2, as a bundle's `verificationMaterial` has it.
 *
 * @param annotations of the layer
 * @throws Error when an annotation is not what it should be
 */
export function cosignMaterial(annotations: Annotations): object {
  const entry = parse(annotations[annotation.bundle]);
  const stamp = parse(annotations[annotation.timestamp]);
  const chain = `${annotations[annotation.certificate]}\n${annotations[annotation.chain] ?? ''}`;
  return {
    x509CertificateChain: { certificates: certificates(chain) },
    tlogEntries: entry === undefined ? [] : [entryOf(entry)],
    ...(stamp && {
      timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: stamp.SignedRFC3161Timestamp }] },
    }),
  };
}

/**
 * The sigstore bundle that cosign 2 did not write: the signature with what its annotations hold.
 *
 * @param annotations of the layer
 * @param content `messageSignature` or `dsseEnvelope`, in the bundle's form
 * @throws Error when an annotation is not what it should be
 */
export function cosignBundle(annotations: Annotations, content: object): Bundle {
  const bundle = {
    mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
    verificationMaterial: cosignMaterial(annotations),
    ...content,
  };
  return bundleFromJSON(bundle as unknown as SerializedBundle);
}
