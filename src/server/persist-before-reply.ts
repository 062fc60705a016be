import type { StateKeeper } from '../engine/state/keeper.js';
import type { AppOptions } from './app.js';

/** Whether somebody only reads, who is promised nothing. */
export const isRead = (method: string | undefined): boolean => method === 'GET' || method === 'HEAD';

/** Whether an operation only waits for a container, which changes nothing. */
export const isWait = (operationId: string): boolean => operationId === 'ContainerWait';

/** What keeps what requests change. A container that a request names may have changed without an event. */
export function persistBeforeReply(keeper: StateKeeper): NonNullable<AppOptions['settle']> {
  return ({ operationId, tag, method }, { id }) => {
    // How containers end that end with the daemon is told, and not kept.
    if (keeper.closed && isWait(operationId)) return Promise.resolve();
    if (tag === 'Container' && id !== undefined) keeper.markContainer(id);
    // Which container is named in the body.
    if (tag === 'Network' && method === 'POST' && id !== undefined) keeper.markContainers();
    return keeper.flush();
  };
}
