import { inspectDistribution } from '../../engine/registry/distribution.js';
import type { DescribedHandlers } from '../operation.js';
import { registryUse } from '../registry-use.js';

/** Distribution operations (docs/reference/registries.md). */
export const handlers = {
  async DistributionInspect(request, context) {
    return { kind: 'json', value: await inspectDistribution(context, request.params.name, registryUse(request)) };
  },
} satisfies DescribedHandlers;
