/**
 * MiB that all that is kept of a store in memory may take, unless ATTESTD_CACHE_SIZE says otherwise. The process takes 80 MB besides, and
 * what it is making: 256 MB in all with 10,000 images.
 */
const usualSize = 96;

/** Parts of it, in hundredths. */
const shares = { answers: 25, documents: 12.5, facts: 12.5, lists: 50 } as const;

/**
 * Bytes that one of the caches may take.
 *
 * @param what answers by their URLs, decoded documents, what images' content says, or elements of lists
 */
export function cacheSize(what: keyof typeof shares): number {
  const given = Number(process.env.ATTESTD_CACHE_SIZE);
  return Math.ceil(((given > 0 ? given : usualSize) * (1 << 20) * shares[what]) / 100);
}
