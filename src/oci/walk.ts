import { yieldIfDue } from '../support/foundation/scheduler.js';
import type { Descriptor } from './descriptor.js';
import type { ManifestCache } from './manifest-cache.js';
import { isIndexType, isManifestType } from './media-types.js';

/** What a handler answers to end the whole walk. */
export const stop = Symbol('stop');

/**
 * Handles one descriptor of a walk, as containerd's images.Handler does.
 *
 * @returns the descriptors to go on with; none ends this branch
 */
export type Handler = (descriptor: Descriptor) => Promise<readonly Descriptor[] | typeof stop>;

/** How a walk treats what it meets again, and how far it goes. */
export interface WalkOptions {
  /** Handle each digest once, whatever refers to it; then the walk has no other limits, for it must end. */
  readonly once?: boolean;
}

/** Deepest nesting of indexes that is followed, and how many descriptors at most are handled on one walk. */
const limits = { depth: 100, entries: 50_000 } as const;

/**
 * Walk from descriptors to what they lead to, depth first, children in their order.
 *
 * An index is entered once on a walk, however often others refer to it, so that the work is bounded by the size of the
 * content. What is not an index is handled as often as it is referred to, as daemons count it.
 *
 * @param roots where to begin
 * @param handler told each descriptor; an error of it ends the walk
 * @returns false when the limits cut the walk short: more than 50,000 descriptors, or indexes nested deeper than 100
 */
export async function walk(
  roots: Descriptor | readonly Descriptor[],
  handler: Handler,
  { once = false }: WalkOptions = {},
): Promise<boolean> {
  const met = new Set<string>();
  const start = Array.isArray(roots) ? (roots as readonly Descriptor[]) : [roots as Descriptor];
  const waiting = start.map((descriptor) => ({ descriptor, depth: 0 })).reverse();
  let entries = 0;
  let complete = true;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { descriptor, depth } = next;
    await yieldIfDue();
    if (once || isIndexType(descriptor.mediaType)) {
      if (met.has(descriptor.digest)) continue;
      met.add(descriptor.digest);
    }
    if (!once && ++entries > limits.entries) return false;
    const children = await handler(descriptor);
    if (children === stop) return complete;
    if (children.length > 0 && !once && depth >= limits.depth) {
      complete = false;
      continue;
    }
    for (const child of children.toReversed()) waiting.push({ descriptor: child, depth: depth + 1 });
  }
  return complete;
}

/** Told a descriptor on a walk. */
export type Visit = (descriptor: Descriptor) => Promise<void> | void;

/**
 * Visits what the store has, and goes on to its children.
 *
 * @throws CORRUPT on the walk, when something is not what its media type says
 */
export function present(documents: ManifestCache, visit: Visit): Handler {
  return async (descriptor) => {
    if (!(await documents.has(descriptor.digest))) return [];
    await visit(descriptor);
    return (await documents.children(descriptor)) ?? [];
  };
}

/**
 * Visits descriptors whether the store has what is behind them or not, and goes on to the children that it knows.
 *
 * @throws CORRUPT on the walk, when something is not what its media type says
 */
export function reachable(documents: ManifestCache, visit: Visit): Handler {
  return async (descriptor) => {
    await visit(descriptor);
    return (await documents.children(descriptor)) ?? [];
  };
}

/** Visits image manifests alone, of those that a walk comes to. */
export const manifestsOnly =
  (visit: Visit): Visit =>
  (descriptor) =>
    isManifestType(descriptor.mediaType) ? visit(descriptor) : undefined;

/**
 * Goes on, of the children of an index, with those that are chosen; containerd's LimitManifests and FilterPlatforms.
 *
 * @param choose given the children of an index
 */
export function choosing(
  handler: Handler,
  choose: (children: readonly Descriptor[]) => readonly Descriptor[],
): Handler {
  return async (descriptor) => {
    const children = await handler(descriptor);
    return children === stop || !isIndexType(descriptor.mediaType) ? children : choose(children);
  };
}
