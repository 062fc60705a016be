/**
 * The beginning and the end of a daemon's state. The operations themselves are functions of that state, one file each by
 * subject: `inspectImage(context, name, options)` answers what dockerd 29.7.2 answers to `GET /images/{name}/json`.
 *
 * Errors carry the daemon's text and a code whose HTTP status is the daemon's. Answers are plain objects with their keys
 * in dockerd's order (older API versions sort them), to be written with `renderJson`; attestations come as bytes.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Platform } from '../oci/descriptor.js';
import { anyOf, formatPlatformAll, only } from '../oci/platform.js';
import { realClock } from '../support/sandbox/clock.js';
import { Budget } from '../support/sandbox/fs/budget.js';
import { createFileSystem } from '../support/sandbox/fs/file-system.js';
import { simulatedModel } from '../support/sandbox/simulated.js';
import { ExecStore } from './containers/exec/exec.js';
import { LogQuota } from './containers/logs/log-quota.js';
import { RootFileSystems } from './containers/run/rootfs.js';
import { ContainerStore } from './containers/store.js';
import type { Context } from './context.js';
import { EventBus } from './events/bus.js';
import { Lineage } from './images/lineage.js';
import { ListCache } from './images/list-cache.js';
import { ImageMetadataCache } from './images/metadata-cache.js';
import { ImageMetadataFile } from './images/metadata-file.js';
import { Snapshots } from './images/snapshots.js';
import { defaultImageBytes, defaultLayerBytes } from './limits.js';
import { PublishedPorts } from './networks/publish.js';
import { NetworkStore } from './networks/store.js';
import { ObjectQuota } from './object-quota.js';
import { openRegistryAccess } from './registry/access.js';
import { currentRelease } from './release.js';
import { defaultSettings } from './settings.js';
import { SwarmMembership } from './swarm/membership.js';
import { TaskStore } from './swarm/task-store.js';
import { nanoseconds } from './timestamps.js';
import type { EngineOptions } from './types.js';
import { VolumeStore } from './volumes/store.js';

/** Default level of an amd64 host. dockerd detects it; a reference server must answer the same everywhere. */
const amd64Level = 'v3';

/**
 * Creates a daemon's state.
 *
 * @param options the store, which the caller closes, and the daemon's configuration
 */
export function createContext(options: EngineOptions): Context {
  const { store, channel, clock = () => new Date(), debug = () => undefined, warn = debug } = options;
  const { time = realClock } = options;
  const settings = { ...defaultSettings, ...options.settings };
  const { variant, ...plain } = options.host;
  const amd64 = plain.architecture === 'amd64';
  const level = variant ?? (amd64 ? amd64Level : undefined);
  const leveled = level === undefined ? plain : { ...plain, variant: level };
  const hostMatcher = only(leveled);
  const documents = store.manifests;
  const events = new EventBus(() => nanoseconds(clock()));
  const quota = new ObjectQuota();
  const containers = new ContainerStore(quota);
  const layers = new Budget(options.layerBytes ?? defaultLayerBytes);
  return {
    store,
    manifests: documents,
    snapshots: new Snapshots(documents, hostMatcher),
    imageMetadata: new ImageMetadataCache(anyOf([], hostMatcher), metadataFile(store.derived, leveled)),
    lists: new ListCache(),
    lineage: new Lineage(),
    events,
    registries: openRegistryAccess({ debug, ...options.registries }),
    channel,
    release: options.release ?? currentRelease,
    identity: { id: options.id ?? randomUUID(), hostname: options.hostname ?? hostname() },
    settings,
    startedWith: { debugging: options.debugging ?? false, openTo: options.openTo ?? (() => []) },
    clock,
    debug,
    host: amd64 ? plain : leveled,
    hostMatcher,
    timers: time,
    signatures: options.signatures,
    admission: options.admission,
    quota,
    containers,
    logQuota: new LogQuota(() => containers.list().map(({ log }) => log)),
    execs: new ExecStore(time, quota),
    rootfs: new RootFileSystems(documents, new Budget(options.imageBytes ?? defaultImageBytes), time),
    layerBudget: layers,
    networks: new NetworkStore(time, settings.addressPools, quota),
    publishedPorts: new PublishedPorts(),
    volumes: new VolumeStore(time, layers, events, settings.dataRoot, quota),
    swarm: new SwarmMembership({ clock: time, events, budget: layers }),
    tasks: new TaskStore(events),
    machine: createFileSystem({ budget: layers, clock: time }),
    processes: options.processes ?? simulatedModel({ log: { debug, warn } }),
  };
}

/** Stops containers, published ports, registry connections and event subscriptions. The store stays open. */
export async function closeContext(context: Context): Promise<void> {
  context.tasks.close();
  for (const container of context.containers.list()) {
    container.restarts.cancel();
    container.sandbox?.dispose();
  }
  context.publishedPorts.close();
  context.events.close();
  await context.imageMetadata.close();
  await context.registries.registry.close();
}

/** Returns the metadata file of a store. It is bound to the host platform, because the best manifest depends on it. */
function metadataFile(directory: string | undefined, host: Platform): ImageMetadataFile | undefined {
  return directory === undefined
    ? undefined
    : new ImageMetadataFile(join(directory, 'facts'), `facts 2 ${formatPlatformAll(host)}`);
}
