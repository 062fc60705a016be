import { AttestdError } from '../../errors.js';
import type { JsonObject } from '../../go/json/render.js';
import type { Context } from '../context.js';
import { checkKeys, type Filters, matchesPairs, valuesOf } from '../filters.js';
import { parseTime } from '../timestamps.js';
import type { Container } from './container.js';
import { removeContainer } from './remove.js';

/**
 * `POST /containers/prune` (docs/behaviour.md#container-prune): removes what does not run.
 *
 * @throws INVALID_ARGUMENT for bad filters
 */
export async function pruneContainers(context: Context, filters: Filters): Promise<JsonObject> {
  checkKeys(filters, ['label', 'label!', 'until']);
  const until = untilOf(context, filters);
  const deleted: string[] = [];
  let reclaimed = 0;
  for (const container of context.containers.list()) {
    if (!isPrunable(container, filters, until)) continue;
    const size = container.fileSystem?.usage().writable ?? 0;
    try {
      await removeContainer(context, container, {});
    } catch (error) {
      // Somebody else was faster, or started it.
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

/** Milliseconds since 1970 before which a container must have been made. */
function untilOf(context: Context, filters: Filters): number | undefined {
  if (!filters.has('until')) return undefined;
  const [text, ...more] = valuesOf(filters, 'until');
  if (text === undefined || more.length > 0)
    throw new AttestdError('INVALID_ARGUMENT', 'more than one until filter specified');
  return Number(parseTime(text, context.clock()) / 1_000_000n);
}
