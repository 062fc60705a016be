import { GrowingContent } from './content.js';
import { type AnyNode, newInode, type UpperNode } from './node.js';

/** The content of a node as it is now, whatever becomes of it. */
export function frozen(node: AnyNode): Pick<AnyNode, 'content'> {
  const content = node.content instanceof GrowingContent ? node.content.frozen() : node.content;
  return content === undefined ? {} : { content };
}

/**
 * A writable layer as it is at a moment, for whoever looks at it for longer: nodes that change meanwhile are kept as they
 * were.
 */
export class TreeSnapshot {
  /** Nodes that were made from there on have this number or a higher one. */
  readonly #next = newInode();
  readonly #before = new Map<UpperNode, UpperNode>();

  /** A node is about to change. */
  preserve(node: UpperNode): void {
    if (node.inode >= this.#next || this.#before.has(node)) return;
    this.#before.set(node, { ...node, ...frozen(node), ...(node.names && { names: new Map(node.names) }) });
  }

  /** A node as it was. */
  at(node: AnyNode): AnyNode {
    return (node.layer === 'upper' && this.#before.get(node)) || node;
  }
}
