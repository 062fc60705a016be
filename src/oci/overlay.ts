import type { Readable } from 'node:stream';
import { AttestdError } from '../errors.js';
import type { PinnableStore } from './content.js';
import { parseDigest } from './digest.js';
import type { BlobInfo, ContentStore, Range } from './store.js';

/** Read-only layers below a writable one; what is deleted from a lower layer is hidden. */
export class OverlayContent implements PinnableStore {
  private readonly hidden = new Set<string>();

  constructor(
    private readonly upper: PinnableStore,
    private readonly lowers: readonly ContentStore[],
  ) {}

  async info(digest: string): Promise<BlobInfo | undefined> {
    for (const layer of this.layers(digest)) {
      const info = await layer.info(digest);
      if (info !== undefined) return info;
    }
    return undefined;
  }

  async bytes(digest: string): Promise<Buffer> {
    return (await this.holder(digest)).bytes(digest);
  }

  async stream(digest: string, range?: Range): Promise<Readable> {
    return (await this.holder(digest)).stream(digest, range);
  }

  async ingest(
    content: Readable | Buffer,
    expected?: { digest?: string; size?: number },
    pin?: (digest: string) => void,
  ): Promise<{ digest: string; size: number }> {
    return this.upper.ingest(content, expected, pin);
  }

  async delete(digest: string, unless?: () => boolean): Promise<void> {
    const holder = await this.holder(digest);
    if (holder === this.upper) await this.upper.delete(digest, unless);
    if (unless?.() !== true) this.hidden.add(digest);
  }

  async *list(): AsyncGenerator<BlobInfo> {
    const blobs = new Map<string, BlobInfo>();
    for (const layer of [...this.lowers, this.upper])
      for await (const blob of layer.list())
        if (layer === this.upper || !this.hidden.has(blob.digest)) blobs.set(blob.digest, blob);
    const sorted = [...blobs.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1));
    yield* sorted;
  }

  private layers(digest: string): readonly ContentStore[] {
    return this.hidden.has(digest) ? [this.upper] : [this.upper, ...this.lowers];
  }

  private async holder(digest: string): Promise<ContentStore> {
    parseDigest(digest);
    for (const layer of this.layers(digest)) if ((await layer.info(digest)) !== undefined) return layer;
    throw new AttestdError('NOT_FOUND', `content digest ${digest}: not found`);
  }
}
