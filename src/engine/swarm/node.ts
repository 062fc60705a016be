import { embedded, type GoType, goString, map, named, struct } from '../../support/go/json.js';
import type { Context } from '../context.js';
import type { Annotations } from './annotations.js';
import type { ObjectKind } from './objects.js';

/** The configuration of a node (`swarm.NodeSpec`). */
export interface NodeSpec extends Pick<Annotations, 'Labels'> {
  Name?: string;
  /** `manager` or `worker`. */
  Role?: string;
  /** `active`, `pause` or `drain`. */
  Availability?: string;
}

export const nodeSpecType: GoType<NodeSpec> = struct<NodeSpec>('swarm.NodeSpec', {
  ...embedded<Pick<NodeSpec, 'Name' | 'Labels'>>('Annotations', { 'Name?': goString, Labels: map(goString) }),
  'Role?': named('swarm.NodeRole'),
  'Availability?': named('swarm.NodeAvailability'),
});

/** The state of a node. Its description comes from the daemon itself. */
export interface NodeData {
  readonly spec: NodeSpec;
  readonly hostname: string;
  /** The address for other nodes. */
  readonly address: string;
  /** The address and port of its manager for other nodes. */
  readonly managerAddress: string;
  /** Of the daemon that it is. */
  readonly engineLabels: Record<string, string> | undefined;
}

export const nodeKind: ObjectKind<NodeData> = {
  name: 'node',
  record: struct<NodeData>('state.Node', {
    spec: nodeSpecType,
    hostname: goString,
    address: goString,
    managerAddress: goString,
    engineLabels: map(goString),
  }),
  annotations: ({ hostname, engineLabels }) => ({ Name: hostname, Labels: engineLabels }),
  emitsEvents: true,
};

/** Returns the node's name and labels, which are those of its daemon. */
export function selfOf({
  identity,
  settings,
}: Pick<Context, 'identity' | 'settings'>): Pick<NodeData, 'hostname' | 'engineLabels'> {
  const pairs = settings.labels.map((label): [string, string] => {
    const [key = '', ...value] = label.split('=');
    return [key, value.join('=')];
  });
  return { hostname: identity.hostname, engineLabels: Object.fromEntries(pairs) };
}
