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
  /** Returns the current time. Default: the system's clock. */
  readonly clock?: () => Date;
  /** The daemon's id in /info. Default: a random UUID. */
  readonly id?: string;
  /** The host name in /info. Default: the machine's. */
  readonly hostname?: string;
  /** Overrides of the default configuration. */
  readonly settings?: Partial<DaemonSettings> | undefined;
  /** Whether the server logs at debug level, which /info reports. Default: false. */
  readonly debugging?: boolean | undefined;
  /** URLs of unencrypted, public access to the API, about which /info warns. Default: none. */
  readonly openTo?: (() => readonly string[]) | undefined;
  /** Receives what dockerd writes to its log at debug level. */
  readonly debug?: (message: string, fields?: Readonly<Record<string, string>>) => void;
  /** Timers of containers. Default: the machine's clock. */
  readonly time?: Clock | undefined;
  /** Receives warnings about unsupported features of the simulation. Default: `debug`. */
  readonly warn?: (message: string) => void;
  /** Runs the processes of containers. Default: a simulation, which runs nothing on the host. */
  readonly processes?: ProcessModel | undefined;
  /** Reads the signatures of images. Default: none. */
  readonly signatures?: SignatureReader | undefined;
  /** Decides whether an image may be used. Default: every image may. */
  readonly admission?: Admission | undefined;
  /** Maximum bytes of image files kept for containers. Default: 1 GiB. */
  readonly imageBytes?: number | undefined;
  /** Maximum bytes that containers and volumes may write. Default: 256 MiB. */
  readonly layerBytes?: number | undefined;
}

/** The version of the API that a request speaks, `1.40` to `1.55`. */
export interface Versioned {
  readonly apiVersion: string;
}

/** Options of `GET /images/{name}/attestations`. */
export interface AttestationOptions {
  readonly platform?: Platform | undefined;
  /** Predicate types of the query, in order. Blank ones are ignored. */
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
  /** Aborts when the client disconnects. No further image gets its name then. */
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

/** Common options of operations that use a registry. */
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
  /** Values of `type` in the query. Undefined if the parameter is absent. */
  readonly types?: readonly string[] | undefined;
  readonly verbose?: boolean;
}
