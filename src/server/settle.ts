import type { StateKeeper } from '../engine/state/keeper.js';
import type { OperationEntry } from '../spec/table.js';
import type { ServiceOptions } from './service.js';

/** Whether somebody only reads, who is promised nothing. */
export const isRead = ({ method }: OperationEntry): boolean => method === 'GET' || method === 'HEAD';

/** Whether an operation may change what is kept; to wait for a container is none of that. */
export const mayChange = (operation: OperationEntry): boolean => !isRead(operation) && !isWait(operation);

const isWait = ({ operationId }: OperationEntry): boolean => operationId === 'ContainerWait';

/** What keeps what requests change. A container that a request names may have changed without an event. */
export function settleBy(keeper: StateKeeper): NonNullable<ServiceOptions['settle']> {
  return (operation, { id }) => {
    // How containers end that end with the daemon is told, and not kept.
    if (keeper.closed && isWait(operation)) return Promise.resolve();
    const { tag, method } = operation;
    if (tag === 'Container' && id !== undefined) keeper.touchContainer(id);
    // Which container is named in the body.
    if (tag === 'Network' && method === 'POST' && id !== undefined) keeper.touchContainers();
    return keeper.flush();
  };
}
