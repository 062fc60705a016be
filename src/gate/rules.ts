import { AttestdError } from '../errors.js';
import { operations } from '../generated/operations.js';
import { operationFinder } from '../server/routes.js';

/** What the gate can be told to let through unjudged, and what it then gives away. */
export const exceptions = {
  build: 'builds, sessions and BuildKit: what a build runs is not judged',
  commit: 'commits: an image made of a container, judged when a container is made of it',
  swarm: 'swarms and services, whose tasks are containers that nobody asks for',
  plugins: 'plugins, which run as root',
  checkpoints: 'starts from a checkpoint, which may hold any process',
  'privileged-exec': 'privileged commands in containers that need not be privileged themselves',
  'daemon-socket': "mounts of the daemon's socket, and of folders that it is in",
} as const;

/** The name of an exception. */
export type Exception = keyof typeof exceptions;

/** What becomes of a request. */
export type Rule =
  | { readonly kind: 'pass' | 'hijack' | 'create' | 'start' | 'exec' | 'volume' }
  /** Refused unless the exception is made; then passed on, with an upgraded connection where it asks for one. */
  | { readonly kind: 'unjudged'; readonly exception: Exception; readonly upgrade?: boolean };

/** Operations that do not simply pass. */
const special: Readonly<Record<string, Rule>> = {
  ContainerCreate: { kind: 'create' },
  ContainerStart: { kind: 'start' },
  ContainerRestart: { kind: 'start' },
  // A restart policy starts a container with the daemon.
  ContainerUpdate: { kind: 'start' },
  ContainerExec: { kind: 'exec' },
  VolumeCreate: { kind: 'volume' },
  ContainerAttach: { kind: 'hijack' },
  ContainerAttachWebsocket: { kind: 'hijack' },
  ExecStart: { kind: 'hijack' },
  ImageBuild: { kind: 'unjudged', exception: 'build' },
  Session: { kind: 'unjudged', exception: 'build', upgrade: true },
  ImageCommit: { kind: 'unjudged', exception: 'commit' },
  SwarmInit: { kind: 'unjudged', exception: 'swarm' },
  SwarmJoin: { kind: 'unjudged', exception: 'swarm' },
  SwarmUpdate: { kind: 'unjudged', exception: 'swarm' },
  SwarmUnlock: { kind: 'unjudged', exception: 'swarm' },
  ServiceCreate: { kind: 'unjudged', exception: 'swarm' },
  ServiceUpdate: { kind: 'unjudged', exception: 'swarm' },
  NodeUpdate: { kind: 'unjudged', exception: 'swarm' },
  PluginPull: { kind: 'unjudged', exception: 'plugins' },
  PluginCreate: { kind: 'unjudged', exception: 'plugins' },
  PluginEnable: { kind: 'unjudged', exception: 'plugins' },
  PluginUpgrade: { kind: 'unjudged', exception: 'plugins' },
  PluginSet: { kind: 'unjudged', exception: 'plugins' },
};

/** What daemons have and the description has not. */
const undescribed: Readonly<Record<string, Rule>> = {
  'POST /grpc': { kind: 'unjudged', exception: 'build', upgrade: true },
  'POST /build/cancel': { kind: 'unjudged', exception: 'build' },
};

const operationOf = operationFinder(operations);

/** Names of containers and execs: with anything else between the slashes, the daemon may mean another operation. */
const oneName = /^\/(?:containers|exec)\/[A-Za-z0-9][A-Za-z0-9_.-]*(?:\/[a-z]+(?:\/ws)?)?$/;

/**
 * What becomes of a request. What is not in the description of the API is refused: nobody can say what it does.
 *
 * @param method as sent
 * @param path decoded and clean, without the version
 * @throws AttestdError FORBIDDEN for an operation that is not known
 */
export function ruleOf(method: string, path: string): { operation: string; rule: Rule } {
  const extra = undescribed[`${method} ${path}`];
  if (extra) return { operation: path.slice(1), rule: extra };
  const operation = operationOf(method, path);
  if (operation === undefined || (/^\/(containers|exec)\//.test(path) && !oneName.test(path)))
    throw new AttestdError('FORBIDDEN', `the gate knows no operation ${method} ${path}`);
  return { operation, rule: special[operation] ?? { kind: 'pass' } };
}
