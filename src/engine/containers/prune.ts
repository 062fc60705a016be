import type { Context } from '../context.js';
import { checkKeys, type Filters, matchesPairs } from '../filters.js';
import { untilFilter } from '../until.js';
import type { AnswerOf } from '../wire.js';
import type { Container } from './container.js';
import { removeContainer } from './remove.js';

/**
 * `POST /containers/prune` (docs/reference/behavior/containers.md#container-prune): removes stopped containers.
 *
 * @throws INVALID_ARGUMENT for bad filters
 */
export async function pruneContainers(context: Context, filters: Filters): Promise<AnswerOf<'ContainerPrune'>> {
  checkKeys(filters, ['label', 'label!', 'until']);
  const until = untilFilter(context, filters);
  const deleted: string[] = [];
  let reclaimed = 0;
  for (const container of context.containers.list()) {
    if (!isPrunable(container, filters, until)) continue;
    const size = container.fileSystem?.usage().writable ?? 0;
    try {
      await removeContainer(context, container, {});
    } catch (error) {
      // Another request removed or started the container first.
      context.debug(`container ${container.id} was not pruned: ${(error as Error).message}`);
      continue;
    }
    reclaimed += size;
    deleted.push(container.id);
  }
  context.events.log('container', 'prune', { id: '', attributes: { reclaimed: String(reclaimed) } });
  return { ContainersDeleted: deleted.length === 0 ? null : deleted, SpaceReclaimed: reclaimed };
}

function isPrunable({ state, createdAt, config }: Container, filters: Filters, until: number | undefined): boolean {
  if (state.running) return false;
  if (until !== undefined && createdAt > until) return false;
  const labels = config.Labels ?? {};
  const unwanted = filters.get('label!')?.size ? matchesPairs(filters, 'label!', labels) : false;
  return matchesPairs(filters, 'label', labels) && !unwanted;
}
