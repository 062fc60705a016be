import { frozen } from './moment.js';
import { inOrder } from './names.js';
import type { AnyNode, LowerNode, UpperNode } from './node.js';
import { childOf, isAnew, lowerOf, namesOf, ownNamesOf, statOf } from './node.js';
import { joinPath } from './paths.js';
import { step } from './resolve.js';
import type { Location, WritableTree } from './tree.js';
import type { ArchiveEntry, Change } from './types.js';

const chunkSize = 64 * 1024;

/** Yields exactly `size` bytes, even if the file was truncated since. Pads with zeros. */
function* bytesOf(node: Pick<AnyNode, 'content'>, size: number): Generator<Uint8Array> {
  for (let at = 0; at < size; ) {
    const chunk = node.content?.read(at, Math.min(chunkSize, size - at));
    if (chunk === undefined || chunk.length === 0) {
      yield Buffer.alloc(Math.min(chunkSize, size - at));
      at += Math.min(chunkSize, size - at);
    } else {
      yield chunk;
      at += chunk.length;
    }
  }
}

function entryOf(node: AnyNode, name: string, hardLink: string | undefined, freezes = false): ArchiveEntry {
  const { mode, uid, gid, mtime, device, xattrs } = node;
  const size = node.type === 'file' && hardLink === undefined ? (node.content?.size ?? 0) : 0;
  // Assigned one by one, because spreading is slow and a layer may have hundreds of thousands of entries.
  const entry: Writable<ArchiveEntry> = {
    name,
    mode,
    uid,
    gid,
    mtime,
    type: hardLink === undefined ? node.type : 'hardlink',
    size,
    target: hardLink ?? node.target,
    content: size === 0 ? nothing : contentOf(freezes ? frozen(node) : node, size),
  };
  if (device) entry.device = device;
  if (xattrs) entry.xattrs = xattrs;
  return entry;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

const nothing: readonly Uint8Array[] = [];

function contentOf(node: Pick<AnyNode, 'content'>, size: number): Iterable<Uint8Array> {
  return { [Symbol.iterator]: () => bytesOf(node, size) };
}

/** The first name of each node that has several. */
class HardLinks {
  readonly #names = new Map<number, string>();

  /** The name that this one links to, or undefined for the first. */
  seen(node: AnyNode, name: string): string | undefined {
    if (node.type === 'directory' || node.links < 2) return undefined;
    const first = this.#names.get(node.inode);
    if (first === undefined) this.#names.set(node.inode, name);
    return first;
  }
}

/** A node and everything below it as archive entries, each looked at when it is asked for: what has gone by then is not there. */
export function* entriesOf(
  start: Location,
  name: string,
  mounts: ReadonlyMap<string, Location>,
): Generator<ArchiveEntry> {
  const links = new HardLinks();
  const open: Iterator<{ readonly location: Location; readonly name: string }>[] = [
    [{ location: start, name }].values(),
  ];
  for (let inner = open.at(-1); inner !== undefined; inner = open.at(-1)) {
    const { value: item, done } = inner.next();
    if (done) {
      open.pop();
      continue;
    }
    const { location: place, name: at } = item;
    if (at !== '') yield entryOf(place.node, at, links.seen(place.node, at));
    if (place.node.type === 'directory') open.push(childrenOf(place, at, mounts));
  }
}

function* childrenOf(
  directory: Location,
  name: string,
  mounts: ReadonlyMap<string, Location>,
): Generator<{ readonly location: Location; readonly name: string }> {
  for (const child of inOrder(namesOf(directory.node))) {
    const place = step(directory, child, { mounts });
    if (place !== undefined) yield { location: place, name: name === '' ? child : `${name}/${child}` };
  }
}

/**
 * Yields a writable layer as layer entries, from a snapshot taken at the first one: its nodes, and whiteouts for hidden
 * ones.
 */
export function* layerOf(tree: WritableTree): Generator<ArchiveEntry> {
  const links = new HardLinks();
  const snapshot = tree.snapshot();
  try {
    yield* below(tree.root, '', false);
  } finally {
    tree.releaseSnapshot(snapshot);
  }

  /** @param whole whether that is all of a directory: it was moved, and the snapshot has nothing of it there */
  function* below(directory: AnyNode, prefix: string, whole: boolean): Generator<ArchiveEntry> {
    for (const name of inOrder((whole ? namesOf : ownNamesOf)(snapshot.at(directory)))) {
      const above = snapshot.at(directory);
      const child = childOf(above, name);
      if (child === undefined) {
        yield whiteout(`${prefix}.wh.${name}`, above.mtime);
        continue;
      }
      const at = `${prefix}${name}`;
      const node = snapshot.at(child);
      const isOwn = whole || isAnew(node);
      const hides = isOwn && !whole && lowerOf(above, name)?.type === 'directory';
      yield entryOf(node, at, links.seen(node, at), true);
      if (child.type !== 'directory') continue;
      if (hides) yield whiteout(`${at}/.wh..wh..opq`, node.mtime);
      yield* below(child, `${at}/`, isOwn);
    }
  }
}

function whiteout(name: string, mtime: bigint): ArchiveEntry {
  return { name, type: 'file', mode: 0, uid: 0, gid: 0, mtime, size: 0, target: '', content: [] };
}

/**
 * Returns the differences between a writable layer and its snapshot. A directory counts as modified if something in it
 * changed; its times and size do not count (observed with `GET /containers/{id}/changes`).
 *
 * @returns yields at each directory
 */
export function* changesOf(root: UpperNode): Generator<undefined, Change[]> {
  const changes: Change[] = [];
  yield* compare(root, root.below, '/', changes);
  return changes;
}

const namesPerSlice = 256;

function* compare(
  node: AnyNode,
  old: LowerNode | undefined,
  path: string,
  changes: Change[],
): Generator<undefined, void> {
  let looked = 0;
  const names = namesOf(node);
  for (const name of old?.children?.keys() ?? []) if (childOf(node, name) === undefined) names.push(name);
  for (const name of inOrder(names)) {
    if (looked++ % namesPerSlice === 0) yield;
    const now = childOf(node, name);
    const before = old?.children?.get(name);
    if (now === before) continue;
    const at = joinPath(path, name);
    if (now === undefined) {
      changes.push({ path: at, kind: 2 });
      continue;
    }
    const start = changes.length;
    if (now.type === 'directory') yield* compare(now, before?.type === 'directory' ? before : undefined, at, changes);
    const kind = before === undefined ? 1 : 0;
    if (kind === 1 || changes.length > start || differs(now, before as LowerNode))
      changes.splice(start, 0, { path: at, kind });
  }
}

function differs(now: AnyNode, before: LowerNode): boolean {
  if (now.type !== before.type || now.mode !== before.mode || now.uid !== before.uid || now.gid !== before.gid)
    return true;
  if (now.type === 'directory') return false;
  return now.mtime !== before.mtime || statOf(now).size !== statOf(before).size || now.target !== before.target;
}
