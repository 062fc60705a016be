import type { Readable } from 'node:stream';

/** What the content store knows of a blob without reading it. */
export interface BlobInfo {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly labels: Readonly<Record<string, string>>;
}

/** A part of a blob. */
export interface Range {
  /** First byte; 0 without it. */
  readonly offset?: number;
  /** Bytes to read; to the end without it. */
  readonly length?: number;
  /** Bytes that the stream hands on at a time and reads ahead, at most 1 MiB; less costs less for each slow reader. */
  readonly chunk?: number;
}

/** Content-addressed blobs. */
export interface ContentStore {
  /** Undefined when the blob is not there. */
  info(digest: string): Promise<BlobInfo | undefined>;
  /** Whether the blob is there; errors INVALID_DIGEST. */
  has(digest: string): Promise<boolean>;
  /** The whole blob; errors NOT_FOUND, INVALID_DIGEST. Not hashed again: what is on disk is what is served. */
  bytes(digest: string): Promise<Buffer>;
  /** A stream over the blob; errors NOT_FOUND, INVALID_DIGEST, OUT_OF_RANGE. */
  stream(digest: string, range?: Range): Promise<Readable>;
  /** Write a blob: hashed while it streams, synced, renamed. Errors CORRUPT when `expected` does not match. */
  ingest(
    content: AsyncIterable<Buffer> | Buffer,
    expected?: { digest?: string; size?: number },
  ): Promise<{ digest: string; size: number }>;
  delete(digest: string): Promise<void>;
  list(): AsyncIterable<BlobInfo>;
  /** The digests of all blobs, in no order; texts are made as they are asked for. */
  digests(): Promise<Iterable<string>>;
  /**
   * What stays the same as long as the same blobs are there, whoever writes them; undefined where they have changed too
   * lately to tell.
   */
  stamp(): string | undefined;
}
