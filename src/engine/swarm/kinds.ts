import { clusterKind } from './cluster.js';
import { configKind, secretKind } from './content-kind.js';
import { networkKind } from './networks.js';
import { nodeKind } from './node.js';
import type { ObjectKind } from './objects.js';
import { serviceKind } from './service.js';

/** All kinds of things that a swarm keeps. */
export const swarmKinds: readonly ObjectKind<unknown>[] = [
  clusterKind,
  nodeKind,
  networkKind,
  secretKind,
  configKind,
  serviceKind,
];
