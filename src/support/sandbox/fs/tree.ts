import type { Clock } from '../clock.js';
import { GrowingContent } from './content.js';
import { FileSystemError } from './errors.js';
import { TreeSnapshot } from './moment.js';
import { type AnyNode, childrenOf, type LowerNode, newInode, nodeCost, onDisk, type UpperNode } from './node.js';
import { rootOf } from './snapshot.js';
import type { Attributes, ByteBudget, Device, NodeType, Snapshot } from './types.js';

/** Properties of a new node. */
interface NewNode {
  readonly type: NodeType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly target?: string;
  readonly device?: Device | undefined;
}

/** The directory and name of a node. */
export interface Location {
  readonly tree: WritableTree;
  readonly node: AnyNode;
  /** Undefined at the root of a tree or mount. */
  readonly parent: Location | undefined;
  readonly name: string;
  /** Whether it is seen through a mount that forbids writing. */
  readonly readOnly: boolean;
  /** As seen from the outermost root. */
  readonly path: string;
}

/** A writable layer above a snapshot. It knows nodes, not paths, permissions or mounts. */
export class WritableTree {
  readonly root: UpperNode;
  readonly budget: ByteBudget;
  readonly #clock: Clock;
  #disposed = false;
  /** Moves with each change. */
  revision = 0;
  /** Bytes on a disk of the snapshot. */
  readonly below: number;
  /** Cached sizes of a revision, on disk and apparent. Summing up is slow with very many files. */
  #measured: { revision: number; onDisk?: number; seen?: number } = { revision: -1 };
  /** Active snapshots. Weak, because a reader may never finish. */
  readonly #snapshots = new Set<WeakRef<TreeSnapshot>>();

  constructor(snapshot: Snapshot | undefined, budget: ByteBudget, clock: Clock) {
    this.budget = budget;
    this.#clock = clock;
    this.below = snapshot?.size ?? 0;
    this.root =
      snapshot === undefined
        ? this.make({ type: 'directory', mode: 0o755, uid: 0, gid: 0 })
        : this.#raise(rootOf(snapshot));
  }

  /** Nanoseconds since 1970. */
  now(): bigint {
    return BigInt(Math.round(this.#clock.now() * 1000)) * 1000n;
  }

  /** A node that has no name yet. @throws FileSystemError ENOSPC; ENOENT in a tree that is gone */
  make({ type, mode, uid, gid, target = '', device }: NewNode): UpperNode {
    this.#count(1);
    return {
      layer: 'upper',
      inode: newInode(),
      type,
      target,
      device,
      mode,
      uid,
      gid,
      mtime: this.now(),
      links: 0,
      open: 0,
      ...(type === 'directory' && { names: new Map() }),
    };
  }

  /** The node at a place as one that can be changed: it and what is above it are copied up. */
  writable(location: Location): UpperNode {
    const { node, parent, name } = location;
    if (node.layer === 'upper') return node;
    const directory = this.writable(parent as Location);
    const present = directory.names?.get(name);
    if (present !== undefined && present !== null) return present;
    const copy = this.#raise(node);
    this.changes(directory);
    directory.names?.set(name, copy);
    return copy;
  }

  /** Takes a snapshot of the layer. It stays valid until `releaseSnapshot`. */
  snapshot(): TreeSnapshot {
    const snapshot = new TreeSnapshot();
    this.#snapshots.add(new WeakRef(snapshot));
    return snapshot;
  }

  /** Ends a snapshot. */
  releaseSnapshot(snapshot: TreeSnapshot): void {
    for (const other of this.#snapshots) if (other.deref() === snapshot) this.#snapshots.delete(other);
  }

  /** Called before anything of a node is changed. */
  changes(node: UpperNode): void {
    for (const reference of this.#snapshots) {
      const snapshot = reference.deref();
      if (snapshot === undefined) this.#snapshots.delete(reference);
      else snapshot.preserve(node);
    }
  }

  /** Content that can be written to. */
  content(node: UpperNode, keep: boolean): GrowingContent {
    this.revision++;
    this.changes(node);
    if (node.own !== undefined) return node.own;
    const own = new GrowingContent(this.budget, keep ? node.content : undefined);
    node.own = own;
    node.content = own;
    return own;
  }

  /** Give a node a name; what had it must be gone. */
  attach(directory: UpperNode, name: string, node: UpperNode): void {
    this.revision++;
    this.changes(directory);
    this.changes(node);
    directory.names?.set(name, node);
    directory.mtime = this.now();
    node.links++;
  }

  /** Take a name away. */
  detach(directory: UpperNode, name: string): void {
    this.revision++;
    this.changes(directory);
    const node = directory.names?.get(name);
    if (directory.below?.children?.has(name)) directory.names?.set(name, null);
    else directory.names?.delete(name);
    directory.mtime = this.now();
    if (node !== undefined && node !== null) this.#unlinked(node);
  }

  /** A node was given another name. What lies below a directory is not copied up: there may be very much of it. */
  moved(node: UpperNode): void {
    if (node.below === undefined || node.moved) return;
    this.changes(node);
    node.moved = true;
  }

  /** An open file was closed. */
  closed(node: UpperNode): void {
    node.open--;
    if (node.links === 0) this.#release(node);
  }

  change(node: UpperNode, attributes: Attributes): void {
    this.revision++;
    this.changes(node);
    for (const [key, value] of Object.entries(attributes))
      if (value !== undefined) Object.assign(node, { [key]: value });
  }

  /** Bytes on a disk of the files of the writable layer, each once. */
  size(): number {
    const measured = this.#current();
    measured.onDisk ??= sizeBelow(this.root, new Set());
    return measured.onDisk;
  }

  /** Bytes of all files that are seen, each once. */
  bytes(): number {
    const measured = this.#current();
    measured.seen ??= sizeSeen(this.root, new Set());
    return measured.seen;
  }

  #current(): { onDisk?: number; seen?: number } {
    if (this.#measured.revision !== this.revision) this.#measured = { revision: this.revision };
    return this.#measured;
  }

  /** Give everything back. */
  dispose(): void {
    this.#disposed = true;
    this.changes(this.root);
    for (const node of this.root.names?.values() ?? []) if (node !== null) this.#unlinked(node);
    this.root.names?.clear();
    // An open file is released when it is closed.
    this.#count(-1);
  }

  #raise(node: LowerNode): UpperNode {
    this.#count(1);
    const { type, target, device, mode, uid, gid, mtime, xattrs, inode, content } = node;
    const raised = {
      layer: 'upper',
      inode,
      type,
      target,
      device,
      mode,
      uid,
      gid,
      mtime,
      xattrs,
      open: 0,
      links: 1,
    } as const;
    return {
      ...raised,
      ...(type === 'file' && { content }),
      ...(type === 'directory' && { names: new Map(), below: node }),
    };
  }

  #unlinked(node: UpperNode): void {
    this.changes(node);
    node.links--;
    if (node.links > 0) return;
    for (const child of node.names?.values() ?? []) if (child !== null) this.#unlinked(child);
    this.#release(node);
  }

  #release(node: UpperNode): void {
    if (node.open > 0) return;
    node.own?.clear();
    this.#count(-1);
  }

  #count(nodes: 1 | -1): void {
    // Nothing would ever release resources of a disposed tree.
    if (nodes > 0 && this.#disposed) throw new FileSystemError('ENOENT', '');
    if (nodes > 0) this.budget.reserve(nodeCost);
    else this.budget.release(nodeCost);
  }
}

/** @param whole whether what is below counts, too: a directory that was moved is all new at its place */
function sizeBelow(node: UpperNode, seen: Set<number>, whole = false): number {
  if (node.names === undefined) {
    if (seen.has(node.inode)) return 0;
    seen.add(node.inode);
    return onDisk(node.content?.size ?? 0);
  }
  const takes = whole || node.moved === true;
  let size = 0;
  for (const [, child] of takes ? childrenOf(node) : node.names)
    if (child !== null) size += child.layer === 'lower' ? sizeOfLower(child) : sizeBelow(child, seen, takes);
  return size;
}

/** Bytes on a disk of directories of snapshots, which do not change. */
const lowerSizes = new WeakMap<LowerNode, number>();

function sizeOfLower(node: LowerNode): number {
  if (node.type !== 'directory') return onDisk(node.content?.size ?? 0);
  const known = lowerSizes.get(node);
  if (known !== undefined) return known;
  let size = 0;
  for (const child of node.children?.values() ?? []) size += sizeOfLower(child);
  lowerSizes.set(node, size);
  return size;
}

function sizeSeen(node: AnyNode, seen: Set<number>): number {
  if (node.type !== 'directory') {
    if (seen.has(node.inode)) return 0;
    seen.add(node.inode);
    return node.content?.size ?? 0;
  }
  let size = 0;
  for (const [, child] of childrenOf(node)) size += sizeSeen(child, seen);
  return size;
}
