import { createHash } from 'node:crypto';
import { bundleFromJSON, type SerializedBundle } from '@sigstore/bundle';
import { dsse } from '@sigstore/core';
import { AttestdError } from '../support/foundation/errors.js';
import type { OCIDescriptor } from '../support/foundation/types.js';
import { hashesTo } from './blob-source.js';
import type { AttachedStatement, AttestationChain, ChainBlob } from './chain.js';
import { cosignBundle, hasCertificate } from './cosign-bundle.js';
import { parseManifest, parseObject } from './manifests.js';
import { signatureTypes } from './referrers.js';
import { Refusal, reasonOf, type SignatureVerifier, verifierFor } from './signature-verifier.js';
import { subjectsOf } from './statement.js';
import type {
  Reason,
  SignatureOutcome,
  SignerName,
  StatementOutcome,
  Trust,
  Verification,
  VerifyOptions,
} from './verification.js';

const signatureAnnotation = 'dev.cosignproject.cosign/signature';
const inTotoPayload = 'application/vnd.in-toto+json';

const sha256 = (digest: string): string => digest.replace(/^sha256:/, '');

function parse(bytes: Uint8Array, what: string): Record<string, unknown> {
  const document = parseObject(bytes);
  if (!document) throw new Refusal('malformed', `${what} is not a JSON object`);
  return document;
}

interface Judged {
  signs: string[];
  signer: SignerName;
}

/** @param subjects what may be signed */
function judgeBundle(judge: SignatureVerifier, blob: ChainBlob, subjects: readonly ChainBlob[]): Judged {
  const bundle = bundleFromJSON(parse(blob.data, 'the bundle') as unknown as SerializedBundle);
  const { content } = bundle;
  if (content.$case === 'messageSignature') {
    const signed = `sha256:${content.messageSignature.messageDigest.digest.toString('hex')}`;
    const subject = subjects.find(({ descriptor }) => descriptor.digest === signed) ?? subjects[0];
    const signer = judge.bundle(bundle, subject?.data);
    return { signer, signs: [subject?.descriptor.digest ?? ''] };
  }
  const { payload, payloadType } = content.dsseEnvelope;
  const signer = judge.bundle(bundle, undefined);
  if (payloadType !== inTotoPayload) throw new Refusal('malformed', `the bundle’s payload is of type ${payloadType}`);
  return { signer, signs: subjectsOf(parse(payload, 'the bundle’s payload')) };
}

/** A signature of bytes in the form of a bundle. */
const messageSignature = (signed: Buffer, signature: string): object => ({
  messageSignature: {
    messageDigest: { algorithm: 'SHA2_256', digest: createHash('sha256').update(signed).digest('base64') },
    signature,
  },
});

function judgeSimpleSigning(judge: SignatureVerifier, layer: OCIDescriptor, blob: ChainBlob): Judged {
  const signature = layer.annotations?.[signatureAnnotation];
  if (signature === undefined) throw new Refusal('malformed', `the layer has no annotation ${signatureAnnotation}`);
  const signer = hasCertificate(layer.annotations)
    ? judge.bundle(cosignBundle(layer.annotations, messageSignature(blob.data, signature)), blob.data)
    : judge.payload(blob.data, Buffer.from(signature, 'base64'));
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

/** The verdict of the first who accepts; if none does, the reason of one who knew the signer, or else of the first. */
function firstOf<T>(judges: readonly SignatureVerifier[], ask: (judge: SignatureVerifier) => T): T {
  let refusal: unknown;
  for (const judge of judges) {
    try {
      return ask(judge);
    } catch (error) {
      const stranger = ['untrusted-signer', 'unsupported'].includes(reasonOf(error).code);
      if (refusal === undefined || !stranger) refusal = error;
    }
  }
  throw refusal;
}

function judgeLayer(
  judges: readonly SignatureVerifier[],
  manifest: string,
  layer: OCIDescriptor,
  chain: AttestationChain,
  subjects: readonly ChainBlob[],
): SignatureOutcome {
  const digest = layer.digest ?? '';
  const kind = layer.mediaType === signatureTypes.simpleSigning ? 'simple-signing' : 'bundle';
  const outcome = { manifest, blob: digest, kind } as const;
  const wanted = subjects.map(({ descriptor }) => descriptor.digest ?? '');
  let judged: Judged | undefined;
  try {
    const blob = chain.blobs.get(digest);
    if (!blob) throw new Refusal('missing-blob', `the signature ${digest} is not there`);
    judged = firstOf(judges, (judge) =>
      kind === 'bundle' ? judgeBundle(judge, blob, subjects) : judgeSimpleSigning(judge, layer, blob),
    );
    if (!judged.signs.some((digest) => wanted.includes(digest)))
      throw new Refusal('other-digest', `it signs ${judged.signs.join(', ') || 'nothing'}, not ${wanted[0]}`);
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

/** Who signed an envelope that lies in a registry as it is. */
function judgeEnvelope(judge: SignatureVerifier, blob: ChainBlob, payload: Buffer): Judged {
  const envelope = parse(blob.data, 'the envelope') as { payloadType?: unknown; signatures?: unknown };
  if (envelope.payloadType !== inTotoPayload)
    throw new Refusal('malformed', `the envelope’s payload is of type ${envelope.payloadType}`);
  const { annotations } = blob.descriptor;
  if (hasCertificate(annotations)) {
    const signer = judge.bundle(cosignBundle(annotations, { dsseEnvelope: envelope }), undefined);
    return { signer, signs: subjectsOf(parse(payload, 'the statement')) };
  }
  const message = dsse.preAuthEncoding(inTotoPayload, payload);
  let refusal: unknown = new Refusal('no-signature', 'the envelope has no signature');
  for (const one of Array.isArray(envelope.signatures) ? envelope.signatures : []) {
    try {
      const signer = judge.payload(message, Buffer.from(String(Object(one).sig), 'base64'));
      return { signer, signs: subjectsOf(parse(payload, 'the statement')) };
    } catch (error) {
      refusal = error;
    }
  }
  throw refusal;
}

function judgeStatement(
  judges: readonly SignatureVerifier[],
  chain: AttestationChain,
  one: AttachedStatement,
): StatementOutcome {
  const { manifest, blob: digest, predicateType, form, attachedTo, statement } = one;
  const outcome = { manifest, blob: digest, predicateType };
  let signer: SignerName | undefined;
  try {
    const blob = chain.blobs.get(digest);
    if (!blob || !hashesTo(blob.data, digest)) throw new Refusal('missing-blob', `${digest} is not there`);
    if (form === 'bare') throw new Refusal('no-signature', 'it is not signed by itself');
    const judged = firstOf(judges, (judge) =>
      form === 'bundle' ? judgeBundle(judge, blob, []) : judgeEnvelope(judge, blob, statement),
    );
    signer = judged.signer;
    if (!judged.signs.includes(attachedTo))
      throw new Refusal('other-subject', `the statement is not about ${attachedTo}`);
    return { ...outcome, verified: true, signer, reasons: [] };
  } catch (error) {
    return { ...outcome, verified: false, ...(signer && { signer }), reasons: [reasonOf(error)] };
  }
}

/** Signers of signatures that hold, each once. */
function signersOf(signatures: readonly SignatureOutcome[]): number {
  return new Set(signatures.filter(({ verified }) => verified).map(({ signer }) => JSON.stringify(signer))).size;
}

/**
 * Judge the signatures of a resolved chain, offline. A signature signs the attestation manifest, which names its statements
 * by digest, or the index, which names the attestation manifest; the statements in the chain must be about the image. A chain
 * is verified when signatures of as many signers as are needed hold and nothing contradicts them. What the registry has attached to
 * the image is judged statement by statement.
 *
 * @param chain what `resolveAttestations` gave; the statements in it are checked too
 * @param trusts keys and roots; a signature that one of them accepts holds
 * @throws AttestdError INVALID_ARGUMENT when a key or a root is none, or the threshold is no number
 */
export function verifyChain(
  chain: AttestationChain,
  trusts: readonly Trust[],
  { threshold = 1 }: VerifyOptions,
): Verification {
  if (!Number.isSafeInteger(threshold) || threshold < 1)
    throw new AttestdError('INVALID_ARGUMENT', `'${threshold}' is no number of signers`);
  if (trusts.length === 0) throw new AttestdError('INVALID_ARGUMENT', 'nobody is trusted');
  const judges = trusts.map(verifierFor);
  const statements = chain.statements && {
    statements: chain.statements.map((statement) => judgeStatement(judges, chain, statement)),
  };
  const wanted = chain.attestationManifest;
  const subject = chain.blobs.get(wanted ?? '');
  const named = wanted === undefined ? {} : { subject: wanted };
  if (!subject) {
    const detail = chain.gaps.map((gap) => gap.detail).join('; ') || 'there is no attestation manifest';
    return { ...named, verified: false, signatures: [], reasons: [{ code: 'no-signature', detail }], ...statements };
  }
  const root = chain.blobs.get(chain.root);
  const subjects = root ? [subject, root] : [subject];
  const signatures: SignatureOutcome[] = chain.signatureManifests.flatMap((manifest) => {
    const blob = chain.blobs.get(manifest);
    return blob ? signatureLayers(blob).map((layer) => judgeLayer(judges, manifest, layer, chain, subjects)) : [];
  });
  const against = contradictions(chain);
  const signers = signersOf(signatures);
  const none: Reason = { code: 'no-signature', detail: `nothing that was found signs ${wanted}` };
  const few: Reason = {
    code: 'too-few-signers',
    detail: `${signers} of ${threshold} signers that are needed have signed`,
  };
  const unsigned = signatures.length === 0 ? [none] : signatures.flatMap(({ reasons }) => reasons);
  const missing = signers >= threshold ? [] : signers > 0 ? [few] : unsigned;
  const reasons = [...missing, ...against];
  return { ...named, verified: reasons.length === 0, signatures, reasons, ...statements };
}
