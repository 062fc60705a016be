import { GrowingContent } from './content.js';
import { type AnyNode, newInode, type UpperNode } from './node.js';

/** Returns the current content of a node, unaffected by later writes. */
export function frozen(node: AnyNode): Pick<AnyNode, 'content'> {
  const content = node.content instanceof GrowingContent ? node.content.frozen() : node.content;
  return content === undefined ? {} : { content };
}

/** A read-only snapshot of a writable layer. Changed nodes are copied first. */
export class TreeSnapshot {
  /** Nodes that were made from there on have this number or a higher one. */
  readonly #next = newInode();
  readonly #before = new Map<UpperNode, UpperNode>();

  /** A node is about to change. */
  preserve(node: UpperNode): void {
    if (node.inode >= this.#next || this.#before.has(node)) return;
    this.#before.set(node, { ...node, ...frozen(node), ...(node.names && { names: new Map(node.names) }) });
  }

  /** Returns a node at the time of the snapshot. */
  at(node: AnyNode): AnyNode {
    return (node.layer === 'upper' && this.#before.get(node)) || node;
  }
}
