import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { AttestdError } from '../support/foundation/errors.js';
import type { PolicyVerdict } from './types.js';

/** Media type of an in-toto statement. */
const statementType = 'application/vnd.in-toto+json';

/** Inputs of a summary besides the verdict. */
export interface SummaryOptions {
  /** URI of the verifier. */
  readonly verifier: string;
  /** Component versions by name. */
  readonly versions: Readonly<Record<string, string>>;
  /** Location and digest (`sha256:…`) of the policy. */
  readonly policy: { readonly uri: string; readonly digest: string };
  readonly time: Date;
}

/** A DSSE envelope. */
export interface Envelope {
  readonly payload: string;
  readonly payloadType: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

function digestSet(digest: string): Record<string, string> {
  const [algorithm = '', hex = ''] = digest.split(':');
  return { [algorithm]: hex };
}

/**
 * Builds a SLSA v1.1 verification summary attestation for the image's index and the judged manifest. It claims no SLSA level,
 * because a policy does not define one.
 *
 * @param verdict a verdict without a failure
 * @throws AttestdError INVALID_ARGUMENT for a verdict without an image or with a failure
 */
export function verificationSummary(verdict: PolicyVerdict, options: SummaryOptions): object {
  const { input, allow, failure, digest } = verdict;
  if (input === undefined || digest === undefined || failure !== undefined)
    throw new AttestdError('INVALID_ARGUMENT', 'there is no verdict to summarize');
  const { image } = input;
  const name = image.ref ?? digest;
  const about = [...new Set([digest, image.manifest ?? digest])];
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: about.map((one) => ({ name, digest: digestSet(one) })),
    predicateType: 'https://slsa.dev/verification_summary/v1',
    predicate: {
      verifier: { id: options.verifier, version: options.versions },
      timeVerified: options.time.toISOString().replace(/\.\d+Z$/, 'Z'),
      resourceUri: name,
      policy: { uri: options.policy.uri, digest: digestSet(options.policy.digest) },
      inputAttestations: (image.attestations ?? []).map((one) => ({
        uri: one.predicateType,
        digest: digestSet(one.digest),
      })),
      verificationResult: allow ? 'PASSED' : 'FAILED',
      verifiedLevels: [allow ? 'SLSA_BUILD_LEVEL_UNEVALUATED' : 'FAILED'],
      slsaVersion: '1.1',
    },
  };
}

function privateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new AttestdError('INVALID_ARGUMENT', 'the key is no private key in PEM', { cause });
  }
}

/**
 * Sign a statement as DSSE has it (Dead Simple Signing Envelope, v1).
 *
 * @param statement bytes of an in-toto statement
 * @param pem the private key; the envelope names it by base64 of the SHA-256 of the public key in DER
 * @throws AttestdError INVALID_ARGUMENT for a key that is none
 */
export function signStatement(statement: Uint8Array, pem: string): Envelope {
  const key = privateKey(pem);
  const bytes = Buffer.from(statement);
  const message = Buffer.concat([
    Buffer.from(`DSSEv1 ${statementType.length} ${statementType} ${bytes.length} `),
    bytes,
  ]);
  // Ed25519 brings its own hash.
  const hash = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  const der = createPublicKey(key).export({ format: 'der', type: 'spki' });
  const keyid = createHash('sha256').update(der).digest('base64');
  return {
    payload: bytes.toString('base64'),
    payloadType: statementType,
    signatures: [{ keyid, sig: sign(hash, message, key).toString('base64') }],
  };
}
