import { createHash } from 'node:crypto';
import { type Bundle, bundleFromJSON, type SerializedBundle } from '@sigstore/bundle';
import { crypto } from '@sigstore/core';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import {
  PolicyError,
  type SignedEntity,
  toSignedEntity,
  toTrustMaterial,
  VerificationError,
  Verifier,
} from '@sigstore/verify';
import { AttestdError } from '../errors.js';
import type { OCIDescriptor } from '../types.js';
import { hashesTo } from './blob-source.js';
import type { AttestationChain, ChainBlob } from './chain.js';
import { parseManifest } from './manifests.js';
import { signatureTypes } from './referrers.js';
import type { Reason, ReasonCode, SignatureOutcome, SignerName, Trust, Verification } from './verification.js';

const signatureAnnotation = 'dev.cosignproject.cosign/signature';
const certificateAnnotation = 'dev.sigstore.cosign/certificate';
const inTotoPayload = 'application/vnd.in-toto+json';

type Key = ReturnType<typeof crypto.createPublicKey>;

/** Ends the judgement of one signature. */
class Refusal extends Error {
  constructor(
    readonly code: ReasonCode,
    message: string,
  ) {
    super(message);
  }
}

const sha256 = (digest: string): string => digest.replace(/^sha256:/, '');

function parse(bytes: Uint8Array, what: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString());
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Reported below, as is JSON that is not an object.
  }
  throw new Refusal('malformed', `${what} is not a JSON object`);
}

/** What judges signatures. */
interface Judge {
  /** Throws a Refusal when the bundle's signature does not hold. */
  bundle(bundle: Bundle, artifact: Buffer | undefined): SignerName;
  payload(payload: Buffer, signature: Buffer): SignerName;
}

class KeyJudge implements Judge {
  readonly #key: Key;
  readonly #name: SignerName & { kind: 'public-key' };

  constructor(pem: string) {
    try {
      this.#key = crypto.createPublicKey(pem);
    } catch (cause) {
      throw new AttestdError('INVALID_ARGUMENT', 'the public key is not a key in PEM', { cause });
    }
    const der = this.#key.export({ type: 'spki', format: 'der' });
    this.#name = { kind: 'public-key', id: createHash('sha256').update(der).digest('base64') };
  }

  bundle(bundle: Bundle, artifact: Buffer | undefined): SignerName {
    const entity = toSignedEntity(bundle, artifact);
    const hint = entity.key.$case === 'public-key' ? entity.key.hint : undefined;
    if (hint === undefined) throw new Refusal('unsupported', 'a certificate signs it, and a key is trusted');
    if (hint !== '' && hint !== this.#name.id)
      throw new Refusal('untrusted-signer', `the key ${hint} signs it, not ${this.#name.id}`);
    const material = {
      certificateAuthorities: [],
      timestampAuthorities: [],
      tlogs: [],
      ctlogs: [],
      publicKey: () => ({ publicKey: this.#key, validFor: () => true }),
    };
    const options = { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 };
    // Nothing that is trusted could check a log's entry or a timestamp.
    new Verifier(material, options).verify({ ...entity, tlogEntries: [], timestamps: [] });
    return this.#name;
  }

  payload(payload: Buffer, signature: Buffer): SignerName {
    if (!crypto.verify(payload, this.#key, signature))
      throw new Refusal('bad-signature', `the payload’s signature is not by ${this.#name.id}`);
    return this.#name;
  }
}

class RootJudge implements Judge {
  readonly #verifier: Verifier;
  readonly #policy: Parameters<Verifier['verify']>[1];

  constructor(trust: Exclude<Trust, { publicKey: string }>) {
    const { mediaType } = Object(trust.trustedRoot) as { mediaType?: unknown };
    if (typeof mediaType !== 'string' || !mediaType.startsWith('application/vnd.dev.sigstore.trustedroot'))
      throw new AttestdError('INVALID_ARGUMENT', 'the trusted root is none: it has no such mediaType');
    try {
      this.#verifier = new Verifier(toTrustMaterial(TrustedRoot.fromJSON(trust.trustedRoot)));
    } catch (cause) {
      throw new AttestdError('INVALID_ARGUMENT', 'the trusted root is none', { cause });
    }
    const { subjectAlternativeName, issuer } = trust.identity ?? {};
    this.#policy = {
      ...(subjectAlternativeName !== undefined && { subjectAlternativeName }),
      ...(issuer !== undefined && { extensions: { issuer } }),
    };
  }

  bundle(bundle: Bundle, artifact: Buffer | undefined): SignerName {
    const entity: SignedEntity = toSignedEntity(bundle, artifact);
    if (entity.key.$case !== 'certificate') throw new Refusal('unsupported', 'a key signs it, and a root is trusted');
    const { identity } = this.#verifier.verify(entity, this.#policy);
    return {
      kind: 'certificate',
      subject: identity?.subjectAlternativeName ?? '',
      issuer: identity?.extensions?.issuer ?? '',
    };
  }

  payload(): SignerName {
    throw new Refusal('unsupported', 'simple signing is verified with a public key only');
  }
}

/** Digests of the subjects of an in-toto statement. */
function subjectsOf(statement: Record<string, unknown>): string[] {
  const subjects = Array.isArray(statement.subject) ? (statement.subject as { digest?: Record<string, string> }[]) : [];
  return subjects.flatMap(({ digest }) => Object.entries(digest ?? {}).map(([name, hex]) => `${name}:${hex}`));
}

/** Tell what a library's error means. */
function reasonOf(error: unknown): Reason {
  if (error instanceof Refusal) return { code: error.code, detail: error.message };
  if (error instanceof PolicyError) return { code: 'untrusted-signer', detail: error.message };
  if (error instanceof VerificationError)
    return { code: error.code === 'CERTIFICATE_ERROR' ? 'untrusted-signer' : 'bad-signature', detail: error.message };
  return { code: 'malformed', detail: error instanceof Error ? error.message : String(error) };
}

interface Judged {
  signs: string[];
  signer: SignerName;
}

function judgeBundle(judge: Judge, blob: ChainBlob, subject: ChainBlob): Judged {
  const bundle = bundleFromJSON(parse(blob.data, 'the bundle') as unknown as SerializedBundle);
  const { content } = bundle;
  if (content.$case === 'messageSignature') {
    const signer = judge.bundle(bundle, subject.data);
    return { signer, signs: [subject.descriptor.digest ?? ''] };
  }
  const { payload, payloadType } = content.dsseEnvelope;
  const signer = judge.bundle(bundle, undefined);
  if (payloadType !== inTotoPayload) throw new Refusal('malformed', `the bundle’s payload is of type ${payloadType}`);
  return { signer, signs: subjectsOf(parse(payload, 'the bundle’s payload')) };
}

function judgeSimpleSigning(judge: Judge, layer: OCIDescriptor, blob: ChainBlob): Judged {
  const signature = layer.annotations?.[signatureAnnotation];
  if (signature === undefined) throw new Refusal('malformed', `the layer has no annotation ${signatureAnnotation}`);
  if (layer.annotations?.[certificateAnnotation])
    throw new Refusal('unsupported', 'simple signing with a certificate is not verified');
  const signer = judge.payload(blob.data, Buffer.from(signature, 'base64'));
  const { critical } = parse(blob.data, 'the payload') as { critical?: { image?: Record<string, unknown> } };
  const digest = critical?.image?.['docker-manifest-digest'];
  return { signer, signs: typeof digest === 'string' ? [digest] : [] };
}

/** The layers of a signature manifest that are signatures. */
function signatureLayers(manifest: ChainBlob): OCIDescriptor[] {
  const layers = parseManifest(manifest.data)?.layers ?? [];
  return layers.filter(
    ({ mediaType }) =>
      mediaType === signatureTypes.simpleSigning || mediaType?.startsWith('application/vnd.dev.sigstore.bundle'),
  );
}

function judgeLayer(judge: Judge, manifest: string, layer: OCIDescriptor, chain: AttestationChain, subject: ChainBlob) {
  const digest = layer.digest ?? '';
  const kind = layer.mediaType === signatureTypes.simpleSigning ? 'simple-signing' : 'bundle';
  const outcome = { manifest, blob: digest, kind } as const;
  const wanted = subject.descriptor.digest ?? '';
  let judged: Judged | undefined;
  try {
    const blob = chain.blobs.get(digest);
    if (!blob) throw new Refusal('missing-blob', `the signature ${digest} is not there`);
    judged = kind === 'bundle' ? judgeBundle(judge, blob, subject) : judgeSimpleSigning(judge, layer, blob);
    if (!judged.signs.includes(wanted))
      throw new Refusal('other-digest', `it signs ${judged.signs.join(', ') || 'nothing'}, not ${wanted}`);
    return { ...outcome, ...judged, verified: true, reasons: [] };
  } catch (error) {
    return { ...outcome, signs: [], ...judged, verified: false, reasons: [reasonOf(error)] };
  }
}

/** What of a chain contradicts its signatures: changed blobs, and statements about something else. */
function contradictions(chain: AttestationChain): Reason[] {
  const reasons: Reason[] = chain.gaps
    .filter(({ part, reason }) => reason === 'digest-mismatch' || (part === 'statement' && reason === 'not-found'))
    .map(({ reason, detail }) => ({ code: reason === 'not-found' ? 'missing-blob' : 'digest-mismatch', detail }));
  const image = sha256(chain.imageManifest ?? '');
  const layers = new Set(
    parseManifest(chain.blobs.get(chain.attestationManifest ?? '')?.data ?? new Uint8Array())?.layers.map(
      ({ digest }) => digest,
    ),
  );
  for (const [digest, { data }] of chain.blobs) {
    if (!hashesTo(data, digest))
      reasons.push({ code: 'digest-mismatch', detail: `the bytes of ${digest} do not hash to it` });
    if (!layers.has(digest)) continue;
    try {
      const subjects = subjectsOf(parse(data, 'the statement'));
      if (subjects.includes(`sha256:${image}`)) continue;
      reasons.push({ code: 'other-subject', detail: `the statement ${digest} is not about sha256:${image}` });
    } catch (error) {
      reasons.push(reasonOf(error));
    }
  }
  return reasons;
}

/**
 * Judge the signatures of a resolved chain, offline. A signature signs the attestation manifest, which names its statements
 * by digest; the statements in the chain must be about the image. A chain is verified when one signature holds and nothing
 * contradicts it.
 *
 * @param chain what `resolveAttestations` gave; the statements in it are checked too
 * @param trust a public key, or a trusted root
 * @throws AttestdError INVALID_ARGUMENT when the key or the root is none
 */
export function verifyChain(chain: AttestationChain, trust: Trust): Verification {
  const judge: Judge = 'publicKey' in trust ? new KeyJudge(trust.publicKey) : new RootJudge(trust);
  const wanted = chain.attestationManifest;
  const subject = chain.blobs.get(wanted ?? '');
  const named = wanted === undefined ? {} : { subject: wanted };
  if (!subject) {
    const detail = chain.gaps.map((gap) => gap.detail).join('; ') || 'there is no attestation manifest';
    return { ...named, verified: false, signatures: [], reasons: [{ code: 'no-signature', detail }] };
  }
  const signatures: SignatureOutcome[] = chain.signatureManifests.flatMap((manifest) => {
    const blob = chain.blobs.get(manifest);
    return blob ? signatureLayers(blob).map((layer) => judgeLayer(judge, manifest, layer, chain, subject)) : [];
  });
  const against = contradictions(chain);
  const signed = signatures.some(({ verified }) => verified);
  const none: Reason = { code: 'no-signature', detail: `nothing that the daemon holds signs ${wanted}` };
  const unsigned = signatures.length === 0 ? [none] : signatures.flatMap(({ reasons }) => reasons);
  const reasons = signed ? against : [...unsigned, ...against];
  return { ...named, verified: reasons.length === 0, signatures, reasons };
}
