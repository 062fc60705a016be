import { AttestdError } from '../support/foundation/errors.js';
import type { Log } from './log.js';

/** What the system says when files can no longer be relied on. */
const brokenDisk = new Set(['EIO', 'ENOSPC', 'EROFS', 'EDQUOT']);

/** Whether an error says that what the store holds is no longer known. */
function isStoreBroken(error: unknown): boolean {
  if (error instanceof AttestdError) return error.code === 'CORRUPT';
  return brokenDisk.has((error as NodeJS.ErrnoException | undefined)?.code ?? '');
}

/**
 * The last line of defence of a process that serves: an error that nobody has handled is logged, and the process goes on
 * for its other clients. An error of the store ends it, for going on could lose what was acknowledged.
 *
 * @param end ends the process
 * @returns takes the defence away
 */
export function surviveUnhandled(log: Log, end: (error: unknown) => void): () => void {
  const handle = (error: unknown): void => {
    const stack = error instanceof Error ? error.stack : undefined;
    log('error', `unhandled: ${error instanceof Error ? error.message : String(error)}`, { stack });
    if (isStoreBroken(error)) end(error);
  };
  process.on('uncaughtException', handle);
  process.on('unhandledRejection', handle);
  return () => {
    process.off('uncaughtException', handle);
    process.off('unhandledRejection', handle);
  };
}
