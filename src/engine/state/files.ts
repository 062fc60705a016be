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

/** The folders of a daemon's state. */
const directories = ['containers', 'networks', 'volumes', 'swarm', 'broken', 'draft'] as const;

/** Characters of a volume's name that is a file's too: something is put behind it, and before it when it is set aside. */
const maxNameLength = 200;

/**
 * What the files of a volume are called: as the volume, which a name of up to 255 characters leaves no room for an ending, or
 * by its digest, behind a character that no volume's name begins with.
 */
export function volumeFile(name: string): string {
  return name.length <= maxNameLength ? name : `~${createHash('sha256').update(name).digest('hex')}`;
}

/** Bytes of a file that are read at a time. */
const chunkBytes = 1 << 18;

/** The folder of a daemon's state. Paths are relative to it. */
export class StateFiles {
  /** Folders in which files were replaced or deleted since they were synced. */
  readonly #unsynced = new Set<string>();

  /** @param files the machine's without it */
  constructor(
    readonly root: string,
    private readonly files: Files = systemFiles,
  ) {}

  /** Make the folders where they are not there, and throw away what was never complete. */
  async open(): Promise<void> {
    await makeFolder(this.root, this.files, 0o700);
    for (const name of directories) {
      await makeFolder(join(this.root, name), this.files, 0o700);
      // What a killed daemon changed is what this one reads, and a power cut must not undo it any more.
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

  /** All of a file. @throws what the file system throws */
  read(path: string): Promise<Buffer> {
    return this.files.readFile(join(this.root, path));
  }

  /** A file piece by piece. */
  stream(path: string): Readable {
    return Readable.from(this.#chunks(path), { objectMode: false });
  }

  /**
   * Write a file so that it has the old content or the new, whatever happens. After a power cut it has the new one for sure
   * once `sync` was called, which does it for many files.
   */
  async replace(path: string, content: string | AsyncIterable<Uint8Array>): Promise<void> {
    const draft = join(this.root, 'draft', randomBytes(12).toString('hex'));
    const chunks = typeof content === 'string' ? [Buffer.from(content)] : content;
    await writeDraft(draft, chunks, this.files, 0o600);
    this.#changed(path);
    await placeDraft(draft, join(this.root, path), this.files);
  }

  /** Write at the end of a file, which is made where it is not there. It is not synced. */
  async append(path: string, chunks: readonly Buffer[]): Promise<void> {
    const handle = await this.files.open(join(this.root, path), 'a', 0o600);
    try {
      for (const chunk of chunks) await writeAll(handle, chunk);
    } finally {
      await handle.close();
    }
  }

  /** Delete a file that may be there. */
  async discard(path: string): Promise<void> {
    this.#changed(path);
    await this.files.unlink(join(this.root, path)).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
  }

  /** Put a file that cannot be used where it is in nobody's way; gives its new path. */
  async quarantine(path: string): Promise<string> {
    const to = join('broken', `${path.replaceAll('/', '-')}.${Date.now()}`);
    this.#changed(path);
    this.#changed(to);
    await this.files.rename(join(this.root, path), join(this.root, to));
    return to;
  }

  /** Whether something was replaced or deleted that may be undone by a power cut. */
  get hasUncertainDeletes(): boolean {
    return this.#unsynced.size > 0;
  }

  /** Resolves when what was replaced and deleted survives a power cut. */
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
      if (size > 0) yield* file.createReadStream({ start: 0, end: size - 1, highWaterMark: chunkBytes });
    } finally {
      // A stream that was read to its end has closed it.
      await file.close().catch(() => undefined);
    }
  }
}
