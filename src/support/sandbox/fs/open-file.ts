import { FileSystemError } from './errors.js';
import { type AnyNode, statOf, type UpperNode } from './node.js';
import type { WritableTree } from './tree.js';
import type { OpenFile, OpenOptions, Stat } from './types.js';

/** A file that was opened. It holds the node: neither renaming nor removing takes it away. */
export class NodeFile implements OpenFile {
  readonly #tree: WritableTree;
  readonly #node: AnyNode;
  readonly #options: OpenOptions;
  readonly #path: string;
  #at = 0;
  #closed = false;

  constructor(tree: WritableTree, node: AnyNode, options: OpenOptions, path: string) {
    this.#tree = tree;
    this.#node = node;
    this.#options = options;
    this.#path = path;
    if (node.layer === 'upper' && node.type !== 'directory') node.open++;
  }

  stat(): Stat {
    return statOf(this.#node);
  }

  read(length: number, at?: number): Uint8Array {
    if (this.#closed || !this.#options.read) throw new FileSystemError('EBADF', this.#path);
    if (this.#node.type === 'directory') throw new FileSystemError('EISDIR', this.#path);
    const bytes = this.#node.content?.read(at ?? this.#at, length) ?? new Uint8Array(0);
    if (at === undefined) this.#at += bytes.length;
    return bytes;
  }

  write(bytes: Uint8Array, at?: number): void {
    const node = this.#writable();
    const content = this.#tree.content(node, true);
    const start = this.#options.append ? content.size : (at ?? this.#at);
    content.write(start, bytes);
    node.mtime = this.#tree.now();
    if (at === undefined) this.#at = start + bytes.length;
  }

  truncate(size: number): void {
    const node = this.#writable();
    this.#tree.content(node, size > 0).truncate(size);
    node.mtime = this.#tree.now();
  }

  seek(at: number): void {
    this.#at = at;
  }

  skip(bytes: number): void {
    this.#at = Math.max(0, this.#at + bytes);
  }

  isOf(tree: WritableTree): boolean {
    return tree === this.#tree;
  }

  /** Give it a name. @throws FileSystemError EBADF */
  attach(directory: UpperNode, name: string): void {
    this.#tree.attach(directory, name, this.#writable());
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#node.layer === 'upper' && this.#node.type !== 'directory') this.#tree.closed(this.#node);
  }

  #writable(): UpperNode {
    if (this.#closed || !this.#options.write || this.#node.layer !== 'upper')
      throw new FileSystemError('EBADF', this.#path);
    return this.#node;
  }
}
