import { LRUCache } from 'lru-cache';
import { cacheSize } from '../oci/cache-size.js';

/** An answer as it went out, for the next request to the same URL. */
export interface CachedResponse {
  readonly operationId: string;
  readonly apiVersion: string;
  readonly status: number;
  /** Names and values in turn, as `writeHead` takes them. */
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** Largest body that is kept, bytes. */
const largestBody = 4 * 1024 * 1024;
/** What an entry takes beside its body: key, headers, bookkeeping. */
const overhead = 512;

/** Rendered answers by URL, valid until the store's generation moves (docs/explanation/architecture.md#the-store). */
export class ResponseCache {
  private readonly responses = new LRUCache<string, CachedResponse>({
    maxSize: cacheSize('answers'),
    maxEntrySize: largestBody + 64 * 1024,
    sizeCalculation: ({ body }, url) => body.length + url.length + overhead,
  });
  private seen: number;

  /** @param generation the store's present generation */
  constructor(readonly generation: () => number) {
    this.seen = generation();
  }

  get(url: string): CachedResponse | undefined {
    this.refresh();
    return this.responses.get(url);
  }

  /**
   * Keep an answer, unless the store has moved since or the answer is too big.
   *
   * @param made the store's generation before the answer was made
   */
  put(url: string, response: CachedResponse, made: number): void {
    this.refresh();
    if (made === this.seen && response.body.length <= largestBody) this.responses.set(url, response);
  }

  private refresh(): void {
    const now = this.generation();
    if (now === this.seen) return;
    this.seen = now;
    this.responses.clear();
  }
}
