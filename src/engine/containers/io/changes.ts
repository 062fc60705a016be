import type { Readable } from 'node:stream';
import { AttestdError } from '../../../support/foundation/errors.js';
import { yieldIfDue } from '../../../support/foundation/scheduler.js';
import type { Change } from '../../../support/sandbox/fs/types.js';
import type { Context } from '../../context.js';
import { maxChangesPerSlice } from '../../limits.js';
import { logContainerEvent } from '../events.js';
import { tarOfEntries } from './archive-entries.js';

/** Changes of a container, computed lazily: a container may have hundreds of thousands. */
interface ContainerChanges {
  readonly length: number;
  items(): AsyncGenerator<{ readonly Path: string; readonly Kind: Change['kind'] }>;
}

/**
 * `GET /containers/{id}/changes` (docs/reference/behavior/files.md#container-changes-and-export).
 *
 * @throws NOT_FOUND
 */
export async function containerChanges(context: Context, name: string): Promise<ContainerChanges> {
  const search = context.containers.resolve(name).fileSystem?.searchChanges();
  let found = search?.next();
  while (found?.done === false) {
    await yieldIfDue();
    found = search?.next();
  }
  const changes = found?.value ?? [];
  return {
    length: changes.length,
    async *items() {
      for (const [at, { path, kind }] of changes.entries()) {
        if (at % maxChangesPerSlice === maxChangesPerSlice - 1) await yieldIfDue();
        yield { Path: path, Kind: kind };
      }
    },
  };
}

/**
 * `GET /containers/{id}/export` (docs/reference/behavior/files.md#container-changes-and-export): the file system
 * without mounts.
 *
 * @throws NOT_FOUND; CONFLICT if the container is being removed
 */
export function exportContainer(context: Context, name: string): Readable {
  const container = context.containers.resolve(name);
  const { state, id, fileSystem } = container;
  const refuse = (reason: string): never => {
    throw new AttestdError('CONFLICT', `You cannot export container ${id} which is ${reason}`);
  };
  if (state.dead) refuse('Dead');
  if (state.removing) refuse('being removed');
  if (fileSystem === undefined) throw new AttestdError('INTERNAL', `container ${id} has no rootfs`);
  const archive = tarOfEntries(fileSystem.entries('/', { name: '' }));
  archive.once('end', () => logContainerEvent(context, container, 'export'));
  return archive;
}
