import type { GrowingContent } from './content.js';
import type { Device, FileContent, NodeType, Stat } from './types.js';

/** Metadata of every node. */
export interface Metadata {
  mode: number;
  uid: number;
  gid: number;
  mtime: bigint;
  xattrs?: ReadonlyMap<string, Uint8Array> | undefined;
}

/** A node of a snapshot. Shared, never changed once its layer is applied. */
export interface LowerNode extends Readonly<Metadata> {
  readonly layer: 'lower';
  readonly inode: number;
  readonly type: NodeType;
  readonly target: string;
  readonly device?: Device | undefined;
  /** Of a file. */
  readonly content?: FileContent;
  /** Of a directory. */
  readonly children?: ReadonlyMap<string, LowerNode>;
  readonly links: number;
}

/** A node of a writable layer. */
export interface UpperNode extends Metadata {
  readonly layer: 'upper';
  readonly inode: number;
  readonly type: NodeType;
  readonly target: string;
  readonly device?: Device | undefined;
  content?: FileContent | undefined;
  /** The content, once it was written to. */
  own?: GrowingContent | undefined;
  /** Of a directory: names that differ from below; null is a whiteout. */
  readonly names?: Map<string, UpperNode | null>;
  /** Of a directory: what is seen through it. */
  readonly below?: LowerNode | undefined;
  /** Of a directory: whether it was renamed, so that what is below it is not what the snapshot has at its place. */
  moved?: boolean;
  links: number;
  /** Number of open files of the node. */
  open: number;
}

export type AnyNode = LowerNode | UpperNode;

let inodes = 1;

/** A number that no node has yet. */
export const newInode = (): number => inodes++;

/** Bytes that a node of a writable layer is charged in addition to its content. */
export const nodeCost = 1024;

/** Bytes that a file takes on a disk with blocks of 4 KiB. */
export const onDisk = (bytes: number): number => Math.ceil(bytes / 4096) * 4096;

/** Size of a directory in stat. */
const directorySize = 4096;

export function statOf(node: AnyNode): Stat {
  const { inode, type, mode, uid, gid, mtime, target, device, xattrs, links } = node;
  return {
    inode,
    type,
    mode,
    uid,
    gid,
    mtime,
    size: sizeOf(node),
    links: type === 'directory' ? 2 : links,
    target,
    ...(device && { device }),
    ...(xattrs && { xattrs }),
  };
}

function sizeOf(node: AnyNode): number {
  if (node.type === 'directory') return directorySize;
  if (node.type === 'symlink') return Buffer.byteLength(node.target);
  return node.content?.size ?? 0;
}

/** Returns a directory's child. Undefined if it does not exist. */
export function childOf(directory: AnyNode, name: string): AnyNode | undefined {
  if (directory.layer === 'lower') return directory.children?.get(name);
  const own = directory.names?.get(name);
  if (own !== undefined) return own ?? undefined;
  return directory.below?.children?.get(name);
}

/** Returns the child below a directory's writable layer. */
export const lowerOf = (directory: AnyNode, name: string): LowerNode | undefined =>
  directory.layer === 'upper' ? directory.below?.children?.get(name) : undefined;

/** Whether nothing that the snapshot has at its place is seen through a node. */
export const isAnew = (node: AnyNode): boolean =>
  node.layer === 'upper' && (node.moved === true || node.below === undefined);

/** Yields a directory's children, unordered. */
export function* childrenOf(directory: AnyNode): Generator<[string, AnyNode], undefined> {
  if (directory.layer === 'lower') {
    yield* directory.children ?? [];
    return;
  }
  for (const [name, node] of directory.names ?? []) if (node !== null) yield [name, node];
  for (const child of directory.below?.children ?? []) if (!directory.names?.has(child[0])) yield child;
}

/** Reaches of directories of snapshots, which do not change. */
const reaches = new WeakMap<LowerNode, number>();

/** Characters of the longest path that leads from a node to what lies below it. */
export function linkCount(node: AnyNode): number {
  if (node.type !== 'directory') return 0;
  const known = node.layer === 'lower' ? reaches.get(node) : undefined;
  if (known !== undefined) return known;
  let longest = 0;
  for (const [name, child] of childrenOf(node)) longest = Math.max(longest, 1 + name.length + linkCount(child));
  if (node.layer === 'lower') reaches.set(node, longest);
  return longest;
}

/** Names that a directory has itself, in no order: whiteouts, too. */
export const ownNamesOf = (directory: AnyNode): string[] =>
  directory.layer === 'upper' ? [...(directory.names?.keys() ?? [])] : [];

/** Names that a directory shows, in no order. */
export const namesOf = (directory: AnyNode): string[] => Array.from(childrenOf(directory), ([name]) => name);

/** Whether a directory shows nothing. */
export const isEmpty = (directory: AnyNode): boolean => childrenOf(directory).next().done === true;
