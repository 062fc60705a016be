import type { Descriptor } from '../../oci/descriptor.js';
import { isLayerType } from '../../oci/media-types.js';
import type { Snapshots } from '../images/snapshots.js';
import type { Emit } from './message-stream.js';
import { emitProgress, Jobs } from './progress.js';
import type { Fetcher } from './pull-fetch.js';

const plain = { hidecounts: true } as const;

/** Progress messages of a pull's blobs, sent at intervals (docs/reference/registries.md#pull). */
export class PullProgress {
  readonly jobs = new Jobs();
  private readonly chains = new Map<string, string>();
  /** Layers that are here and not unpacked, and since when. */
  private readonly waiting = new Map<string, number>();
  /** Digests in the store, downloaded or found. */
  private readonly present = new Set<string>();
  private hidden = false;

  constructor(
    private readonly fetcher: Fetcher,
    private readonly snapshots: Snapshots,
    private readonly emit: Emit,
  ) {}

  /** Stops progress messages: the image is complete. */
  hide(): void {
    this.hidden = true;
  }

  /**
   * Reports when a layer is unpacked.
   *
   * @param chainId id of its layer stack
   */
  follow(layer: Descriptor, chainId: string): void {
    this.chains.set(layer.digest, chainId);
  }

  /** A blob was in the store before it was asked for. */
  found(digest: string): void {
    this.present.add(digest);
  }

  /** Sends a message for each change. */
  report(): void {
    for (const { digest, mediaType } of this.jobs.list()) {
      if (this.hidden) {
        this.jobs.remove(digest);
        continue;
      }
      const transfer = this.fetcher.active.get(digest);
      if (transfer !== undefined) {
        const { current, total } = transfer;
        if (current > 0) emitProgress(this.emit, digest, 'Downloading', { current, total });
        continue;
      }
      const fetched = this.fetcher.fetched.has(digest);
      if (!fetched && !this.present.has(digest)) continue;
      emitProgress(this.emit, digest, fetched ? 'Download complete' : 'Already exists', plain);
      if (isLayerType(mediaType)) this.waiting.set(digest, Date.now());
      this.jobs.remove(digest);
    }
    for (const [digest, since] of this.waiting) {
      const chain = this.chains.get(digest);
      if (chain === undefined) continue;
      if (this.snapshots.usage(chain) !== undefined) {
        emitProgress(this.emit, digest, 'Pull complete', plain);
        this.waiting.delete(digest);
        continue;
      }
      const seconds = Math.floor((Date.now() - since) / 1000);
      emitProgress(this.emit, digest, 'Extracting', { current: 1 + seconds, units: 's' });
    }
  }
}
