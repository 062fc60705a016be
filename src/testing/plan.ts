import type { Platform } from '../oci/descriptor.js';
import type { SigningKey } from './signing.js';

/** How a container of an image starts, field names as on the wire (image-spec, config.md). */
export interface ContainerConfig {
  readonly Cmd?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Env?: readonly string[];
  readonly ExposedPorts?: Readonly<Record<string, Record<string, never>>>;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
  readonly User?: string;
  readonly Volumes?: Readonly<Record<string, Record<string, never>>>;
  readonly WorkingDir?: string;
  readonly [field: string]: unknown;
}

/** A statement to attach: a predicate, or a whole document whose bytes are kept as they are. */
export interface StatementPlan {
  readonly predicateType: string;
  readonly predicate?: Readonly<Record<string, unknown>>;
  readonly verbatim?: Buffer;
}

/** What is in one platform's image; what is set before the first platform is in every one. */
export interface PlatformPlan {
  readonly platform: Platform;
  readonly layers: readonly Buffer[];
  readonly config: ContainerConfig;
  readonly statements: readonly StatementPlan[];
}

/** A part of an image that can be missing or corrupt. */
export type ImagePart = 'index' | 'manifest' | 'config' | 'layer' | 'attestation' | 'statement' | 'signature';

/** Everything that a builder was told. */
export interface ImagePlan {
  /** In full, `docker.io/library/app:1`; undefined for an image without a name. */
  readonly name: string | undefined;
  readonly created: string;
  readonly shared: Omit<PlatformPlan, 'platform'>;
  readonly platforms: readonly PlatformPlan[];
  readonly storage: 'artifact' | 'legacy';
  readonly signatures: readonly { readonly key: SigningKey; readonly form: 'bundle' | 'simple' }[];
  readonly faults: readonly { readonly part: ImagePart; readonly fault: 'missing' | 'corrupt' }[];
}
