import type { Api } from './api.js';
import * as ofContainers from './containers/probes.js';
import type { ContentClient } from './content/client.js';
import type { Daemon } from './daemon.js';
import * as probes from './probes.js';
import type { Session } from './session.js';

/** `standard` is published, `experimental` is the proposal beyond it. */
export type Channel = 'standard' | 'experimental';

/** Result of a probe. */
export interface Finding {
  readonly supported: boolean;
  /** The daemon's answer, in a few words. */
  readonly evidence: string;
  /** Nothing is known: from where the run is made, it cannot be tried. Its requirements are skipped, not unsupported. */
  readonly untried?: boolean;
}

/** Services for probes. */
export interface ProbeContext {
  readonly api: Api;
  readonly daemon: Daemon;
  readonly session: Session;
  content(): Promise<ContentClient>;
}

/** A named ability of a daemon. */
export interface Feature {
  readonly channel: Channel;
  readonly title: string;
  /** First API version that has it; a daemon below is not probed. */
  readonly since?: string;
  /** Features that this one depends on. */
  readonly needs?: readonly string[];
  /**
   * Finds out whether the daemon has it. Only what says so declines a feature: 501, UNIMPLEMENTED, or what the daemon
   * publishes of itself. Any other wrong answer is a fault for the requirements to find.
   */
  readonly probe?: (context: ProbeContext) => Promise<Finding>;
}

/** All features, in the order of reports. */
export const features = {
  engine: {
    channel: 'standard',
    title: 'Engine API basics: ping, version, info, errors, version negotiation',
    since: '1.24',
  },
  images: {
    channel: 'standard',
    title: 'images from archives: load, list, inspect, history, get, tag, delete',
    since: '1.24',
    probe: probes.images,
  },
  'containerd-store': {
    channel: 'standard',
    title: 'images are kept by their index, as the containerd image store does; ids are digests of roots',
    probe: probes.containerdStore,
  },
  'graph-store': {
    channel: 'standard',
    title: 'one platform of each image is kept, as graph drivers do; ids are digests of configs',
    probe: probes.graphStore,
  },
  'as-dockerd': {
    channel: 'standard',
    title: 'where the description leaves an answer open, the one of dockerd',
    probe: probes.asDockerd,
  },
  prune: { channel: 'standard', title: 'pruning images', since: '1.25' },
  events: { channel: 'standard', title: 'image events', since: '1.24' },
  'list-manifests': {
    channel: 'standard',
    title: 'manifests in image lists',
    since: '1.47',
    needs: ['containerd-store'],
  },
  'inspect-manifests': {
    channel: 'standard',
    title: 'manifests and descriptor in image inspect',
    since: '1.48',
    needs: ['containerd-store'],
  },
  platforms: {
    channel: 'standard',
    title: 'platform selection in history, load and get',
    since: '1.48',
    needs: ['containerd-store'],
  },
  'inspect-platform': {
    channel: 'standard',
    title: 'platform selection in image inspect',
    since: '1.49',
    needs: ['containerd-store'],
  },
  'delete-platforms': {
    channel: 'standard',
    title: 'platform selection in delete',
    since: '1.50',
    needs: ['containerd-store'],
  },
  'event-formats': { channel: 'standard', title: 'content negotiation of the event stream', since: '1.52' },
  'disk-usage': { channel: 'standard', title: 'typed disk usage', since: '1.42' },
  'incomplete-images': {
    channel: 'standard',
    title: 'images with absent content are kept',
    since: '1.48',
    needs: ['containerd-store'],
  },
  attestations: {
    channel: 'standard',
    title: 'GET /images/{name}/attestations',
    since: '1.55',
    probe: probes.attestations,
  },
  content: {
    channel: 'standard',
    title: 'read-only content service over gRPC',
    since: '1.55',
    needs: ['containerd-store'],
    probe: probes.content,
  },
  containers: {
    channel: 'standard',
    title: 'containers: create, start, stop, inspect, list, logs, attach, archives, remove',
    since: '1.24',
    needs: ['images'],
    probe: ofContainers.containers,
  },
  exec: { channel: 'standard', title: 'commands in containers that run', since: '1.24', needs: ['containers'] },
  volumes: { channel: 'standard', title: 'volumes, and their mounts', since: '1.24', needs: ['containers'] },
  networks: {
    channel: 'standard',
    title: 'networks of users',
    since: '1.24',
    needs: ['containers'],
    probe: ofContainers.networks,
  },
  bridge: {
    channel: 'standard',
    title: 'containers that run in networks of the driver bridge',
    since: '1.24',
    needs: ['networks'],
    probe: ofContainers.bridge,
  },
  limits: {
    channel: 'standard',
    title: 'bounds of memory, processors and processes',
    since: '1.25',
    needs: ['containers'],
    probe: ofContainers.limits,
  },
  pausing: { channel: 'standard', title: 'pause and unpause', since: '1.24', needs: ['containers'] },
  processes: { channel: 'standard', title: 'lists of processes', since: '1.24', needs: ['containers'] },
  statistics: { channel: 'standard', title: 'statistics of what runs', since: '1.24', needs: ['containers'] },
  changes: { channel: 'standard', title: "changes of a container's files", since: '1.24', needs: ['containers'] },
  commit: { channel: 'standard', title: 'images of containers', since: '1.24', needs: ['containers'] },
  'health-checks': { channel: 'standard', title: 'health checks', since: '1.25', needs: ['containers'] },
  websockets: { channel: 'standard', title: 'attaching by WebSocket', since: '1.24', needs: ['containers'] },
  'no-swarm': {
    channel: 'standard',
    title: 'operations of a swarm, as a daemon answers them that is in none',
    since: '1.24',
    probe: probes.noSwarm,
  },
  plugins: { channel: 'standard', title: 'plugins', since: '1.25', probe: probes.plugins },
  registry: {
    channel: 'standard',
    title: 'pull from and push to a registry',
    since: '1.24',
    needs: ['images'],
    probe: probes.registry,
  },
  distribution: {
    channel: 'standard',
    title: 'looking up images in their registry',
    since: '1.30',
    needs: ['registry'],
    probe: probes.distribution,
  },
  search: { channel: 'standard', title: 'searching registries', since: '1.24', probe: probes.search },
  'search-registry': {
    channel: 'standard',
    title: 'searching a registry that the term names',
    since: '1.24',
    needs: ['search', 'registry'],
  },
  import: { channel: 'standard', title: 'images of a tar of files', since: '1.24', needs: ['images'] },
  build: {
    channel: 'standard',
    title: 'the classic builder',
    since: '1.38',
    needs: ['images'],
    probe: probes.build,
  },
  'build-cache': { channel: 'standard', title: 'pruning the build cache', since: '1.31', probe: probes.buildCache },
  statements: {
    channel: 'experimental',
    title: 'Statements of attestation manifests in list and inspect',
    since: '1.55',
    needs: ['containerd-store'],
    probe: probes.statements,
  },
  'type-lists': {
    channel: 'experimental',
    title: 'comma-separated type values',
    since: '1.55',
    probe: probes.typeLists,
  },
} as const satisfies Record<string, Feature>;

/** Name of a feature. */
export type FeatureName = keyof typeof features;

/** All names, in the order of reports. */
export const featureNames = Object.keys(features) as readonly FeatureName[];

/** The entry of a feature. */
export function feature(name: FeatureName): Feature {
  return features[name];
}

const needed = new Map<FeatureName, readonly FeatureName[]>();

/** A feature with all that it needs, what is needed first. */
function chain(name: FeatureName): readonly FeatureName[] {
  let known = needed.get(name);
  if (!known) {
    known = [...withNeeds((feature(name).needs ?? []) as readonly FeatureName[]), name];
    needed.set(name, known);
  }
  return known;
}

/** Features with all that they need, each once, what is needed first. */
export function withNeeds(names: readonly FeatureName[]): readonly FeatureName[] {
  return [...new Set(names.flatMap(chain))];
}
