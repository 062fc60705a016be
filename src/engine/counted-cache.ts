import { LRUCache } from 'lru-cache';

/**
 * What was used last of so many values. Each has a size of one, because a count (`max`) would have its places made at once, which
 * takes milliseconds.
 */
export function countedCache<V extends object>(maxEntries: number): LRUCache<string, V> {
  return new LRUCache({ maxSize: maxEntries, sizeCalculation: () => 1 });
}
