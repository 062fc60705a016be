/** Turns the difference between two values of a description into edits of its YAML document. */
import { isDeepStrictEqual } from 'node:util';
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  Pair,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { AttestdError } from '../support/foundation/errors.js';
import { placeMember } from './apply-place.js';
import { canBePlain, type FileStyle, isBlockText, styledKey, styledNode } from './apply-style.js';
import { isObject, type Json, type JsonObject } from './document.js';
import { toPointer } from './pointer.js';

/** The surroundings of a node. */
interface NodeContext {
  readonly location: readonly (string | number)[];
  readonly inFlow: boolean;
  /** The key that holds the node; absent in a list. */
  readonly key?: string;
}

type Mapping = YAMLMap<Scalar, Node | null>;

function alike(a: Json, b: Json): boolean {
  if (isObject(a) && isObject(b)) return a.name === b.name && a.in === b.in;
  return Array.isArray(a) === Array.isArray(b) && (typeof a === 'object' || a === b);
}

/** Returns the indexes of the elements to keep when a shorter list replaces a list: the earliest matches. */
function keptOf(from: readonly Json[], to: readonly Json[]): number[] {
  if (to.length >= from.length) return from.map((_, index) => index);
  // Equal elements match first. Without an equal element, one with the same name counts as its changed form.
  const exact = match(from, to, isDeepStrictEqual);
  return exact.length === to.length ? exact : match(from, to, alike);
}

function match(from: readonly Json[], to: readonly Json[], same: (a: Json, b: Json) => boolean): number[] {
  const kept: number[] = [];
  from.forEach((element, index) => {
    if (kept.length < to.length && same(element, to[kept.length] as Json)) kept.push(index);
  });
  return kept;
}

/** Whether most of a collection's items have a blank line before them. */
function isSpaced(nodes: readonly (Node | null)[]): boolean {
  const later = nodes.slice(1);
  return later.filter((node) => node?.spaceBefore).length * 2 > later.length;
}

class DocumentEditor {
  constructor(
    private readonly doc: Document,
    private readonly style: FileStyle,
  ) {}

  /** Sets the value of a node. Returns the node or its replacement. */
  node(node: Node | null, from: Json, to: Json, context: NodeContext): Node {
    if (node !== null && isDeepStrictEqual(from, to)) return node;
    if (isAlias(node)) {
      throw new AttestdError('OVERLAY', `${toPointer(context.location)} is an alias: what it stands for is shared`);
    }
    if (isMap(node) && isObject(from) && isObject(to)) {
      this.mapping(node as Mapping, from as JsonObject, to as JsonObject, context);
    } else if (isSeq(node) && Array.isArray(from) && Array.isArray(to)) {
      this.list(node as YAMLSeq<Node>, from, to, context);
    } else if (isScalar(node) && (typeof to !== 'object' || to === null)) this.scalar(node, to, context.inFlow);
    else return styledNode(this.doc, to, context.key, this.style);
    return node;
  }

  private mapping(node: Mapping, from: JsonObject, to: JsonObject, { location, inFlow }: NodeContext): void {
    const wasEmpty = node.items.length === 0;
    const nameOf = (pair: Pair<Scalar>): string => String(pair.key.value);
    node.items = node.items.filter((pair) => Object.hasOwn(to, nameOf(pair)));
    const spaced = isSpaced(node.items.map(({ key }) => key));
    for (const [key, value] of Object.entries(to)) {
      const at = [...location, key];
      const pair = node.items.find((item) => nameOf(item) === key);
      const context = { location: at, inFlow: inFlow || node.flow === true, key };
      if (pair) pair.value = this.node(pair.value, from[key] as Json, value, context);
      else {
        const after = placeMember(location, node.items.map(nameOf), key, value);
        const name = styledKey(key, this.style);
        if (spaced && after >= 0) name.spaceBefore = true;
        node.items.splice(after + 1, 0, new Pair(name, styledNode(this.doc, value, key, this.style)));
      }
    }
    this.reopen(node, wasEmpty, inFlow);
  }

  private list(node: YAMLSeq<Node>, from: Json[], to: Json[], { location, inFlow, key }: NodeContext): void {
    const wasEmpty = node.items.length === 0;
    const kept = keptOf(from, to);
    const spaced = isSpaced(node.items);
    node.items = to.map((value, index) => {
      const old = kept[index];
      const context = { location: [...location, index], inFlow: inFlow || node.flow === true };
      if (old !== undefined) return this.node(node.items[old] as Node, from[old] as Json, value, context);
      const made = styledNode(this.doc, value, key, this.style);
      if (spaced && index > 0) made.spaceBefore = true;
      return made;
    });
    this.reopen(node, wasEmpty, inFlow);
  }

  /** Writes a formerly empty collection in block style, and a collection that became empty in brackets. */
  private reopen(node: Mapping | YAMLSeq<Node>, wasEmpty: boolean, inFlow: boolean): void {
    const isEmpty = node.items.length === 0;
    if (isEmpty) node.flow = true;
    else if (wasEmpty && !inFlow) {
      node.flow = false;
      if (node.comment) [node.commentBefore, node.comment] = [node.comment, null];
    }
  }

  private scalar(node: Scalar, value: Json, inFlow: boolean): void {
    const wasBlock = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED';
    node.value = value;
    delete node.source;
    delete node.format;
    delete node.minFractionDigits;
    if (typeof value !== 'string') node.type = 'PLAIN';
    else if (!inFlow && (isBlockText(value) || (wasBlock && value !== '' && !value.includes('\n')))) {
      node.type = 'BLOCK_LITERAL';
    } else if (value.includes('\n')) node.type = 'QUOTE_DOUBLE';
    else if (node.type !== 'QUOTE_DOUBLE' && node.type !== 'QUOTE_SINGLE') {
      node.type = canBePlain(value) ? 'PLAIN' : this.style.quotes;
    }
  }
}

/**
 * Edits a document so that it has the given value. New members follow the style of the file and the order of
 * apply-place.ts. All other nodes keep their form.
 *
 * @param doc the document; it is changed
 * @param style the style of the file
 * @param from the document's value
 * @param to the value after the edit
 * @throws AttestdError OVERLAY when an alias would have to change
 */
export function editDocument(doc: Document, style: FileStyle, from: Json, to: Json): void {
  const editor = new DocumentEditor(doc, style);
  doc.contents = editor.node(doc.contents as Node, from, to, { location: [], inFlow: false });
}
