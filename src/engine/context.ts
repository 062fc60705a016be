import type { Platform } from '../oci/descriptor.js';
import type { ManifestCache } from '../oci/manifest-cache.js';
import type { PlatformMatcher } from '../oci/platform.js';
import type { ImageStore } from '../oci/store.js';
import type { Clock } from '../support/sandbox/clock.js';
import type { ByteBudget, FileSystem } from '../support/sandbox/fs/types.js';
import type { ProcessModel } from '../support/sandbox/types.js';
import type { Admission } from './containers/create/admission.js';
import type { ExecStore } from './containers/exec/exec.js';
import type { LogQuota } from './containers/logs/log-quota.js';
import type { RootFileSystems } from './containers/run/rootfs.js';
import type { ContainerStore } from './containers/store.js';
import type { EventBus } from './events/bus.js';
import type { SignatureReader } from './images/identity.js';
import type { Lineage } from './images/lineage.js';
import type { ListCache } from './images/list-cache.js';
import type { ImageMetadataCache } from './images/metadata-cache.js';
import type { Snapshots } from './images/snapshots.js';
import type { PublishedPorts } from './networks/publish.js';
import type { NetworkStore } from './networks/store.js';
import type { ObjectQuota } from './object-quota.js';
import type { RegistryAccess } from './registry/access.js';
import type { Release } from './release.js';
import type { DaemonSettings } from './settings.js';
import type { SwarmMembership } from './swarm/membership.js';
import type { TaskStore } from './swarm/task-store.js';
import type { Channel, Identity } from './types.js';
import type { VolumeStore } from './volumes/store.js';

/** The daemon's state, which every operation gets: `(context, …)`. Made by `makeContext`, ended by `closeContext`. */
export interface Context {
  readonly store: ImageStore;
  readonly manifests: ManifestCache;
  readonly snapshots: Snapshots;
  /** Metadata of images, derived from their content. */
  readonly imageMetadata: ImageMetadataCache;
  /** Elements of lists of images. */
  readonly lists: ListCache;
  /** Parents of images that were committed or built here. */
  readonly lineage: Lineage;
  readonly events: EventBus;
  readonly registries: RegistryAccess;
  readonly channel: Channel;
  /** The daemon's version. */
  readonly release: Release;
  readonly identity: Identity;
  /** The daemon's configuration. */
  readonly settings: DaemonSettings;
  /** Start options that `/info` reports. */
  readonly startedWith: { readonly debugging: boolean; readonly openTo: () => readonly string[] };
  readonly clock: () => Date;
  readonly debug: (message: string, fields?: Readonly<Record<string, string>>) => void;
  /** The platform of the machine, as attestations are selected for by default. */
  readonly host: Platform;
  /** Prefers the platforms that run best on the host. */
  readonly hostMatcher: PlatformMatcher;
  /** Timers of containers and their processes. */
  readonly timers: Clock;
  /** Reads the signatures of images. Undefined without a trusted root. */
  readonly signatures?: SignatureReader | undefined;
  /** Decides whether an image may be used. Undefined without a policy. */
  readonly admission?: Admission | undefined;
  /** The memory quota of all objects that clients create. */
  readonly quota: ObjectQuota;
  readonly containers: ContainerStore;
  /** The memory quota of all container logs. */
  readonly logQuota: LogQuota;
  readonly execs: ExecStore;
  readonly networks: NetworkStore;
  readonly publishedPorts: PublishedPorts;
  readonly volumes: VolumeStore;
  /** The swarm that the daemon is in. */
  readonly swarm: SwarmMembership;
  /** The tasks of swarm services. */
  readonly tasks: TaskStore;
  /** The simulated machine's own files, which binds of containers show. */
  readonly machine: FileSystem;
  readonly rootfs: RootFileSystems;
  /** Bytes that all writable layers and volumes may take. */
  readonly layerBudget: ByteBudget;
  /** Runs or simulates the processes of containers. */
  readonly processes: ProcessModel;
}
