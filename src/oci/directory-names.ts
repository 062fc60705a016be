import { join } from 'node:path';
import { type Files, isMissing, placeDraft, syncFile, syncFolder } from './files.js';
import type { Graph } from './graph.js';
import { draftIndex, type IndexContent } from './index-draft.js';
import { danglingName, type IndexFile, imageTarget, readIndexFile } from './index-file.js';
import { Journal, type Mark } from './journal.js';
import type { LocalContentStore } from './local-content-store.js';
import type { IndexPersistence, Persistence } from './name-store.js';
import type { Change } from './name-table.js';

/** The folders of a layout, and what is needed to read it. */
export interface LayoutDirectories {
  readonly folder: string;
  readonly ingest: string;
  readonly journal: string;
  readonly blobs: LocalContentStore;
  readonly graph: Graph;
  readonly files: Files;
}

/** The names of a layout in a folder: its index.json, and a journal of what changed since that was written. */
export class DirectoryNames implements Persistence {
  readonly index: IndexPersistence;

  private constructor(
    private readonly at: LayoutDirectories,
    private readonly journal: Journal,
    private seen: string,
    private readonly end: () => Promise<void>,
  ) {
    const { ingest, files } = at;
    this.index = {
      changed: () => this.changed(),
      mark: () => journal.mark,
      draft: (content, mark) => draftIndex(content, mark, ingest, files),
      place: (draft, mark) => this.place(draft, mark),
      discard: (draft) => files.unlink(draft).catch(() => undefined),
    };
  }

  /** @param end called when the names are closed */
  static async open(
    at: LayoutDirectories,
    end: () => Promise<void>,
  ): Promise<{ names: DirectoryNames; index: IndexFile; changes: readonly Change[] }> {
    const seen = await identity(at);
    const index = await read(at);
    const { journal, changes } = await Journal.open(at.journal, at.files, index.mark);
    return { names: new DirectoryNames(at, journal, seen, end), index, changes };
  }

  async record(changes: readonly Change[]): Promise<void> {
    await this.at.blobs.sync();
    await this.journal.append(changes);
  }

  /** Write index.json for the first time. */
  async create(content: IndexContent): Promise<void> {
    await this.place(await this.index.draft(content, this.journal.mark), this.journal.mark);
  }

  async close(inStep: boolean): Promise<void> {
    await this.journal.close(inStep);
    await this.end();
  }

  private async place(draft: string, mark: Mark): Promise<{ readonly failure: unknown } | undefined> {
    const { folder, files } = this.at;
    await placeDraft(draft, join(folder, 'index.json'), files);
    this.seen = await identity(this.at);
    try {
      await syncFolder(folder, files);
    } catch (failure) {
      return { failure };
    }
    await this.journal.held(mark);
    return undefined;
  }

  private async changed(): Promise<IndexFile | undefined> {
    const now = await identity(this.at);
    if (now === this.seen) return undefined;
    const theirs = await read(this.at);
    this.seen = now;
    return theirs;
  }
}

/** What tells one index.json from another that was put in its place; empty when there is none. */
async function identity({ folder, files }: LayoutDirectories): Promise<string> {
  try {
    return await files.identity(join(folder, 'index.json'));
  } catch (error) {
    if (isMissing(error)) return '';
    throw error;
  }
}

/**
 * What index.json says, once that survives a power cut: whoever wrote it may not have seen to it, and what it no longer
 * needs is deleted.
 */
async function read({ folder, files, graph }: LayoutDirectories): Promise<IndexFile> {
  const index = await readIndexFile(folder, files);
  await syncFile(join(folder, 'index.json'), files).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
  await syncFolder(folder, files);
  return nameUnnamed(index, graph);
}

/** Entries without a name are images of their own, unless another entry leads to them or they refer to another. */
export async function nameUnnamed(index: IndexFile, graph: Graph): Promise<IndexFile> {
  if (index.attached.size === 0) return index;
  const targets = [...index.attached.values(), ...[...index.records.values()].map((record) => record.target)];
  const inner = await graph.descendants(targets);
  for (const target of index.attached.values()) {
    if (inner.has(target.digest) || (await graph.subject(target)) !== undefined) continue;
    index.attached.delete(target.digest);
    const name = danglingName(target.digest);
    index.records.set(name, { name, target: imageTarget(target), createdAt: index.written, updatedAt: index.written });
  }
  return index;
}
