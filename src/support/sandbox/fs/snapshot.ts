import { AttestdError } from '../../foundation/errors.js';
import { quote } from '../../go/quote.js';
import { maxPathInMessage } from '../limits.js';
import { noContent } from './content.js';
import { type LowerNode, newInode, onDisk } from './node.js';
import { components, maxPathBytes } from './paths.js';
import type { ArchiveEntry, ContentStore, FileContent, Snapshot } from './types.js';

type Draft = Omit<LowerNode, 'children'> & { mode: number; links: number; children?: Map<string, LowerNode> };

class Tree implements Snapshot {
  constructor(
    readonly root: LowerNode,
    readonly size: number,
  ) {}
}

function directory(from?: LowerNode): Draft {
  const fresh = { layer: 'lower', type: 'directory', mode: 0o755, uid: 0, gid: 0, mtime: 0n, target: '' } as const;
  const inode = from?.inode ?? newInode();
  return { ...fresh, ...from, inode, links: 2, children: new Map(from?.children) };
}

/** A tree with nothing but its root. */
export const emptySnapshot: Snapshot = new Tree(directory() as LowerNode, 0);

/** The root of a snapshot. */
export function rootOf(snapshot: Snapshot): LowerNode {
  if (!(snapshot instanceof Tree)) throw new AttestdError('INTERNAL', 'this snapshot was not made by the runtime');
  return snapshot.root;
}

const whiteout = '.wh.';
const opaque = '.wh..wh..opq';
/** Links in one path after which there is a loop. */
const maxLinks = 40;

/**
 * Applies a layer to a snapshot: entries replace those with the same name, `.wh.NAME` removes NAME, `.wh..wh..opq`
 * removes everything that lower layers have in its directory (OCI image specification, Image Layer Filesystem
 * Changeset).
 *
 * @param entries of the layer's tar archive, in order
 * @param keeper stores the files' bytes
 * @throws INVALID_ARCHIVE for a name that leads upwards or a hard link without a target; NO_SPACE from the keeper
 */
export async function applyLayer(
  base: Snapshot,
  entries: AsyncIterable<ArchiveEntry>,
  keeper: ContentStore,
): Promise<Snapshot> {
  const layer = new LayerDraft(rootOf(base), keeper);
  let { size } = base;
  for await (const entry of entries) {
    if (entry.type === 'file') size += onDisk(entry.size);
    await layer.put(entry, () => (entry.size === 0 ? noContent : keeper.store(entry.content, entry.size)));
  }
  return new Tree(layer.root as LowerNode, size);
}

/** A snapshot while a layer is put on it. Directories are copied when they are first changed. */
class LayerDraft {
  readonly root: Draft;
  /** Directories that are this layer's copies. */
  readonly #copies = new Set<LowerNode>();
  /** Nodes that this layer brought; an opaque directory keeps them. */
  readonly #brought = new Set<LowerNode>();

  constructor(
    root: LowerNode,
    private readonly keeper: ContentStore,
  ) {
    this.root = this.#copy(root);
  }

  /** A directory of this layer, with what a lower one has. */
  #copy(lower?: LowerNode): Draft {
    this.keeper.copied?.(lower?.children?.size ?? 0);
    const copy = directory(lower);
    this.#copies.add(copy as LowerNode);
    return copy;
  }

  async put(entry: ArchiveEntry, content: () => FileContent | Promise<FileContent>): Promise<void> {
    const parts = components(entry.name);
    if (parts.includes('..')) throw refused(entry.name, 'its path leads upwards');
    const name = parts.pop();
    if (name === undefined) {
      if (entry.type === 'directory') Object.assign(this.root, metadata(entry));
      return;
    }
    const parent = this.#directory(parts);
    const children = parent.children as Map<string, LowerNode>;
    if (name === opaque) {
      for (const [key, node] of children) if (!this.#brought.has(node)) children.delete(key);
    } else if (name.startsWith(whiteout)) {
      children.delete(name.slice(whiteout.length));
    } else {
      const node = await this.#node(entry, children.get(name), content);
      children.set(name, node);
      this.#brought.add(node);
    }
  }

  async #node(
    entry: ArchiveEntry,
    present: LowerNode | undefined,
    content: () => FileContent | Promise<FileContent>,
  ): Promise<LowerNode> {
    if (entry.type === 'hardlink') {
      const target = this.#find(entry.target);
      if (target === undefined || target.type === 'directory') {
        throw refused(entry.name, `it links to ${quote(entry.target)}, which is no file before it`);
      }
      if (!this.#brought.has(target)) return { ...target, links: target.links + 1 };
      (target as Draft).links++;
      return target;
    }
    if (entry.type === 'symlink' && entry.target.length > maxPathBytes)
      throw refused(entry.name, 'what it links to is too long');
    if (entry.type === 'directory') {
      const draft = this.#copy(present?.type === 'directory' ? present : undefined);
      return Object.assign(draft, metadata(entry)) as LowerNode;
    }
    return {
      layer: 'lower',
      inode: newInode(),
      type: entry.type,
      target: entry.type === 'symlink' ? entry.target : '',
      ...metadata(entry),
      ...(entry.device && { device: entry.device }),
      ...(entry.type === 'file' && { content: await content() }),
      links: 1,
    };
  }

  /** The directory at a path, copied for writing; what is missing is made, links are followed. */
  #directory(parts: readonly string[]): Draft {
    let draft = this.root;
    const trail: { readonly draft: Draft; readonly length: number }[] = [];
    let length = 0;
    const left = [...parts];
    for (let links = 0; left.length > 0; ) {
      const name = left.shift() as string;
      if (name === '..') {
        ({ draft, length } = trail.pop() ?? { draft: this.root, length: 0 });
        continue;
      }
      const children = draft.children as Map<string, LowerNode>;
      const child = children.get(name);
      if (child?.type === 'symlink' && links++ < maxLinks) {
        left.unshift(...components(child.target));
        if (child.target.startsWith('/')) {
          draft = this.root;
          trail.length = length = 0;
        }
        continue;
      }
      trail.push({ draft, length });
      length += 1 + name.length;
      if (length > maxPathBytes) throw refused(parts.join('/'), 'its path is too long');
      draft = this.#writable(children, name, child);
    }
    return draft;
  }

  #writable(children: Map<string, LowerNode>, name: string, child: LowerNode | undefined): Draft {
    if (child?.type === 'directory' && this.#copies.has(child)) return child as Draft;
    const copy = this.#copy(child?.type === 'directory' ? child : undefined);
    if (child === undefined || this.#brought.has(child)) this.#brought.add(copy as LowerNode);
    children.set(name, copy as LowerNode);
    return copy;
  }

  #find(path: string): LowerNode | undefined {
    const parts = components(path);
    const name = parts.pop();
    return name === undefined || parts.includes('..') ? undefined : this.#directory(parts).children?.get(name);
  }
}

function metadata({
  mode,
  uid,
  gid,
  mtime,
  xattrs,
}: ArchiveEntry): Omit<LowerNode, 'layer' | 'inode' | 'type' | 'target' | 'links'> {
  return { mode, uid, gid, mtime, ...(xattrs && { xattrs }) };
}

function refused(name: string, reason: string): AttestdError {
  const displayName = name.length > maxPathInMessage ? `${name.slice(0, maxPathInMessage)}…` : name;
  return new AttestdError('INVALID_ARCHIVE', `layer entry ${quote(displayName)} is refused: ${reason}`);
}
