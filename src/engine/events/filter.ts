import { familiarName, parseReference } from '../../oci/reference.js';
import { type Filters, matchesExactly, matchesPairs, matchesPrefix, valuesOf } from '../filters.js';
import type { DaemonEvent } from './bus.js';

/** Filters that name an object by its id or name. */
const byName = ['daemon', 'container', 'plugin', 'volume', 'network', 'node', 'service', 'secret', 'config'];

/** Actions that are matched by prefix, because a variable text follows. */
const prefixed = ['health_status', 'exec_create', 'exec_start'];

/**
 * Whether an event passes the filters. Ignores filters that dockerd does not know
 * (docs/reference/behavior/daemon.md#events).
 */
export function includesEvent(filters: Filters, event: DaemonEvent): boolean {
  return (
    matchesAction(filters, event.action) &&
    matchesExactly(filters, 'type', event.type) &&
    matchesExactly(filters, 'scope', event.scope) &&
    byName.every((key) => matchesName(filters, key, event)) &&
    matchesImage(filters, event) &&
    matchesPairs(filters, 'label', event.actor.attributes)
  );
}

function matchesAction(filters: Filters, action: string): boolean {
  const loose = valuesOf(filters, 'event').some((value) => prefixed.includes(value));
  return loose ? matchesPrefix(filters, 'event', action) : matchesExactly(filters, 'event', action);
}

function matchesName(filters: Filters, key: string, { actor }: DaemonEvent): boolean {
  return matchesPrefix(filters, key, actor.id) || matchesPrefix(filters, key, actor.attributes.name ?? '');
}

function matchesImage(filters: Filters, { type, actor }: DaemonEvent): boolean {
  if (!filters.has('image')) return true;
  const name = actor.attributes[type === 'image' ? 'name' : 'image'] ?? '';
  return [actor.id, name, withoutTag(actor.id), withoutTag(name)].some((text) =>
    matchesExactly(filters, 'image', text),
  );
}

function withoutTag(image: string): string {
  try {
    return familiarName(parseReference(image));
  } catch {
    return image;
  }
}
