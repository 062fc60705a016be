import type { Platform } from '../oci/descriptor.js';
import { only, type PlatformMatcher } from '../oci/platform.js';
import type { ImageStore } from '../oci/store.js';
import { EventBus } from './events/bus.js';
import { Documents } from './images/documents.js';
import { Snapshots } from './images/snapshots.js';
import { nanoseconds } from './timestamps.js';
import type { Channel, EngineOptions } from './types.js';

/** What the operations share. */
export interface Context {
  readonly store: ImageStore;
  readonly documents: Documents;
  readonly snapshots: Snapshots;
  readonly events: EventBus;
  readonly channel: Channel;
  readonly clock: () => Date;
  readonly debug: (message: string) => void;
  /** The platform of the machine, as attestations are selected for by default. */
  readonly host: Platform;
  /** Prefers what the machine runs best. */
  readonly hostMatcher: PlatformMatcher;
}

/** Level of an amd64 machine that is not told: dockerd asks the processor, a stand-in answers the same everywhere. */
const amd64Level = 'v3';

/** Put together what the operations share. */
export function makeContext(options: EngineOptions): Context {
  const { store, channel, clock = () => new Date(), debug = () => undefined } = options;
  const { variant, ...plain } = options.host;
  const amd64 = plain.architecture === 'amd64';
  const level = variant ?? (amd64 ? amd64Level : undefined);
  const leveled = level === undefined ? plain : { ...plain, variant: level };
  const hostMatcher = only(leveled);
  const documents = new Documents(store.content);
  return {
    store,
    documents,
    snapshots: new Snapshots(documents, hostMatcher),
    events: new EventBus(() => nanoseconds(clock())),
    channel,
    clock,
    debug,
    host: amd64 ? plain : leveled,
    hostMatcher,
  };
}
