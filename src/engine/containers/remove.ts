import { AttestdError } from '../../support/foundation/errors.js';
import { quote } from '../../support/go/quote.js';
import type { Context } from '../context.js';
import { disconnectFromNetworks } from '../networks/attach.js';
import { releaseMounts } from '../volumes/mounts.js';
import type { Container } from './container.js';
import { releaseLinks, removeLink } from './create/links.js';
import { logContainerEvent } from './events.js';
import { kill, stop } from './run/stop.js';

/** Options of a container's removal. */
export interface RemoveContainerOptions {
  /** Kill it when it runs. */
  readonly force?: boolean;
  /** Remove its anonymous volumes. */
  readonly volumes?: boolean;
  /** Remove a link, not the container. */
  readonly link?: boolean;
}

/**
 * `DELETE /containers/{id}` (docs/reference/behavior/containers.md#container-remove).
 *
 * @throws NOT_FOUND; CONFLICT when it runs, is paused or is being removed
 */
export async function removeByName(context: Context, name: string, options: RemoveContainerOptions): Promise<void> {
  const container = context.containers.resolve(name);
  if (container.state.removing)
    throw new AttestdError('CONFLICT', `removal of container ${name} is already in progress`);
  if (options.link) return removeLink(context, name);
  try {
    await removeContainer(context, container, options);
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    throw new AttestdError(error.code, `cannot remove container ${quote(name)}: ${error.message}`, { cause: error });
  }
}

/**
 * Remove a container.
 *
 * @throws CONFLICT when it runs and is not to be forced
 */
export async function removeContainer(
  context: Context,
  container: Container,
  { force = false, volumes = false }: RemoveContainerOptions,
): Promise<void> {
  const { state } = container;
  if (context.containers.byId(container.id) === undefined) return;
  if (state.removing) throw new AttestdError('CONFLICT', `removal of container ${container.id} is already in progress`);
  state.removing = true;
  try {
    if (state.running && !force) rejectRunning(container);
    if (state.running) await kill(context, container).catch(() => undefined);
    // A restart that is due would bring it back.
    await stop(context, container, { timeout: 3 });
    state.dead = true;
    container.restarts.cancel();
    // A client may have attached to a container that was never started.
    container.streams.end();
    disconnectFromNetworks(context, container);
    await releaseMounts(context, container, volumes);
    container.fileSystem?.dispose();
    container.fileSystem = undefined;
    container.systemFiles = undefined;
    context.execs.deleteOf(container.id);
    releaseLinks(context, container, container.name);
    context.containers.remove(container);
    state.setRemoved();
    logContainerEvent(context, container, 'destroy');
  } finally {
    state.removing = false;
  }
}

function rejectRunning({ state }: Container): never {
  throw new AttestdError(
    'CONFLICT',
    state.paused
      ? 'container is paused and must be unpaused first'
      : `container is ${state.status}: stop the container before removing or force remove`,
  );
}
