import { join } from 'node:path';
import { decodeJson, encodeJson, goInt64, goString, pointer, struct } from '../support/go/json.js';
import type { Descriptor } from './descriptor.js';
import { type Files, isMissing, makeFolder, type OpenFile, syncFile, syncFolder, writeAll } from './files.js';
import { verifiedText, withChecksum } from './line-checksum.js';
import { descriptorType } from './manifest.js';
import type { Change } from './name-table.js';

/** Bytes of a file beyond which another is begun. */
const fullFile = 1 << 20;

/** How far a journal is part of an index: the number of a file, and how many bytes of it. */
export interface Mark {
  readonly file: number;
  readonly bytes: number;
}

/** A line of the journal: a change, or how far index.json holds what is before it. */
interface Entry {
  held?: number | undefined;
  name?: string;
  attached?: string;
  was?: Descriptor | undefined;
  target?: Descriptor | undefined;
  created?: string;
  updated?: string;
}

const entryType = struct<Entry>('journal.Entry', {
  'held?': goInt64,
  'name?': goString,
  'attached?': goString,
  'was?': pointer(descriptorType),
  'target?': pointer(descriptorType),
  'created?': goString,
  'updated?': goString,
});

/**
 * The changes of names since index.json was written, in numbered files of lines that are only appended to. A change counts
 * once its line is on the disk. Each line has a checksum: one that a crash cut short was never acknowledged.
 */
export class Journal {
  #file: OpenFile | undefined;
  #bytes = 0;

  private constructor(
    private readonly folder: string,
    private readonly files: Files,
    private numbers: readonly number[],
    private number: number,
  ) {}

  /**
   * Open the journal in a folder, which is made when something is recorded.
   *
   * @param from what index.json holds of it
   * @returns also the changes that index.json may lack; they survive a power cut
   */
  static async open(folder: string, files: Files, from: Mark): Promise<{ journal: Journal; changes: Change[] }> {
    const numbers = await numbersIn(folder, files);
    const changes: Change[] = [];
    for (const number of numbers) {
      if (number < from.file) continue;
      const path = pathOf(folder, number);
      const bytes = await files.readFile(path);
      await syncFile(path, files);
      // One by one: there may be more than a call takes arguments.
      for (const change of changesIn(bytes, number === from.file ? from.bytes : 0)) changes.push(change);
    }
    if (numbers.length > 0) await syncFolder(folder, files);
    return { journal: new Journal(folder, files, numbers, Math.max(from.file, ...numbers) + 1), changes };
  }

  /** What has been recorded up to now. */
  get mark(): Mark {
    return { file: this.number, bytes: this.#bytes };
  }

  /**
   * Record changes; kept when the promise resolves. After an error nobody knows what is on the disk, until there is an index
   * of a later mark.
   */
  async append(changes: readonly Change[]): Promise<void> {
    if (this.#bytes >= fullFile) await this.#next();
    const lines = Buffer.concat(changes.map((change) => lineOf(entryOf(change))));
    try {
      this.#file ??= await this.#create();
      await writeAll(this.#file, lines);
      await this.#file.sync();
      this.#bytes += lines.length;
    } catch (error) {
      // What follows half a line, or what a failed sync may have dropped, would be lost.
      await this.#next();
      throw error;
    }
  }

  /** An index of a mark is in place: others may write it again without the mark. What only that needed is deleted. */
  async held({ file, bytes }: Mark): Promise<void> {
    if (file === this.number && this.#file !== undefined) {
      const line = lineOf({ held: bytes });
      await writeAll(this.#file, line).then(
        () => {
          this.#bytes += line.length;
        },
        () => this.#next(),
      );
    }
    await this.forget(file);
  }

  /** @param empty whether all of it is part of an index */
  async close(empty: boolean): Promise<void> {
    await this.#next();
    if (empty) await this.forget(this.number);
  }

  private async forget(file: number): Promise<void> {
    const gone = this.numbers.filter((number) => number < file);
    this.numbers = this.numbers.filter((number) => number >= file);
    for (const number of gone) await this.files.unlink(pathOf(this.folder, number)).catch(() => undefined);
  }

  async #create(): Promise<OpenFile> {
    await makeFolder(this.folder, this.files, 0o700);
    this.numbers = [...this.numbers, this.number];
    const file = await this.files.open(pathOf(this.folder, this.number), 'wx', 0o600);
    try {
      await syncFolder(this.folder, this.files);
    } catch (error) {
      await file.close();
      throw error;
    }
    return file;
  }

  async #next(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    this.#bytes = 0;
    this.number++;
    await file?.close().catch(() => undefined);
  }
}

const pathOf = (folder: string, number: number): string => join(folder, `${number}`);

async function numbersIn(folder: string, files: Files): Promise<number[]> {
  const names = await files.readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  return names
    .filter((name) => /^[1-9]\d{0,14}$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

function lineOf(entry: Entry): Buffer {
  return Buffer.from(`${withChecksum(encodeJson(entry, entryType))}\n`);
}

function entryOf(change: Change): Entry {
  if (!('name' in change)) {
    const { attached, before, after } = change;
    return { attached, was: before && { digest: before.digest, mediaType: '', size: 0 }, target: after };
  }
  const { name, before, after } = change;
  const was = before && { digest: before.target.digest, mediaType: before.target.mediaType, size: 0 };
  if (after === undefined) return { name, was };
  const { target, createdAt, updatedAt } = after;
  return { name, was, target, created: createdAt.toISOString(), updated: updatedAt.toISOString() };
}

/** The changes of lines that are whole and that no index holds. @param from bytes that one holds in any case */
function changesIn(bytes: Buffer, from: number): Change[] {
  const found: { readonly at: number; readonly change: Change }[] = [];
  let held = from;
  for (let at = 0, end = bytes.indexOf(10); end >= 0; at = end + 1, end = bytes.indexOf(10, at)) {
    const text = verifiedText(bytes, at, end);
    if (text === undefined) continue;
    const entry = decodeJson(Buffer.from(text), entryType);
    if (entry.held !== undefined) held = Math.max(held, entry.held);
    const change = changeOf(entry);
    if (change !== undefined) found.push({ at, change });
  }
  return found.filter(({ at }) => at >= held).map(({ change }) => change);
}

function changeOf({ name, attached, was, target, created = '', updated = '' }: Entry): Change | undefined {
  if (attached !== undefined) return { attached, before: was, after: target };
  if (name === undefined) return undefined;
  const times = { createdAt: new Date(created), updatedAt: new Date(updated) };
  return { name, before: was && { target: was }, after: target && { name, target, ...times } };
}
