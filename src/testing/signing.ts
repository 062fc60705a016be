import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { AttestdError } from '../support/foundation/errors.js';
import { inTotoType } from './statements.js';

/** What signs, and what others check its signatures with. */
export interface SigningKey {
  /** PEM text of the public key, for `verifyAttestations`. */
  readonly publicKey: string;
  /** By which a sigstore bundle names the key: base64 of the SHA-256 of the public key in DER. */
  readonly hint: string;
  sign(message: Buffer): Buffer;
}

/** What comes before the secret in an Ed25519 key as PKCS #8 (RFC 8410, section 7). */
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * A key to sign images with.
 *
 * @param from text that an Ed25519 key is made of, the same for the same text, and its signatures too, so that whoever
 *   knows the text can sign: for tests only; or a private key of your own. The signatures of an ECDSA key differ each time.
 * @throws AttestdError INVALID_ARGUMENT for a key that is not private
 */
export function signingKey(from: string | KeyObject = 'attestd'): SigningKey {
  const key = typeof from === 'string' ? seeded(from) : from;
  if (key.type !== 'private') throw new AttestdError('INVALID_ARGUMENT', `a ${key.type} key cannot sign`);
  const publicKey = createPublicKey(key);
  const der = publicKey.export({ format: 'der', type: 'spki' });
  // Ed25519 brings its own hash.
  const hash = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  return {
    publicKey: publicKey.export({ format: 'pem', type: 'spki' }) as string,
    hint: createHash('sha256').update(der).digest('base64'),
    sign: (message) => sign(hash, message, key),
  };
}

function seeded(seed: string): KeyObject {
  const secret = createHash('sha256').update(`attestd signing key ${seed}`).digest();
  return createPrivateKey({ key: Buffer.concat([pkcs8, secret]), format: 'der', type: 'pkcs8' });
}

/** Media type of a sigstore bundle. */
export const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
/** Predicate type of the statement by which cosign signs. */
export const cosignPredicate = 'https://sigstore.dev/cosign/sign/v1';
/** Media type of the payload of cosign's older simple signing. */
export const simpleSigningType = 'application/vnd.dev.cosign.simplesigning.v1+json';
/** Annotation with the signature of such a payload, base64. */
export const simpleSignatureAnnotation = 'dev.cosignproject.cosign/signature';

/** What DSSE signs: type and payload with their lengths. */
const preAuthentication = (type: string, payload: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${payload.length} `), payload]);

/**
 * A sigstore bundle as cosign makes one with a key: a DSSE envelope over a statement whose subject is what is signed.
 *
 * @param signed digest of a manifest
 * @param tamper changes the payload after it was signed
 */
export function sigstoreBundle(
  signed: string,
  key: { readonly hint: string; sign(message: Buffer): Buffer | string },
  tamper = (payload: Buffer): Buffer => payload,
): object {
  const [algorithm = '', encoded = ''] = signed.split(':');
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ digest: { [algorithm]: encoded }, annotations: {} }],
    predicateType: cosignPredicate,
    predicate: {},
  };
  const payload = Buffer.from(JSON.stringify(statement));
  const signature = key.sign(preAuthentication(inTotoType, payload));
  return {
    mediaType: bundleType,
    verificationMaterial: { publicKey: { hint: key.hint } },
    dsseEnvelope: {
      payload: tamper(payload).toString('base64'),
      payloadType: inTotoType,
      signatures: [{ sig: typeof signature === 'string' ? signature : signature.toString('base64') }],
    },
  };
}

/** The payload of cosign's simple signing. */
export function simplePayload(repository: string, signed: string): Buffer {
  return Buffer.from(
    JSON.stringify({
      critical: {
        identity: { 'docker-reference': repository },
        image: { 'docker-manifest-digest': signed },
        type: 'cosign container image signature',
      },
      optional: null,
    }),
  );
}
