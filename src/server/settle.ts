import type { StateKeeper } from '../engine/state/keeper.js';
import type { OperationEntry } from '../spec/table.js';
import type { ServiceOptions } from './service.js';

/** Whether an operation may change what is kept: whoever reads, or waits for a container, is promised nothing. */
export function mayChange({ method, operationId }: OperationEntry): boolean {
  return method !== 'GET' && method !== 'HEAD' && operationId !== 'ContainerWait';
}

/** What keeps what requests change. A container that a request names may have changed without an event. */
export function settleBy(keeper: StateKeeper): NonNullable<ServiceOptions['settle']> {
  return ({ tag, method }, { id }) => {
    if (tag === 'Container' && id !== undefined) keeper.touchContainer(id);
    // Which container is named in the body.
    if (tag === 'Network' && method === 'POST' && id !== undefined) keeper.touchContainers();
    return keeper.flush();
  };
}
