import type { OCIDescriptor, OCIPlatform } from '../support/foundation/types.js';
import type { RegistryReader } from '../support/registry-client/reader.js';

/** A blob of a chain, its digest checked. */
export interface ChainBlob {
  readonly descriptor: OCIDescriptor;
  readonly data: Buffer;
}

/** What of a chain a gap is about. */
export type ChainPart =
  | 'root'
  | 'image-manifest'
  | 'attestation-manifest'
  | 'signature-manifest'
  | 'signature'
  | 'statement';

/** Why something of a chain is not there. */
export type GapReason =
  /** The image is a single manifest or a Docker manifest list, for which BuildKit resolves no chain either. */
  | 'not-an-index'
  /** The index has no manifest for the platform. */
  | 'no-platform'
  /** The index has no attestation manifest for the image manifest. */
  | 'no-attestation'
  /** Nothing that the daemon holds signs the attestation manifest. */
  | 'no-signature'
  /** The store does not have the blob. */
  | 'not-found'
  /** The bytes do not hash to the digest. */
  | 'digest-mismatch'
  /** The bytes are no such document. */
  | 'malformed'
  /** The daemon offers no content store, and its endpoint gives no bytes that hash to the digest. */
  | 'no-content-store'
  /** The blob is larger than the limit of the call. */
  | 'too-large'
  /** A Docker Hardened Image: its attestations are known to its registry only. */
  | 'needs-registry';

/** Something that could not be had. */
export interface Gap {
  readonly part: ChainPart;
  readonly reason: GapReason;
  readonly digest?: string;
  /** One sentence for people. */
  readonly detail: string;
}

/** What `resolveAttestations` is asked for. */
export interface ResolveOptions {
  /** Platform of the image; the daemon's own without it. */
  readonly platform?: NonNullable<OCIPlatform>;
  /** Predicate types whose statements are wanted as blobs, or all of them; none without it, as in BuildKit. */
  readonly predicateTypes?: readonly string[] | 'all';
  /** Longest blob that is read, in bytes; 256 MiB without it. */
  readonly maximumBlob?: number;
  /**
   * Ask the image's registries too, for what no daemon stores: signatures above all. `true` knows what `docker login` has
   * stored in the configuration file; a reader says how else to reach them.
   */
  readonly registry?: boolean | RegistryReader;
}

/** A statement that refers to an image in its registry, beside the image's index. */
export interface AttachedStatement {
  /** Digest of the manifest that holds it. */
  readonly manifest: string;
  /** Digest of the blob that it comes in. */
  readonly blob: string;
  /** A sigstore bundle; a DSSE envelope, as cosign 2 attaches it; or the statement alone, as BuildKit does. */
  readonly form: 'bundle' | 'dsse' | 'bare';
  /** Digest of the index or manifest that it is attached to. */
  readonly attachedTo: string;
  readonly predicateType: string;
  /** Its bytes, as they were signed. */
  readonly statement: Buffer;
}

/** What leads from an image to its attestations and to what signs them: BuildKit's attestation chain, and its gaps. */
export interface AttestationChain {
  /** Digest of the image's index. */
  readonly root: string;
  /** Digest of the manifest for the platform. */
  readonly imageManifest?: string;
  /** Digest of the manifest whose layers are the statements. */
  readonly attestationManifest?: string;
  /**
   * Digests of the manifests that sign the attestation manifest; the first one is the one that BuildKit takes. Where the
   * registry was asked, those follow that sign the index.
   */
  readonly signatureManifests: readonly string[];
  /** Index, attestation manifest, signature manifests, their layers, and the wanted statements, by digest. */
  readonly blobs: ReadonlyMap<string, ChainBlob>;
  /** Statements about the image that its registry has beside the index; only where the registry was asked. */
  readonly statements?: readonly AttachedStatement[];
  /** What is not there, and why; a chain without gaps is complete. */
  readonly gaps: readonly Gap[];
}
