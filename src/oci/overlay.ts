import type { Readable } from 'node:stream';
import { AttestdError } from '../support/foundation/errors.js';
import type { BlobInfo, Range } from './content-store.js';
import type { IngestWatch, LocalContentStore, PinnableStore } from './local-content-store.js';

/** Read-only layers below a writable one; what is deleted from a lower layer is hidden. */
export class OverlayContent implements PinnableStore {
  private readonly hidden = new Set<string>();
  /** What was written, which comes before what lies below: a blob there may be broken. */
  private readonly written = new Set<string>();
  /** Which lower layer has a blob; they do not change, so they are listed once. */
  private located: Promise<ReadonlyMap<string, LocalContentStore>> | undefined;

  constructor(
    private readonly upper: PinnableStore,
    private readonly lowers: readonly LocalContentStore[],
  ) {}

  async info(digest: string): Promise<BlobInfo | undefined> {
    return (await this.upper.info(digest)) ?? (await this.lower(digest))?.info(digest);
  }

  async has(digest: string): Promise<boolean> {
    return (await this.upper.has(digest)) || ((await (await this.lower(digest))?.has(digest)) ?? false);
  }

  async bytes(digest: string): Promise<Buffer> {
    return (await this.holder(digest)).bytes(digest);
  }

  async stream(digest: string, range?: Range): Promise<Readable> {
    return (await this.holder(digest)).stream(digest, range);
  }

  async ingest(
    content: AsyncIterable<Buffer> | Buffer,
    expected?: { digest?: string; size?: number },
    watch?: IngestWatch,
  ): Promise<{ digest: string; size: number }> {
    const blob = await this.upper.ingest(content, expected, watch && (await this.watchBoth(watch)));
    this.written.add(blob.digest);
    return blob;
  }

  async delete(digest: string, unless?: () => boolean): Promise<void> {
    await this.holder(digest);
    if ((await this.upper.info(digest)) !== undefined) await this.upper.delete(digest, unless);
    if (unless?.() === true) return;
    this.written.delete(digest);
    this.hidden.add(digest);
  }

  async *list(): AsyncGenerator<BlobInfo> {
    for (const digest of [...(await this.digests())].sort()) {
      const info = await this.info(digest);
      if (info !== undefined) yield info;
    }
  }

  async digests(): Promise<ReadonlySet<string>> {
    const below = [...(await this.lowerBlobs()).keys()].filter((digest) => !this.hidden.has(digest));
    return new Set([...below, ...(await this.upper.digests())]);
  }

  stamp(): string | undefined {
    const upper = this.upper.stamp();
    return upper && `${upper} ${this.hidden.size}`;
  }

  /** A blob of a lower layer was there before, too. */
  private async watchBoth(watch: IngestWatch): Promise<IngestWatch> {
    const below = await this.lowerBlobs();
    return {
      existed: (digest) => watch.existed?.(digest),
      pin: (digest) => {
        watch.pin(digest);
        if (below.has(digest) && !this.hidden.has(digest)) watch.existed?.(digest);
      },
    };
  }

  private lowerBlobs(): Promise<ReadonlyMap<string, LocalContentStore>> {
    this.located ??= locate(this.lowers);
    return this.located;
  }

  private async lower(digest: string): Promise<LocalContentStore | undefined> {
    return this.hidden.has(digest) ? undefined : (await this.lowerBlobs()).get(digest);
  }

  private async holder(digest: string): Promise<PinnableStore> {
    const lower = this.written.has(digest) ? undefined : await this.lower(digest);
    if (lower !== undefined) return lower;
    if ((await this.upper.info(digest)) !== undefined) return this.upper;
    throw new AttestdError('NOT_FOUND', `content digest ${digest}: not found`);
  }
}

/** Which of several directories has each blob; the first of those that have it. */
async function locate(directories: readonly LocalContentStore[]): Promise<ReadonlyMap<string, LocalContentStore>> {
  const found = new Map<string, LocalContentStore>();
  const lists = await Promise.all(directories.map((directory) => directory.digests()));
  for (const [i, digests] of lists.entries())
    for (const digest of digests) if (!found.has(digest)) found.set(digest, directories[i] as LocalContentStore);
  return found;
}
