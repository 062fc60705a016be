import type { Readable } from 'node:stream';
import type { Platform } from '../oci/descriptor.js';
import type { ImageStore } from '../oci/store.js';
import type { JsonObject } from '../support/go/json/render.js';
import type { Credentials, RegistryOptions } from '../support/registry-client/types.js';
import type { Clock } from '../support/sandbox/clock.js';
import type { ProcessModel } from '../support/sandbox/types.js';
import type { Admission } from './containers/create/admission.js';
import type { Filters } from './filters.js';
import type { SignatureReader } from './images/identity.js';
import type { Release } from './release.js';
import type { DaemonSettings } from './settings.js';

export type { JsonObject, JsonValue } from '../support/go/json/render.js';

/** The behavior to reproduce: exactly dockerd 29.7.2, or dockerd with the proposal beyond it. */
export type Channel = 'standard' | 'experimental';

/** The identity of a daemon. */
export interface Identity {
  /** The daemon's id in /info. */
  readonly id: string;
  /** The host's name in /info. */
  readonly hostname: string;
}

/** Options of a daemon's state. */
export interface EngineOptions {
  readonly store: ImageStore;
  /** The platform that images are selected for by default. */
  readonly host: Platform;
  readonly channel: Channel;
  /** Registry configuration. Default: dockerd's. */
  readonly registries?: RegistryOptions | undefined;
  /** The release to imitate. Default: dockerd 29.7.2. */
  readonly release?: Release | undefined;
  /** Now; the system's clock without it. */
  readonly clock?: () => Date;
  /** The daemon's id in /info; a random UUID without it. */
  readonly id?: string;
  /** The host's name in /info; the machine's without it. */
  readonly hostname?: string;
  /** How it is set up, as far as that is not the usual way. */
  readonly settings?: Partial<DaemonSettings> | undefined;
  /** Whether it logs at debug level, which /info tells; not without it. */
  readonly debugging?: boolean | undefined;
  /** URLs at which anybody may use the API in plain text, of which /info warns; none without it. */
  readonly openTo?: (() => readonly string[]) | undefined;
  /** Receives what dockerd writes to its log at debug level. */
  readonly debug?: (message: string, fields?: Readonly<Record<string, string>>) => void;
  /** What containers wait on; the machine's clock without it. */
  readonly time?: Clock | undefined;
  /** Receives what a simulation cannot do; `debug` without it. */
  readonly warn?: (message: string) => void;
  /** Runs what containers run; a simulation without it, which runs nothing on the machine. */
  readonly processes?: ProcessModel | undefined;
  /** Tells of images' signatures; nothing without it. */
  readonly signatures?: SignatureReader | undefined;
  /** Asked before an image is used; nobody without it. */
  readonly admission?: Admission | undefined;
  /** Bytes of images' files that are kept for containers; 1 GiB without it. */
  readonly imageBytes?: number | undefined;
  /** Bytes that containers and volumes may write; 512 MiB without it. */
  readonly layerBytes?: number | undefined;
}

/** The version of the API that a request speaks, `1.40` to `1.55`. */
export interface Versioned {
  readonly apiVersion: string;
}

/** Options of `GET /images/{name}/attestations`. */
export interface AttestationOptions {
  readonly platform?: Platform | undefined;
  /** Predicate types as they came in the query, in order; blank ones are ignored. */
  readonly types?: readonly string[] | undefined;
  /** Whether to include the statements. */
  readonly statement?: boolean;
}

/** A rendered answer: bytes when small enough to be kept, a stream when not. */
export interface Body {
  /** Bytes of the content, where known before it is read. */
  readonly length: number | undefined;
  readonly content: Buffer | Readable;
}

/** Options of `GET /images/json`; parameters that the API version does not know are ignored. */
export interface ListOptions extends Versioned {
  readonly all?: boolean;
  readonly filters?: Filters;
  readonly sharedSize?: boolean;
  readonly manifests?: boolean;
  readonly identity?: boolean;
}

/** Options of `GET /images/{name}/json`; parameters that the API version does not know are ignored. */
export interface InspectOptions extends Versioned {
  readonly manifests?: boolean;
  readonly platform?: Platform | undefined;
}

/** A part of a progress stream, one JSON line of the answer. */
export type StreamMessage = JsonObject;

/** Options of `POST /images/load`. */
export interface LoadOptions {
  readonly platforms?: readonly Platform[];
  /** Aborts when nobody waits for it any more: no further image gets its name then. */
  readonly signal?: AbortSignal | undefined;
  readonly quiet?: boolean;
}

/** Options of `POST /images/create?fromSrc=-`. */
export interface ImportOptions {
  readonly repo?: string | undefined;
  readonly tag?: string | undefined;
  /** `os/arch[/variant]`, as in the query. */
  readonly platform?: string | undefined;
  /** Comment of the history entry. */
  readonly message?: string | undefined;
  /** Dockerfile instructions. */
  readonly changes?: readonly string[];
}

/** Options of `POST /images/create?fromImage=`. */
export interface PullOptions extends RegistryUse {
  readonly fromImage: string;
  readonly tag?: string | undefined;
  /** `os/arch[/variant]`, as in the query. */
  readonly platform?: string | undefined;
}

/** What operations that talk to a registry have in common. */
export interface RegistryUse {
  readonly credentials?: Credentials | undefined;
  /** Headers that are handed on to the registry. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Aborts when the client goes away. */
  readonly signal?: AbortSignal;
}

/** Options of `POST /images/{name}/push`. */
export interface PushOptions extends RegistryUse {
  /** Empty or absent: the name's own tag, or all tags of the repository. */
  readonly tag?: string | undefined;
  /** Push the manifest for this platform alone. */
  readonly platform?: Platform | undefined;
}

/** Options of `GET /images/search`. */
export interface SearchOptions extends RegistryUse {
  readonly term: string;
  /** As in the query. */
  readonly limit?: string | undefined;
  /** As in the query: looked at after the limit, and not at all with a negative one. */
  readonly filters?: string | undefined;
}

/** Options of `DELETE /images/{name}`. */
export interface RemoveOptions {
  readonly force?: boolean;
  readonly noprune?: boolean;
  readonly platforms?: readonly Platform[];
}

/** Options of `GET /events`. */
export interface EventOptions {
  /** `seconds[.fraction]` as in the query; events before it are left out. */
  readonly since?: string | undefined;
  /** `seconds[.fraction]` as in the query; the stream ends there. */
  readonly until?: string | undefined;
  /** JSON as in the query; read after the times, as dockerd does. */
  readonly filters?: string | undefined;
}

/** Object types of `GET /system/df`. */
export type UsageType = 'container' | 'image' | 'volume' | 'build-cache';

/** Options of `GET /system/df`. */
export interface UsageOptions extends Versioned {
  /** Values of `type` as they came; undefined when the parameter is absent. */
  readonly types?: readonly string[] | undefined;
  readonly verbose?: boolean;
}
