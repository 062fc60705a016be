import { operations } from '../generated/operations.js';
import { operationFinder } from '../server/routes.js';
import { AttestdError } from '../support/foundation/errors.js';
import type { Exception } from './exceptions.js';

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
