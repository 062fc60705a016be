import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { AttestdError } from '../support/foundation/errors.js';
import type { BlobInfo, ContentStore, Range } from './content-store.js';
import { algorithms, hasher, isDigest, parseDigest } from './digest.js';
import {
  type Files,
  GatheredWrites,
  isMissing,
  isNoFile,
  makeFolder,
  type OpenFile,
  syncFile,
  syncFolder,
  systemFiles,
} from './files.js';

/** Bytes that a blob stream hands on at a time. */
const chunkSize = 1 << 20;

/** Largest blob that is read at once, in less time than it takes to hand the work to another thread. */
const readAtOnce = 256 << 10;

/** Milliseconds in which a folder may change again without its time being another. */
const settlingTime = 100;

/** Told what becomes of a blob that is written. */
export interface IngestWatch {
  /** The digest, before the blob gets its name, so that nobody deletes it in between. */
  pin(digest: string): void;
  /** That the blob was there before. */
  existed?(digest: string): void;
}

/** A content store whose blobs can be kept from being deleted while their names are on the way. */
export interface PinnableStore extends ContentStore {
  ingest(
    content: AsyncIterable<Buffer> | Buffer,
    expected?: { digest?: string; size?: number },
    watch?: IngestWatch,
  ): Promise<{ digest: string; size: number }>;
  /** @param unless asked at the last moment whether the blob is to stay */
  delete(digest: string, unless?: () => boolean): Promise<void>;
}

export interface LocalContentOptions {
  /** Folder for blobs that are being written, on the same file system; without it the directory is read-only. */
  readonly ingest?: string;
  /** Sync each blob before it gets its name, so that it survives a power cut. */
  readonly durable?: boolean;
  /** The machine's without it. */
  readonly files?: Files;
}

/** The folder `blobs/<algorithm>/<hex>` of an image layout (image-spec, image-layout.md). */
export class LocalContentStore implements PinnableStore {
  /** Folders with new names that have not been synced yet. */
  private readonly unsynced = new Set<string>();
  /** The last rename or deletion: one at a time, so that a blob found present is not deleted under its finder. */
  private turn: Promise<unknown> = Promise.resolve();
  /** Blobs that survive a power cut once their folders are synced; of those that were found nobody knows. */
  private readonly synced = new Set<string>();
  private readonly files: Files;

  constructor(
    private readonly root: string,
    private readonly options: LocalContentOptions = {},
  ) {
    this.files = options.files ?? systemFiles;
  }

  async info(digest: string): Promise<BlobInfo | undefined> {
    const found = this.files.look(this.path(digest));
    if (found === undefined) return undefined;
    const { size, mtime, birthtime } = found;
    const createdAt = birthtime.getTime() > 0 && birthtime < mtime ? birthtime : mtime;
    return { digest, size, createdAt, updatedAt: mtime, labels: {} };
  }

  async has(digest: string): Promise<boolean> {
    return this.files.look(this.path(digest)) !== undefined;
  }

  async bytes(digest: string): Promise<Buffer> {
    const path = this.path(digest);
    try {
      return this.files.readSmall(path, readAtOnce) ?? (await this.files.readFile(path));
    } catch (error) {
      throw missingBlob(error, digest);
    }
  }

  async stream(digest: string, range: Range = {}): Promise<Readable> {
    const file = await this.files.open(this.path(digest), 'r').catch((error: unknown) => {
      throw missingBlob(error, digest);
    });
    try {
      // A folder can be opened as well.
      if (!(await this.has(digest))) throw notFound(digest);
      const { size } = await file.stat();
      const start = range.offset ?? 0;
      if (start > size) throw new AttestdError('OUT_OF_RANGE', `read past object length ${size} bytes`);
      const end = Math.min(size, start + (range.length ?? size)) - 1;
      if (end >= start) return file.createReadStream({ start, end, highWaterMark: range.chunk ?? chunkSize });
      await file.close();
      return Readable.from([]);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async ingest(
    content: AsyncIterable<Buffer> | Buffer,
    expected: { digest?: string; size?: number } = {},
    watch?: IngestWatch,
  ): Promise<{ digest: string; size: number }> {
    const { ingest } = this.options;
    if (ingest === undefined) throw new AttestdError('READ_ONLY', 'read-only content store');
    const algorithm = expected.digest === undefined ? 'sha256' : parseDigest(expected.digest).algorithm;
    const hash = hasher(algorithm);
    let size = 0;
    const temporary = join(ingest, randomBytes(12).toString('hex'));
    const file = await this.create(temporary, ingest);
    try {
      try {
        const gathered = new GatheredWrites(file);
        for await (const chunk of Buffer.isBuffer(content) ? [content] : content) {
          size += chunk.length;
          // Hashed while what came before is written.
          await gathered.add(chunk);
          hash.update(chunk);
        }
        await gathered.end();
        if (this.options.durable === true) await file.sync();
      } finally {
        await file.close();
      }
      const digest = `${algorithm}:${hash.digest('hex')}`;
      check(digest, size, expected);
      watch?.pin(digest);
      // A blob that is there stays, unless it is broken on disk.
      const intact = await this.isIntact(digest, size);
      await this.inTurn(() => this.commit(temporary, digest, intact, watch));
      return { digest, size };
    } catch (error) {
      await this.files.unlink(temporary).catch(() => undefined);
      throw error;
    }
  }

  async delete(digest: string, unless?: () => boolean): Promise<void> {
    if (this.options.ingest === undefined) throw new AttestdError('READ_ONLY', 'read-only content store');
    await this.inTurn(async () => {
      if (unless?.() === true) return;
      this.synced.delete(digest);
      await this.files.unlink(this.path(digest));
    }).catch((error: unknown) => {
      throw missingBlob(error, digest);
    });
  }

  async *list(): AsyncGenerator<BlobInfo> {
    for (const digest of [...(await this.digests())].sort()) {
      const info = await this.info(digest);
      if (info !== undefined) yield info;
    }
  }

  async digests(): Promise<Iterable<string>> {
    return this.digestsNow();
  }

  stamp(): string | undefined {
    const times = algorithms.map((name) => this.files.changedAt(join(this.root, name)));
    const youngest = times.reduce((latest, time) => (time > latest ? time : latest));
    const age = Date.now() - Number(youngest / 1_000_000n);
    return age < settlingTime ? undefined : times.join(' ');
  }

  /** Make the names of all blobs written so far survive a power cut. */
  async sync(): Promise<void> {
    const folders = [...this.unsynced];
    this.unsynced.clear();
    try {
      await Promise.all(folders.map((folder) => syncFolder(folder, this.files)));
    } catch (error) {
      for (const folder of folders) this.unsynced.add(folder);
      throw error;
    }
  }

  private async create(path: string, folder: string): Promise<OpenFile> {
    try {
      return await this.files.open(path, 'wx', 0o444);
    } catch (error) {
      if (!isMissing(error)) throw error;
      await this.makeHome(folder);
      return this.files.open(path, 'wx', 0o444);
    }
  }

  /** Make the folder of an algorithm; whatever the process gives to new ones, only its user may enter it. */
  private async makeHome(folder: string): Promise<void> {
    await makeFolder(this.root, this.files, 0o700);
    await makeFolder(folder, this.files, 0o700);
  }

  private async isIntact(digest: string, size: number): Promise<boolean> {
    const info = await this.info(digest);
    if (info === undefined || info.size !== size) return false;
    const { algorithm, encoded } = parseDigest(digest);
    const hash = hasher(algorithm);
    try {
      for await (const chunk of await this.stream(digest)) hash.update(chunk as Buffer);
    } catch {
      return false;
    }
    return hash.digest('hex') === encoded;
  }

  private async commit(
    temporary: string,
    digest: string,
    intact: boolean,
    watch: IngestWatch | undefined,
  ): Promise<void> {
    if ((await this.info(digest)) !== undefined) {
      watch?.existed?.(digest);
      if (intact) {
        await this.settle(digest);
        return this.files.unlink(temporary);
      }
    }
    const path = this.path(digest);
    const folder = join(this.root, parseDigest(digest).algorithm);
    await this.files.rename(temporary, path).catch(async (error: unknown) => {
      if (!isMissing(error)) throw error;
      await this.makeHome(folder);
      await this.files.rename(temporary, path);
    });
    if (this.options.durable !== true) return;
    this.unsynced.add(folder);
    this.synced.add(digest);
  }

  /** See that a blob survives a power cut that was found: whoever wrote it may not have, or was killed too early. */
  private async settle(digest: string): Promise<void> {
    if (this.options.durable !== true || this.synced.has(digest)) return;
    await syncFile(this.path(digest), this.files);
    this.unsynced.add(join(this.root, parseDigest(digest).algorithm));
    this.synced.add(digest);
  }

  private inTurn<T>(act: () => Promise<T>): Promise<T> {
    const result = this.turn.then(act);
    this.turn = result.catch(() => undefined);
    return result;
  }

  /** Other tools may leave files of their own among blobs. */
  private *digestsNow(): Generator<string> {
    for (const algorithm of [...this.names(this.root)])
      for (const encoded of this.names(join(this.root, algorithm))) {
        const digest = `${algorithm}:${encoded}`;
        if (isDigest(digest)) yield digest;
      }
  }

  /** Names in a folder; none when it is not there or is a file. */
  private *names(folder: string): Generator<string> {
    try {
      yield* this.files.names(folder);
    } catch (error) {
      if (!isMissing(error) && (error as NodeJS.ErrnoException).code !== 'ENOTDIR') throw error;
    }
  }

  private path(digest: string): string {
    const { algorithm, encoded } = parseDigest(digest);
    return `${this.root}/${algorithm}/${encoded}`;
  }
}

function check(digest: string, size: number, expected: { digest?: string; size?: number }): void {
  if (expected.size !== undefined && expected.size !== size)
    throw new AttestdError('CORRUPT', `unexpected commit size ${size}, expected ${expected.size}: failed precondition`);
  if (expected.digest !== undefined && expected.digest !== digest)
    throw new AttestdError(
      'CORRUPT',
      `unexpected commit digest ${digest}, expected ${expected.digest}: failed precondition`,
    );
}

/** The error of a blob that is not there, worded as containerd does; any other error as it is. */
function missingBlob(error: unknown, digest: string): unknown {
  if (!isNoFile(error)) return error;
  return notFound(digest, error);
}

const notFound = (digest: string, cause?: unknown): AttestdError =>
  new AttestdError('NOT_FOUND', `content digest ${digest}: not found`, { cause });
