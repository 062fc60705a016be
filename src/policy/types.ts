/** The names of buildx's policy input (docker/buildx, policy/types.go) are kept, so that one policy serves builds and containers. */

/** Where a build step stands; a container is judged at depth 0. */
export interface PolicyEnv {
  /** How many provenances lead from what is judged to this: 0, or more for a material. */
  readonly depth: number;
}

/** Where an image's Dockerfile came from. */
export interface PolicyConfigSource {
  readonly uri?: string;
  readonly digest?: Readonly<Record<string, string>>;
  readonly path?: string;
}

/** Provenance, the same for SLSA v0.2 and v1 (docs/reference/policy.md#the-input). */
export interface PolicyProvenance {
  readonly predicateType: string;
  readonly buildType?: string;
  readonly builderID?: string;
  readonly invocationID?: string;
  /** RFC 3339, UTC, whole seconds. */
  readonly startedOn?: string;
  readonly finishedOn?: string;
  readonly configSource?: PolicyConfigSource;
  readonly frontend?: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly rawArgs?: Readonly<Record<string, string>>;
  readonly reproducible?: boolean;
  readonly hermetic?: boolean;
  readonly completeness?: {
    readonly parameters?: boolean;
    readonly environment?: boolean;
    readonly materials?: boolean;
  };
  /** What was built from, as far as the provenance alone tells; materials of other kinds than these are left out. */
  readonly materials?: readonly PolicyMaterial[];
}

/** Something that an image was built from. */
export interface PolicyMaterial {
  readonly env: PolicyEnv;
  readonly image?: PolicyImage;
  readonly git?: PolicyGit;
  readonly http?: PolicyHttp;
}

/** A git repository that an image was built from. */
export interface PolicyGit {
  readonly schema?: string;
  readonly host?: string;
  readonly remote?: string;
  readonly fullURL?: string;
  readonly tagName?: string;
  readonly branch?: string;
  readonly ref?: string;
  readonly subDir?: string;
  readonly isCommitRef?: boolean;
  readonly isSHA256?: boolean;
  readonly checksum?: string;
  readonly commitChecksum?: string;
}

/** A file that an image was built from. */
export interface PolicyHttp {
  readonly url: string;
  readonly schema: string;
  readonly host: string;
  readonly path?: string;
  readonly query?: Readonly<Record<string, readonly string[]>>;
}

/** Who a certificate says has signed: sigstore's extensions by their names. */
export interface PolicySigner {
  readonly certificateIssuer: string;
  readonly subjectAlternativeName: string;
  readonly issuer?: string;
  readonly buildSignerURI?: string;
  readonly buildSignerDigest?: string;
  readonly runnerEnvironment?: string;
  readonly sourceRepositoryURI?: string;
  readonly sourceRepositoryDigest?: string;
  readonly sourceRepositoryRef?: string;
  readonly sourceRepositoryIdentifier?: string;
  readonly sourceRepositoryOwnerURI?: string;
  readonly sourceRepositoryOwnerIdentifier?: string;
  readonly buildConfigURI?: string;
  readonly buildConfigDigest?: string;
  readonly buildTrigger?: string;
  readonly runInvocationURI?: string;
  readonly sourceRepositoryVisibilityAtSigning?: string;
}

/** A time that a transparency log or a timestamp authority vouches for. */
export interface PolicyTimestamp {
  readonly type: 'Tlog' | 'TimestampAuthority';
  readonly uri: string;
  /** RFC 3339. */
  readonly timestamp: string;
}

/** A signature of the attestation manifest, or of the index, that was verified. */
export interface PolicySignature {
  /** Left out where a public key signs: buildx knows no such signatures. */
  readonly kind?: 'docker-github-builder' | 'self-signed-github-repo' | 'self-signed' | 'untrusted';
  readonly type: 'bundle-v0.3' | 'simplesigning-v1';
  readonly timestamps?: readonly PolicyTimestamp[];
  readonly dockerReference?: string;
  readonly isDHI?: boolean;
  readonly signer?: PolicySigner;
  /** Beyond buildx: base64 of the SHA-256 of the public key in DER, where a key signs. */
  readonly publicKey?: string;
  /** Beyond buildx: digest of the manifest that holds the signature. */
  readonly digest: string;
}

/** Beyond buildx: a signature that was found and does not count. */
export interface PolicyRejectedSignature {
  readonly digest: string;
  readonly reasons: readonly { readonly code: string; readonly detail: string }[];
}

/** Beyond buildx: a statement about the image, of its attestation manifest. */
export interface PolicyAttestation {
  readonly predicateType: string;
  /** Digest of the statement. */
  readonly digest: string;
  /** `name:hex` of what it is about. */
  readonly subjects?: readonly string[];
  /** Whether one of the subjects is the image's manifest. */
  readonly isAboutImage?: boolean;
  /** As JSON reads it; unknown where the statement could not be had. */
  readonly predicate?: unknown;
}

/** An image. What is not so, or not known, is left out; `unknowns` of the input tells which of the two. */
export interface PolicyImage {
  /** The reference in full; `sha256:…` for an image that was named by its id. */
  readonly ref?: string;
  readonly host?: string;
  /** The repository as people write it: `busybox`. */
  readonly repo?: string;
  /** The repository in full: `docker.io/library/busybox`. */
  readonly fullRepo?: string;
  readonly tag?: string;
  readonly platform?: string;
  readonly os?: string;
  readonly arch?: string;
  readonly variant?: string;
  /** Whether the reference has a digest. */
  readonly isCanonical?: boolean;
  /** Digest of what the reference was resolved to. */
  readonly checksum?: string;
  /** Beyond buildx: digest of the manifest for the platform, which `checksum` is itself where there is no index. */
  readonly manifest?: string;
  readonly createdTime?: string;
  readonly env?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly volumes?: readonly string[];
  readonly workingDir?: string;
  readonly hasProvenance?: boolean;
  readonly provenance?: PolicyProvenance;
  readonly signatures?: readonly PolicySignature[];
  readonly rejectedSignatures?: readonly PolicyRejectedSignature[];
  readonly attestations?: readonly PolicyAttestation[];
}

/** Beyond buildx: the container that is to be created or started. */
export interface PolicyContainer {
  readonly action: 'create' | 'start';
  /** The name that was asked for; left out for any. */
  readonly name?: string;
  /** The API version of the client's request. */
  readonly apiVersion?: string;
  /**
   * The body of the create request as JSON reads it (HostConfig, Cmd, Env, Mounts, Labels …); at start, Config and
   * HostConfig of the container, in the same form.
   */
  readonly request?: Readonly<Record<string, unknown>>;
}

/** What a policy is asked about (schemas/policy-input-1.0.json, docs/reference/policy.md#the-input). */
export interface PolicyInput {
  readonly env: PolicyEnv;
  readonly image: PolicyImage;
  readonly container?: PolicyContainer;
  /** Members that could not be found out, as `image.signatures`: they are left out, and nothing is to be concluded from that. */
  readonly unknowns: readonly string[];
}

/** What a policy decides: `decision` of Rego, or what a module's function returns. */
export interface PolicyDecision {
  /** Only `true` allows. */
  readonly allow?: boolean;
  /** Why not. */
  readonly deny_msg?: readonly string[];
  /** Beyond buildx: what the client is told although it may go on. */
  readonly warn_msg?: readonly string[];
}

/** A policy as an ES module's default export; a boolean stands for a decision without words. */
export type PolicyFunction = (input: PolicyInput) => PolicyDecision | boolean | Promise<PolicyDecision | boolean>;

/** What came of asking a policy. */
export interface PolicyVerdict {
  readonly allow: boolean;
  /** Why not, at least one; empty when it is allowed. */
  readonly denyMessages: readonly string[];
  readonly warnings: readonly string[];
  /** Digest of the image that was judged, and that alone may run; undefined where it could not be found out. */
  readonly digest?: string;
  /** Digest of the manifest for the platform, of which a container is made; undefined where no index tells. */
  readonly manifest?: string;
  /** What it was asked about; undefined where there was nothing to ask about. */
  readonly input?: PolicyInput;
  /** Unknown members that the policy may have missed, where it does not allow: it might, if they were known. */
  readonly doubts?: readonly string[];
  /** Why no policy decided; then it is not allowed. */
  readonly failure?: string;
}
