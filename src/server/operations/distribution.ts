import { inspectDistribution } from '../../engine/registry/distribution.js';
import type { OperationHandlers } from '../operation.js';

/** Distribution operations; there is no registry behind the server (docs/behaviour.md#registries-without-a-network). */
export const handlers: OperationHandlers = {
  async DistributionInspect(request, context) {
    return { kind: 'json', value: await inspectDistribution(context, request.params.name ?? '') };
  },
};
