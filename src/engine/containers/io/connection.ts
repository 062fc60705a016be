import type { Duplex } from 'node:stream';

/** Resolves when a connection is closed. */
export function closed(connection: Duplex): Promise<void> {
  return new Promise((resolve) => {
    if (connection.destroyed) resolve();
    else connection.once('close', () => resolve());
  });
}

/**
 * Wait until a connection takes more.
 *
 * @param signal gives up
 * @returns whether it does: not when it was closed first
 */
export function drained(connection: Duplex, signal?: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (open: boolean): void => {
      connection.off('drain', onDrain);
      connection.off('close', onEnd);
      signal?.removeEventListener('abort', onEnd);
      resolve(open);
    };
    const onDrain = (): void => finish(true);
    const onEnd = (): void => finish(false);
    if (connection.destroyed || signal?.aborted) return resolve(false);
    connection.on('drain', onDrain);
    connection.on('close', onEnd);
    signal?.addEventListener('abort', onEnd);
  });
}
