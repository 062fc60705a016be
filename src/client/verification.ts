/** Why something is not verified. */
export type ReasonCode =
  /** Nothing signs the attestation manifest, or there is none. */
  | 'no-signature'
  /** A signature is not a bundle and no simple-signing payload, or cannot be read. */
  | 'malformed'
  /** A signature of a kind that the given trust cannot judge. */
  | 'unsupported'
  /** No transparency log or time stamp that the trusted root knows vouches for the signature. */
  | 'not-logged'
  /** Signed with another key, or by an identity that the trust does not name. */
  | 'untrusted-signer'
  /** Signatures hold, but of fewer signers than are needed. */
  | 'too-few-signers'
  /** The signature does not fit what it claims to sign. */
  | 'bad-signature'
  /** Rightly signed, but it signs another manifest. */
  | 'other-digest'
  /** A blob of the chain does not hash to its digest. */
  | 'digest-mismatch'
  /** A blob of the chain is not there. */
  | 'missing-blob'
  /** A statement is about another image than the one it is attached to. */
  | 'other-subject';

/** One reason for a no. */
export interface Reason {
  readonly code: ReasonCode;
  /** One sentence for people. */
  readonly detail: string;
}

/** Who signed. */
export type SignerName =
  | {
      readonly kind: 'public-key' /** Base64 of the SHA-256 of the key in DER, as bundles hint at it. */;
      readonly id: string;
    }
  | { readonly kind: 'certificate'; readonly subject: string; readonly issuer: string };

/** What came of one signature. */
export interface SignatureOutcome {
  /** Digest of the manifest that holds it. */
  readonly manifest: string;
  /** Digest of the bundle or payload. */
  readonly blob: string;
  readonly kind: 'bundle' | 'simple-signing';
  readonly verified: boolean;
  /** Present when the signature itself is right. */
  readonly signer?: SignerName;
  /** Digests that it says it signs. */
  readonly signs: readonly string[];
  readonly reasons: readonly Reason[];
}

/** What came of a statement that a registry has beside the image's index. */
export interface StatementOutcome {
  /** Digest of the manifest that holds it. */
  readonly manifest: string;
  /** Digest of the bundle or envelope, or of the statement itself where it is bare. */
  readonly blob: string;
  readonly predicateType: string;
  /** Its own signature holds, and it is about the image. */
  readonly verified: boolean;
  /** Present when the signature itself is right. */
  readonly signer?: SignerName;
  readonly reasons: readonly Reason[];
}

/** What came of a chain. */
export interface Verification {
  /** One signature or more holds, and nothing of the chain contradicts it. */
  readonly verified: boolean;
  /** What has to be signed: the attestation manifest. */
  readonly subject?: string;
  readonly signatures: readonly SignatureOutcome[];
  /** Why it is not verified; empty when it is. */
  readonly reasons: readonly Reason[];
  /** The chain's `statements`, each judged by itself; they count neither for nor against `verified`. */
  readonly statements?: readonly StatementOutcome[];
}

/** Whose certificates count. */
export interface TrustedIdentity {
  /** The whole of the certificate's subject alternative name, or a pattern that has to fit the whole of it. */
  readonly subjectAlternativeName?: string | RegExp;
  /** The whole URL of who identified the signer. */
  readonly issuer?: string;
}

/** What is trusted: one public key, or a root with its certificate authorities and logs. */
export type Trust =
  /** PEM text of the key. Transparency logs and timestamps are not asked for: there is nothing given to check them with. */
  | { readonly publicKey: string }
  | {
      /**
       * A trusted root as sigstore publishes it (trusted_root.json), parsed. Of each kind of log that it names, one entry is
       * demanded; and a time, of a transparency log or of a time stamp.
       */
      readonly trustedRoot: unknown;
      /** Whose certificates count; without it anybody's, and it is for the caller to look at the signer. */
      readonly identity?: TrustedIdentity;
    };

/** How much is demanded. */
export interface VerifyOptions {
  /** How many of those who are trusted must have signed, each counted once: keys, or names of certificates. One without it. */
  readonly threshold?: number;
}
