import { AttestdError } from '../../support/foundation/errors.js';
import type { Context } from '../context.js';
import { renameEndpoints } from '../networks/attach.js';
import { renameLinks } from './create/links.js';
import { logContainerEvent } from './events.js';

/**
 * `POST /containers/{id}/rename` (docs/reference/behavior/containers.md#container-rename).
 *
 * @throws INVALID_ARGUMENT for an empty, malformed or unchanged name; NOT_FOUND; CONFLICT for a name in use
 */
export function renameContainer(context: Context, oldName: string, newName: string): void {
  const trimmedName = newName.trim();
  const empty = (name: string): boolean => name.trim().replace(/^\//, '') === '';
  if (empty(oldName) || empty(trimmedName))
    throw new AttestdError('INVALID_ARGUMENT', 'Neither old nor new names may be empty');
  const container = context.containers.resolve(oldName.trim());
  const before = container.name;
  if (before === (trimmedName.startsWith('/') ? trimmedName : `/${trimmedName}`)) {
    const reason = 'Renaming a container with the same name as its current name';
    throw new AttestdError('INVALID_ARGUMENT', reason);
  }
  try {
    container.name = context.containers.reserve(
      container.id,
      trimmedName.startsWith('/') ? trimmedName : `/${trimmedName}`,
    );
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    throw new AttestdError(error.code, `Error when allocating new name: ${error.message}`, { cause: error });
  }
  context.containers.release(before);
  renameLinks(context, container, before);
  if (container.state.running) renameEndpoints(context, container);
  logContainerEvent(context, container, 'rename', { oldName: before });
}
