import { LRUCache } from 'lru-cache';

/**
 * Creates an LRU cache with a maximum number of entries. It uses `maxSize` because `max` preallocates the entries,
 * which takes milliseconds.
 */
export function countedCache<V extends object>(maxEntries: number): LRUCache<string, V> {
  return new LRUCache({ maxSize: maxEntries, sizeCalculation: () => 1 });
}
