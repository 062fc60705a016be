import { bundleFromJSON, type SerializedBundle } from '@sigstore/bundle';
import { dsse } from '@sigstore/core';
import type { OCIDescriptor } from '../types.js';
import { hashesTo } from './blob-source.js';
import type { AttachedStatement, AttestationChain, ChainBlob } from './chain.js';
import { type Judge, judgeBy, Refusal, reasonOf } from './judges.js';
import { parseManifest } from './manifests.js';
import { signatureTypes } from './referrers.js';
import type { Reason, SignatureOutcome, SignerName, StatementOutcome, Trust, Verification } from './verification.js';

const signatureAnnotation = 'dev.cosignproject.cosign/signature';
const certificateAnnotation = 'dev.sigstore.cosign/certificate';
const inTotoPayload = 'application/vnd.in-toto+json';

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

/** Digests of the subjects of an in-toto statement. */
function subjectsOf(statement: Record<string, unknown>): string[] {
  const subjects = Array.isArray(statement.subject) ? (statement.subject as { digest?: Record<string, string> }[]) : [];
  return subjects.flatMap(({ digest }) => Object.entries(digest ?? {}).map(([name, hex]) => `${name}:${hex}`));
}

interface Judged {
  signs: string[];
  signer: SignerName;
}

/** @param subjects what may be signed */
function judgeBundle(judge: Judge, blob: ChainBlob, subjects: readonly ChainBlob[]): Judged {
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

function judgeLayer(
  judge: Judge,
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
    judged = kind === 'bundle' ? judgeBundle(judge, blob, subjects) : judgeSimpleSigning(judge, layer, blob);
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
function judgeEnvelope(judge: Judge, blob: ChainBlob, payload: Buffer): Judged {
  const envelope = parse(blob.data, 'the envelope') as { payloadType?: unknown; signatures?: unknown };
  if (envelope.payloadType !== inTotoPayload)
    throw new Refusal('malformed', `the envelope’s payload is of type ${envelope.payloadType}`);
  if (blob.descriptor.annotations?.[certificateAnnotation])
    throw new Refusal('unsupported', 'an envelope with a certificate beside it is not verified');
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

function judgeStatement(judge: Judge, chain: AttestationChain, one: AttachedStatement): StatementOutcome {
  const { manifest, blob: digest, predicateType, form, attachedTo, statement } = one;
  const outcome = { manifest, blob: digest, predicateType };
  let signer: SignerName | undefined;
  try {
    const blob = chain.blobs.get(digest);
    if (!blob || !hashesTo(blob.data, digest)) throw new Refusal('missing-blob', `${digest} is not there`);
    if (form === 'bare') throw new Refusal('no-signature', 'it is not signed by itself');
    const judged = form === 'bundle' ? judgeBundle(judge, blob, []) : judgeEnvelope(judge, blob, statement);
    signer = judged.signer;
    if (!judged.signs.includes(attachedTo))
      throw new Refusal('other-subject', `the statement is not about ${attachedTo}`);
    return { ...outcome, verified: true, signer, reasons: [] };
  } catch (error) {
    return { ...outcome, verified: false, ...(signer && { signer }), reasons: [reasonOf(error)] };
  }
}

/**
 * Judge the signatures of a resolved chain, offline. A signature signs the attestation manifest, which names its statements
 * by digest, or the index, which names the attestation manifest; the statements in the chain must be about the image. A chain
 * is verified when one signature holds and nothing contradicts it. What the registry has attached to the image is judged
 * statement by statement.
 *
 * @param chain what `resolveAttestations` gave; the statements in it are checked too
 * @param trust a public key, or a trusted root
 * @throws AttestdError INVALID_ARGUMENT when the key or the root is none
 */
export function verifyChain(chain: AttestationChain, trust: Trust): Verification {
  const judge = judgeBy(trust);
  const statements = chain.statements && {
    statements: chain.statements.map((statement) => judgeStatement(judge, chain, statement)),
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
    return blob ? signatureLayers(blob).map((layer) => judgeLayer(judge, manifest, layer, chain, subjects)) : [];
  });
  const against = contradictions(chain);
  const signed = signatures.some(({ verified }) => verified);
  const none: Reason = { code: 'no-signature', detail: `nothing that was found signs ${wanted}` };
  const unsigned = signatures.length === 0 ? [none] : signatures.flatMap(({ reasons }) => reasons);
  const reasons = signed ? against : [...unsigned, ...against];
  return { ...named, verified: reasons.length === 0, signatures, reasons, ...statements };
}
