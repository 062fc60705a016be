/**
 * Member names are those of buildx's policy input (docker/buildx, policy/types.go), so that one policy works for builds and
 * containers.
 */

/** Position in the provenance graph. A container has depth 0. */
export interface PolicyEnv {
  /** Number of provenances between the judged image and this material. */
  readonly depth: number;
}

/** Source of the Dockerfile. */
export interface PolicyConfigSource {
  readonly uri?: string;
  readonly digest?: Readonly<Record<string, string>>;
  readonly path?: string;
}

/** Provenance, normalized for SLSA v0.2 and v1 (docs/reference/policy.md#the-input). */
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
  /** Build materials, as listed in the provenance. Other kinds are omitted. */
  readonly materials?: readonly PolicyMaterial[];
}

/** A build material. */
export interface PolicyMaterial {
  readonly env: PolicyEnv;
  readonly image?: PolicyImage;
  readonly git?: PolicyGit;
  readonly http?: PolicyHttp;
}

/** A git repository used as material. */
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

/** A file used as material. */
export interface PolicyHttp {
  readonly url: string;
  readonly schema: string;
  readonly host: string;
  readonly path?: string;
  readonly query?: Readonly<Record<string, readonly string[]>>;
}

/** Signer identity from a certificate: sigstore's extensions by name. */
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

/** A timestamp of a transparency log or timestamp authority. */
export interface PolicyTimestamp {
  readonly type: 'Tlog' | 'TimestampAuthority';
  readonly uri: string;
  /** RFC 3339. */
  readonly timestamp: string;
}

/** A verified signature of the attestation manifest or index. */
export interface PolicySignature {
  /** Omitted for public keys: buildx has no such signatures. */
  readonly kind?: 'docker-github-builder' | 'self-signed-github-repo' | 'self-signed' | 'untrusted';
  readonly type: 'bundle-v0.3' | 'simplesigning-v1';
  readonly timestamps?: readonly PolicyTimestamp[];
  readonly dockerReference?: string;
  readonly isDHI?: boolean;
  readonly signer?: PolicySigner;
  /** Not in buildx: base64 SHA-256 of the signing public key in DER. */
  readonly publicKey?: string;
  /** Not in buildx: digest of the manifest that holds the signature. */
  readonly digest: string;
}

/** Not in buildx: a signature that failed verification. */
export interface PolicyRejectedSignature {
  readonly digest: string;
  readonly reasons: readonly { readonly code: string; readonly detail: string }[];
}

/** Not in buildx: a statement in the attestation manifest. */
export interface PolicyAttestation {
  readonly predicateType: string;
  /** Digest of the statement. */
  readonly digest: string;
  /** Subjects as `name:hex`. */
  readonly subjects?: readonly string[];
  /** Whether a subject is the image's manifest. */
  readonly isAboutImage?: boolean;
  /** The parsed predicate. Undefined if the statement could not be read. */
  readonly predicate?: unknown;
}

/** An image. Members that do not apply or are unknown are omitted; `unknowns` lists the latter. */
export interface PolicyImage {
  /** Full reference. `sha256:…` for an image referenced by id. */
  readonly ref?: string;
  readonly host?: string;
  /** Familiar repository name: `busybox`. */
  readonly repo?: string;
  /** Full repository name: `docker.io/library/busybox`. */
  readonly fullRepo?: string;
  readonly tag?: string;
  readonly platform?: string;
  readonly os?: string;
  readonly arch?: string;
  readonly variant?: string;
  /** Whether the reference has a digest. */
  readonly isCanonical?: boolean;
  /** Digest that the reference was resolved to. */
  readonly checksum?: string;
  /** Not in buildx: digest of the manifest for the platform. Equal to `checksum` without an index. */
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

/** Not in buildx: the container to create or start. */
export interface PolicyContainer {
  readonly action: 'create' | 'start';
  /** Requested container name, if any. */
  readonly name?: string;
  /** API version of the client's request. */
  readonly apiVersion?: string;
  /**
   * The parsed create request (HostConfig, Cmd, Env, Mounts, Labels …). At start, the container's Config and HostConfig in the
   * same form.
   */
  readonly request?: Readonly<Record<string, unknown>>;
}

/** The input of a policy (schemas/policy-input-1.0.json, docs/reference/policy.md#the-input). */
export interface PolicyInput {
  readonly env: PolicyEnv;
  readonly image: PolicyImage;
  readonly container?: PolicyContainer;
  /** Members that could not be determined, such as `image.signatures`. Their absence proves nothing. */
  readonly unknowns: readonly string[];
}

/** A policy's result: `decision` in Rego, or the return value of a module. */
export interface PolicyDecision {
  /** Only `true` allows. */
  readonly allow?: boolean;
  /** Reasons for denial. */
  readonly deny_msg?: readonly string[];
  /** Not in buildx: warnings for allowed requests. */
  readonly warn_msg?: readonly string[];
}

/** The default export of an ES module policy. A boolean is a decision without reasons. */
export type PolicyFunction = (input: PolicyInput) => PolicyDecision | boolean | Promise<PolicyDecision | boolean>;

/** The outcome of an evaluation. */
export interface PolicyVerdict {
  readonly allow: boolean;
  /** Reasons for denial. Empty if allowed, else not empty. */
  readonly denyMessages: readonly string[];
  readonly warnings: readonly string[];
  /** Digest of the judged image. Only this image may run. Undefined if unknown. */
  readonly digest?: string;
  /** Digest of the judged manifest. Undefined without an index. */
  readonly manifest?: string;
  /** The evaluated input. */
  readonly input?: PolicyInput;
  /** Unknown members that the policy mentions. Set on denial only: the policy might allow if they were known. */
  readonly doubts?: readonly string[];
  /** Evaluation error. The result is then a denial. */
  readonly failure?: string;
}
