import { createHash, randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import {
  type Files,
  isMissing,
  makeFolder,
  placeDraft,
  syncFolder,
  systemFiles,
  writeAll,
  writeDraft,
} from '../../oci/files.js';
import { stateChunkBytes } from '../limits.js';

/** The folders of a daemon's state. */
const directories = ['containers', 'networks', 'volumes', 'swarm', 'broken', 'draft'] as const;

/**
 * Maximum length of a volume name that is used as a file name. The rest is reserved for a suffix and the prefix of
 * quarantined files.
 */
const maxNameLength = 200;

/**
 * Returns the file name of a volume: its name, or its digest if the name is too long. A leading `~`, which no volume
 * name has, marks a digest.
 */
export function volumeFile(name: string): string {
  return name.length <= maxNameLength ? name : `~${createHash('sha256').update(name).digest('hex')}`;
}

/** The folder of a daemon's state. Paths are relative to it. */
export class StateFiles {
  /** Directories with replacements or deletions since the last sync. */
  readonly #unsynced = new Set<string>();

  /** @param files Default: the host's file system. */
  constructor(
    readonly root: string,
    private readonly files: Files = systemFiles,
  ) {}

  /** Creates missing directories and deletes incomplete drafts. */
  async open(): Promise<void> {
    await makeFolder(this.root, this.files, 0o700);
    for (const name of directories) {
      await makeFolder(join(this.root, name), this.files, 0o700);
      // This daemon reads the changes of a killed one, so they must survive a power failure.
      this.#unsynced.add(join(this.root, name));
    }
    for (const name of await this.list('draft')) await this.files.unlink(join(this.root, 'draft', name));
  }

  list(directory: (typeof directories)[number]): Promise<string[]> {
    return this.files.readdir(join(this.root, directory));
  }

  has(path: string): boolean {
    return this.files.look(join(this.root, path)) !== undefined;
  }

  /**
   * Reads a file.
   *
   * @throws errors of the file system
   */
  read(path: string): Promise<Buffer> {
    return this.files.readFile(join(this.root, path));
  }

  /** A file piece by piece. */
  stream(path: string): Readable {
    return Readable.from(this.#chunks(path), { objectMode: false });
  }

  /**
   * Replaces a file atomically. The new content survives a power failure only after `sync`, which handles many files
   * together.
   */
  async replace(path: string, content: string | AsyncIterable<Uint8Array>): Promise<void> {
    const draft = join(this.root, 'draft', randomBytes(12).toString('hex'));
    const chunks = typeof content === 'string' ? [Buffer.from(content)] : content;
    await writeDraft(draft, chunks, this.files, 0o600);
    this.#changed(path);
    await placeDraft(draft, join(this.root, path), this.files);
  }

  /** Appends to a file, creating it if needed. Does not sync. */
  async append(path: string, chunks: readonly Buffer[]): Promise<void> {
    const handle = await this.files.open(join(this.root, path), 'a', 0o600);
    try {
      for (const chunk of chunks) await writeAll(handle, chunk);
    } finally {
      await handle.close();
    }
  }

  /** Deletes a file if it exists. */
  async discard(path: string): Promise<void> {
    this.#changed(path);
    await this.files.unlink(join(this.root, path)).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
  }

  /**
   * Moves an unusable file to `broken`.
   *
   * @returns its new path
   */
  async quarantine(path: string): Promise<string> {
    const to = join('broken', `${path.replaceAll('/', '-')}.${Date.now()}`);
    this.#changed(path);
    this.#changed(to);
    await this.files.rename(join(this.root, path), join(this.root, to));
    return to;
  }

  /** Whether replacements or deletions are not synced yet. */
  get hasUncertainDeletes(): boolean {
    return this.#unsynced.size > 0;
  }

  /** Resolves once all replacements and deletions survive a power failure. */
  async sync(): Promise<void> {
    for (const directory of [...this.#unsynced]) {
      this.#unsynced.delete(directory);
      try {
        await syncFolder(directory, this.files);
      } catch (error) {
        this.#unsynced.add(directory);
        throw error;
      }
    }
  }

  #changed(path: string): void {
    this.#unsynced.add(dirname(join(this.root, path)));
  }

  async *#chunks(path: string): AsyncGenerator<Buffer> {
    const file = await this.files.open(join(this.root, path), 'r');
    try {
      const { size } = await file.stat();
      if (size > 0) yield* file.createReadStream({ start: 0, end: size - 1, highWaterMark: stateChunkBytes });
    } finally {
      // A stream that was read to its end has closed it.
      await file.close().catch(() => undefined);
    }
  }
}
