import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../../engine/context.js';
import { ListCache } from '../../engine/images/list-cache.js';
import { Snapshots } from '../../engine/images/snapshots.js';
import type { BlobInfo, ContentStore, Range } from '../../oci/content-store.js';
import { ManifestCache } from '../../oci/manifest-cache.js';
import type { ImageStore } from '../../oci/store.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { parseDuration } from '../../support/go/duration.js';
import { matchesAny } from './choice.js';
import type { BlobFault } from './types.js';

const usualDelay = '100ms';

/** Milliseconds of a duration. */
export function milliseconds(duration: string): number {
  return Number(parseDuration(duration)) / 1e6;
}

/** Says which fault a blob has now, if it has one. */
export type BlobFaultOf = (digest: string) => BlobFault | undefined;

/** Whether a fault is for a blob. */
export function concerns({ digest: wanted = '*' }: BlobFault, digest: string): boolean {
  return matchesAny(wanted, [digest]);
}

/** A content store whose blobs are missing, corrupt or slow, as far as readers can see. */
export class FaultyContent implements ContentStore {
  constructor(
    private readonly inner: ContentStore,
    private readonly faultOf: BlobFaultOf,
  ) {}

  async info(digest: string): Promise<BlobInfo | undefined> {
    return this.faultOf(digest)?.is === 'missing' ? undefined : this.inner.info(digest);
  }

  async has(digest: string): Promise<boolean> {
    return this.faultOf(digest)?.is !== 'missing' && this.inner.has(digest);
  }

  stamp(...args: Parameters<ContentStore['stamp']>): ReturnType<ContentStore['stamp']> {
    return this.inner.stamp(...args);
  }

  async bytes(digest: string): Promise<Buffer> {
    const fault = this.#present(digest);
    if (fault?.is === 'slow') await sleep(milliseconds(fault.delay ?? usualDelay));
    const bytes = await this.inner.bytes(digest);
    return fault?.is === 'corrupt' ? flipped(bytes, 0, bytes.length) : bytes;
  }

  async stream(digest: string, range?: Range): Promise<Readable> {
    const fault = this.#present(digest);
    const source = await this.inner.stream(digest, range);
    if (fault === undefined) return source;
    const size = (await this.inner.info(digest))?.size ?? 0;
    return Readable.from(shaped(source, fault, size, range?.offset ?? 0), { objectMode: false });
  }

  ingest(...args: Parameters<ContentStore['ingest']>): ReturnType<ContentStore['ingest']> {
    return this.inner.ingest(...args);
  }

  delete(digest: string): Promise<void> {
    return this.inner.delete(digest);
  }

  list(): AsyncIterable<BlobInfo> {
    return this.inner.list();
  }

  async digests(): Promise<readonly string[]> {
    return [...(await this.inner.digests())].filter((digest) => this.faultOf(digest)?.is !== 'missing');
  }

  #present(digest: string): BlobFault | undefined {
    const fault = this.faultOf(digest);
    if (fault?.is === 'missing') throw new AttestdError('NOT_FOUND', `content digest ${digest}: not found`);
    return fault;
  }
}

/** The bytes with one of them changed, the one in the middle of the blob. */
function flipped(bytes: Buffer, offset: number, size: number): Buffer {
  const at = Math.floor(size / 2) - offset;
  if (at < 0 || at >= bytes.length) return bytes;
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}

async function* shaped(source: Readable, fault: BlobFault, size: number, from: number): AsyncGenerator<Buffer> {
  let offset = from;
  for await (const piece of source as AsyncIterable<Buffer>) {
    if (fault.is === 'slow') await sleep(milliseconds(fault.delay ?? usualDelay));
    yield fault.is === 'corrupt' ? flipped(piece, offset, size) : piece;
    offset += piece.length;
  }
}

/** A daemon's state whose blobs have a fault for one request; what was decoded of them before is not used. */
export function faultyContext(context: Context, fault: BlobFault): Context {
  const content = new FaultyContent(context.store.content, (digest) => (concerns(fault, digest) ? fault : undefined));
  const manifests = new ManifestCache(content);
  const store = new Proxy(context.store, {
    get(target, name) {
      if (name === 'content') return content;
      if (name === 'manifests') return manifests;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  }) as ImageStore;
  const snapshots = new Snapshots(manifests, context.hostMatcher);
  return { ...context, store, manifests: manifests, snapshots, lists: new ListCache(1) };
}
