import type { Platform } from '../oci/descriptor.js';
import type { PlatformMatcher } from '../oci/platform.js';
import type { ImageStore } from '../oci/store.js';
import type { EventBus } from './events/bus.js';
import type { Documents } from './images/documents.js';
import type { Snapshots } from './images/snapshots.js';
import type { Release } from './release.js';
import type { Channel, Identity } from './types.js';

/** The daemon's state, which every operation gets: `(context, …)`. Made by `makeContext`, ended by `closeContext`. */
export interface Context {
  readonly store: ImageStore;
  readonly documents: Documents;
  readonly snapshots: Snapshots;
  readonly events: EventBus;
  readonly channel: Channel;
  /** What the daemon says it is. */
  readonly release: Release;
  readonly identity: Identity;
  readonly clock: () => Date;
  readonly debug: (message: string) => void;
  /** The platform of the machine, as attestations are selected for by default. */
  readonly host: Platform;
  /** Prefers what the machine runs best. */
  readonly hostMatcher: PlatformMatcher;
}
