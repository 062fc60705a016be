import { createHash } from 'node:crypto';
import type { Bundle } from '@sigstore/bundle';
import { crypto } from '@sigstore/core';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { type SignedEntity, toSignedEntity, toTrustMaterial, VerificationError, Verifier } from '@sigstore/verify';
import { AttestdError } from '../support/foundation/errors.js';
import type { Reason, ReasonCode, SignerName, Trust, TrustedIdentity } from './verification.js';

type Key = ReturnType<typeof crypto.createPublicKey>;

/** Ends the judgement of one signature. */
export class Refusal extends Error {
  constructor(
    readonly code: ReasonCode,
    message: string,
  ) {
    super(message);
  }
}

/** What judges signatures. */
export interface SignatureVerifier {
  /** Throws a Refusal when the bundle's signature does not hold. */
  bundle(bundle: Bundle, artifact: Buffer | undefined): SignerName;
  payload(payload: Buffer, signature: Buffer): SignerName;
}

class KeyJudge implements SignatureVerifier {
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

class RootJudge implements SignatureVerifier {
  readonly #verifier: Verifier;
  readonly #identity: TrustedIdentity;

  constructor(trust: Exclude<Trust, { publicKey: string }>) {
    const { mediaType } = Object(trust.trustedRoot) as { mediaType?: unknown };
    if (typeof mediaType !== 'string' || !mediaType.startsWith('application/vnd.dev.sigstore.trustedroot'))
      throw new AttestdError('INVALID_ARGUMENT', 'the trusted root is none: it has no such mediaType');
    try {
      const root = TrustedRoot.fromJSON(trust.trustedRoot);
      // A root that names no log of a kind, as those of private instances, has nothing to check such a log's entries with.
      const demanded = (authorities: readonly unknown[]): number => Math.min(authorities.length, 1);
      this.#verifier = new Verifier(toTrustMaterial(root), {
        tlogThreshold: demanded(root.tlogs),
        ctlogThreshold: demanded(root.ctlogs),
        timestampThreshold: 1,
      });
    } catch (cause) {
      throw new AttestdError('INVALID_ARGUMENT', 'the trusted root is none', { cause });
    }
    this.#identity = trust.identity ?? {};
  }

  bundle(bundle: Bundle, artifact: Buffer | undefined): SignerName {
    const entity: SignedEntity = toSignedEntity(bundle, artifact);
    if (entity.key.$case !== 'certificate') throw new Refusal('unsupported', 'a key signs it, and a root is trusted');
    const { identity } = this.#verifier.verify(entity);
    const subject = identity?.subjectAlternativeName ?? '';
    const issuer = identity?.extensions?.issuer ?? '';
    this.#check('subject', subject, this.#identity.subjectAlternativeName);
    this.#check('issuer', issuer, this.#identity.issuer);
    return { kind: 'certificate', subject, issuer };
  }

  /** Names are compared as a whole: the library would look for the name as a pattern anywhere in the certificate's. */
  #check(what: string, found: string, wanted: string | RegExp | undefined): void {
    if (wanted === undefined || found === wanted) return;
    if (wanted instanceof RegExp && new RegExp(`^(?:${wanted.source})$`, wanted.flags.replace(/[gy]/g, '')).test(found))
      return;
    throw new Refusal('untrusted-signer', `the certificate’s ${what} is '${found}', not ${wanted}`);
  }

  payload(): SignerName {
    throw new Refusal('unsupported', 'signatures outside bundles are verified with a public key only');
  }
}

function meaning({ code }: VerificationError): ReasonCode {
  if (code === 'CERTIFICATE_ERROR') return 'untrusted-signer';
  // What the log has is about another signature.
  if (code === 'SIGNATURE_ERROR' || code === 'TLOG_BODY_ERROR') return 'bad-signature';
  return code.startsWith('TLOG_') || code === 'TIMESTAMP_ERROR' ? 'not-logged' : 'bad-signature';
}

/** Tell what a library's error means. */
export function reasonOf(error: unknown): Reason {
  if (error instanceof Refusal) return { code: error.code, detail: error.message };
  if (error instanceof VerificationError) return { code: meaning(error), detail: error.message };
  return { code: 'malformed', detail: error instanceof Error ? error.message : String(error) };
}

/** @throws AttestdError INVALID_ARGUMENT when the key or the root is none */
export const verifierFor = (trust: Trust): SignatureVerifier =>
  'publicKey' in trust ? new KeyJudge(trust.publicKey) : new RootJudge(trust);
