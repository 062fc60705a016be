import { ManualClock } from '../../../../src/support/sandbox/clock.js';
import { Budget } from '../../../../src/support/sandbox/fs/budget.js';
import { memoryStore } from '../../../../src/support/sandbox/fs/content.js';
import { createFileSystem } from '../../../../src/support/sandbox/fs/file-system.js';
import { applyLayer, emptySnapshot } from '../../../../src/support/sandbox/fs/snapshot.js';
import type { ArchiveEntry, FileSystem, Snapshot } from '../../../../src/support/sandbox/fs/types.js';

/** An archive entry with what most have. */
export function entry(name: string, more: Partial<ArchiveEntry> & { readonly text?: string } = {}): ArchiveEntry {
  const { text, ...rest } = more;
  const type = rest.type ?? (name.endsWith('/') ? 'directory' : 'file');
  const bytes = Buffer.from(text ?? '');
  return {
    name: name.replace(/\/$/, ''),
    type,
    mode: type === 'directory' ? 0o755 : 0o644,
    uid: 0,
    gid: 0,
    mtime: 1_700_000_000_000_000_000n,
    size: bytes.length,
    target: '',
    content: [bytes],
    ...rest,
  };
}

export async function* stream(entries: Iterable<ArchiveEntry>): AsyncGenerator<ArchiveEntry> {
  for (const item of entries) yield item;
}

/** A snapshot of layers, lowest first. */
export async function snapshotOf(...layers: ArchiveEntry[][]): Promise<Snapshot> {
  let snapshot = emptySnapshot;
  for (const layer of layers) snapshot = await applyLayer(snapshot, stream(layer), memoryStore(new Budget(1 << 24)));
  return snapshot;
}

/** A file system above a snapshot, with its clock and budget. */
export function mountable(
  snapshot?: Snapshot,
  limit = 1 << 24,
): { fs: FileSystem; clock: ManualClock; budget: Budget } {
  const clock = new ManualClock();
  const budget = new Budget(limit);
  return { fs: createFileSystem({ ...(snapshot && { snapshot }), budget, clock }), clock, budget };
}

/** Every path of a file system with what is there, for comparing. */
export function listing(fs: FileSystem, at = '/'): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of fs.list(at)) {
    const path = at === '/' ? `/${name}` : `${at}/${name}`;
    const stat = fs.lstat(path);
    if (stat.type === 'directory') Object.assign(found, { [path]: 'directory' }, listing(fs, path));
    else found[path] = stat.type === 'symlink' ? `-> ${stat.target}` : `${stat.type} ${fs.readFile(path).toString()}`;
  }
  return found;
}

/** The errno that a call fails with; undefined when it succeeds. */
export function errno(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return (error as { errno?: string }).errno ?? String(error);
  }
}
