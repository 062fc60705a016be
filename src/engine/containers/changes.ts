import type { Readable } from 'node:stream';
import { AttestdError } from '../../errors.js';
import { giveWay } from '../../turns.js';
import type { Context } from '../context.js';
import type { AnswerOf } from '../wire.js';
import { tarOfEntries } from './archive-entries.js';
import { logContainerEvent } from './events.js';

/**
 * `GET /containers/{id}/changes` (docs/behaviour.md#container-changes-and-export).
 *
 * @returns null without changes
 * @throws NOT_FOUND
 */
export async function containerChanges(context: Context, name: string): Promise<AnswerOf<'ContainerChanges'>> {
  const search = context.containers.resolve(name).fileSystem?.searchChanges();
  let found = search?.next();
  while (found?.done === false) {
    await giveWay();
    found = search?.next();
  }
  const changes = found?.value ?? [];
  return changes.length === 0 ? null : changes.map(({ path, kind }) => ({ Path: path, Kind: kind }));
}

/**
 * `GET /containers/{id}/export` (docs/behaviour.md#container-changes-and-export): everything but what is mounted.
 *
 * @throws NOT_FOUND; CONFLICT when it is being removed
 */
export function exportContainer(context: Context, name: string): Readable {
  const container = context.containers.resolve(name);
  const { state, id, fileSystem } = container;
  const refuse = (why: string): never => {
    throw new AttestdError('CONFLICT', `You cannot export container ${id} which is ${why}`);
  };
  if (state.dead) refuse('Dead');
  if (state.removing) refuse('being removed');
  if (fileSystem === undefined) throw new AttestdError('INTERNAL', `container ${id} has no rootfs`);
  const archive = tarOfEntries(fileSystem.entries('/', { name: '' }));
  archive.once('end', () => logContainerEvent(context, container, 'export'));
  return archive;
}
