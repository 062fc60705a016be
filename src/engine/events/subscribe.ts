import type { Context } from '../context.js';
import { parseFilters } from '../filters.js';
import type { EventOptions } from '../types.js';
import { type DaemonEvent, eventRange } from './bus.js';

/**
 * `GET /events`: buffered events in range, then new ones until `until` or the signal aborts. The subscription begins
 * with the call, so that no event is lost before the first read.
 *
 * @throws INVALID_ARGUMENT synchronously, for a bad time before bad filters (docs/reference/behavior/daemon.md#events);
 * NO_SPACE if all filters together are too long
 */
export function subscribeEvents(
  context: Context,
  options: EventOptions = {},
  signal?: AbortSignal,
): AsyncIterable<DaemonEvent> {
  const range = eventRange(options.since, options.until);
  const filters = parseFilters(options.filters);
  return context.events.subscribe({ ...range, filters, filterLength: options.filters?.length ?? 0 }, signal);
}
