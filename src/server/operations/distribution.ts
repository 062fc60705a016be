import { inspectDistribution } from '../../engine/registry/distribution.js';
import type { DescribedHandlers } from '../operation.js';

/** Distribution operations; there is no registry behind the server (docs/behaviour.md#registries-without-a-network). */
export const handlers: DescribedHandlers = {
  async DistributionInspect(request, context) {
    return { kind: 'json', value: await inspectDistribution(context, request.params.name ?? '') };
  },
};
