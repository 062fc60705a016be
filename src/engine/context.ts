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
  /** What the content of images says. */
  readonly imageMetadata: ImageMetadataCache;
  /** Elements of lists of images. */
  readonly lists: ListCache;
  /** Which image was made of which. */
  readonly lineage: Lineage;
  readonly events: EventBus;
  readonly registries: RegistryAccess;
  readonly channel: Channel;
  /** What the daemon says it is. */
  readonly release: Release;
  readonly identity: Identity;
  /** How it is set up. */
  readonly settings: DaemonSettings;
  /** What /info tells of how it was started. */
  readonly startedWith: { readonly debugging: boolean; readonly openTo: () => readonly string[] };
  readonly clock: () => Date;
  readonly debug: (message: string, fields?: Readonly<Record<string, string>>) => void;
  /** The platform of the machine, as attestations are selected for by default. */
  readonly host: Platform;
  /** Prefers what the machine runs best. */
  readonly hostMatcher: PlatformMatcher;
  /** What everything about containers waits on. */
  readonly timers: Clock;
  /** Tells of images' signatures; nothing without it. */
  readonly signatures?: SignatureReader | undefined;
  /** Asked before an image is used; nobody without it. */
  readonly admission?: Admission | undefined;
  /** What all that clients make takes of the process's memory. */
  readonly quota: ObjectQuota;
  readonly containers: ContainerStore;
  /** What the logs of containers may take together. */
  readonly logQuota: LogQuota;
  readonly execs: ExecStore;
  readonly networks: NetworkStore;
  readonly publishedPorts: PublishedPorts;
  readonly volumes: VolumeStore;
  /** The swarm that the daemon is in. */
  readonly swarm: SwarmMembership;
  /** What the services of the swarm run. */
  readonly tasks: TaskStore;
  /** The simulated machine's own files, which binds of containers show. */
  readonly machine: FileSystem;
  readonly rootfs: RootFileSystems;
  /** Bytes that all writable layers and volumes may take. */
  readonly layerBudget: ByteBudget;
  /** Runs what containers run, or says that it does. */
  readonly processes: ProcessModel;
}
