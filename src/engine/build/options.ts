import type { Platform } from '../../oci/descriptor.js';
import type { Credentials } from '../../support/registry-client/types.js';
import type { Ulimit } from '../containers/create/resources.js';

/** What `POST /build` asks for, as the query has it. */
export interface BuildOptions {
  /** Names for the image. */
  readonly tags: readonly string[];
  /** Path of the Dockerfile in the context; `Dockerfile` when it is empty. */
  readonly dockerfile: string;
  /** Where the context is, instead of the body. */
  readonly remote: string;
  /** The last stage to be built; all when it is empty. */
  readonly target: string;
  /** Say nothing but the image's id, unless it fails. */
  readonly quiet: boolean;
  readonly noCache: boolean;
  /** Images whose steps may be taken over. */
  readonly cacheFrom: readonly string[];
  /** Pull images even if they are there. */
  readonly pull: boolean;
  /** Remove the containers of steps that succeed, and with `forceRemove` of those that fail. */
  readonly remove: boolean;
  readonly forceRemove: boolean;
  readonly arguments: ReadonlyMap<string, string | null>;
  readonly labels: Readonly<Record<string, string>>;
  readonly platform: Platform | undefined;
  readonly host: HostOptions;
  /** What is known of a registry, by its name. */
  readonly credentials: (registry: string) => Credentials;
}

/** What the containers of a build are made with; numbers as in a create request. */
export interface HostOptions {
  readonly networkMode: string;
  readonly extraHosts: readonly string[];
  readonly memory: number;
  readonly memorySwap: number;
  readonly shmSize: number;
  readonly cpuShares: number;
  readonly cpuPeriod: number;
  readonly cpuQuota: number;
  readonly cpusetCpus: string;
  readonly cpusetMems: string;
  readonly cgroupParent: string;
  readonly ulimits: readonly Ulimit[];
}
