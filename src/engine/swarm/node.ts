import { type GoType, goString, named, struct } from '../../go/json.js';
import { type Annotations, annotationFields } from './annotations.js';
import type { ObjectKind } from './objects.js';

/** What a node is told to be (`swarm.NodeSpec`). */
export interface NodeSpec extends Annotations {
  Role: string;
  Availability: string;
}

export const nodeSpecType: GoType<NodeSpec> = struct<NodeSpec>('swarm.NodeSpec', {
  ...annotationFields,
  'Role?': named('swarm.NodeRole'),
  'Availability?': named('swarm.NodeAvailability'),
});

/** A node of a swarm; what it is made of is told by the daemon that it is. */
export interface NodeData {
  readonly spec: NodeSpec;
  readonly hostname: string;
  /** Where others reach it. */
  readonly address: string;
  /** Where they reach its manager, with the port. */
  readonly managerAddress: string;
}

export const nodeKind: ObjectKind<NodeData> = {
  name: 'node',
  record: struct<NodeData>('state.Node', {
    spec: nodeSpecType,
    hostname: goString,
    address: goString,
    managerAddress: goString,
  }),
  annotations: ({ spec, hostname }) => ({ Name: hostname, Labels: spec.Labels }),
  tells: true,
};
