import type { OperationHandlers } from '../operation.js';

/** Distribution operations; there is no registry behind the server (docs/behaviour.md#registries-without-a-network). */
export const handlers: OperationHandlers = {
  async DistributionInspect(request, engine) {
    return { kind: 'json', value: await engine.distribution(request.params.name ?? '') };
  },
};
