import { type NodeSpec, nodeSpecType } from '../../engine/swarm/node.js';
import { inspectNode, listNodes, removeNode, updateNode } from '../../engine/swarm/nodes.js';
import { zero } from '../../support/go/json/decode.js';
import { readJson } from '../json-body.js';
import type { DescribedHandlers } from '../operation.js';
import { filtersOf, readVersion } from '../swarm-parameters.js';

/** Operations on nodes of a swarm (docs/reference/behavior/swarm.md#nodes). */
export const handlers = {
  async NodeList(request, context) {
    return { kind: 'json', value: listNodes(context, await filtersOf(request)) };
  },
  NodeInspect: (request, context) => ({ kind: 'json', value: inspectNode(context, request.params.id) }),
  async NodeUpdate(request, context) {
    const spec = await readJson(request, nodeSpecType, () => zero(nodeSpecType) as NodeSpec);
    updateNode(context, request.params.id, await readVersion(request, 'node', true), spec);
    return { kind: 'empty' };
  },
  NodeDelete: (request, context) => removeNode(context, request.params.id),
} satisfies DescribedHandlers;
