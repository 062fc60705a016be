/** Edits that take members and elements out of a YAML file. */
import { isAlias, isMap, isSeq, type Node, type Pair, type Scalar } from 'yaml';
import { AttestdError } from '../errors.js';
import {
  type Collection,
  columnOfItems,
  contentEnd,
  type Edit,
  endOfLines,
  type Item,
  itemStart,
  lineBreak,
  rangeOf,
} from './apply-text.js';
import { isObject, type Json } from './document.js';

/**
 * Which elements of a list are gone.
 *
 * @param from the list before
 * @param to the list after: some elements removed, some changed, some appended
 * @returns indexes into `from`
 */
function goneFrom(from: readonly Json[], to: readonly Json[], same: (a: Json, b: Json) => boolean): number[] {
  const gone: number[] = [];
  let next = 0;
  from.forEach((element, index) => {
    if (next < to.length && same(element, to[next] as Json)) next += 1;
    else gone.push(index);
  });
  return gone;
}

function alike(a: Json, b: Json): boolean {
  if (isObject(a) && isObject(b)) return a.name === b.name && a.in === b.in;
  return Array.isArray(a) === Array.isArray(b) && (typeof a === 'object' || a === b);
}

/**
 * A value without what a later one no longer has, and otherwise as it was.
 *
 * @param from the value before
 * @param to the value after
 */
export function withoutRemoved(from: Json, to: Json): Json {
  if (isObject(from) && isObject(to)) {
    const kept = Object.entries(from).filter(([key]) => Object.hasOwn(to, key));
    return Object.fromEntries(kept.map(([key, value]) => [key, withoutRemoved(value as Json, to[key] as Json)]));
  }
  if (!Array.isArray(from) || !Array.isArray(to)) return from;
  if (to.length >= from.length) return from.map((value, index) => withoutRemoved(value, to[index] as Json));
  const gone = new Set(goneFrom(from, to, alike));
  const kept = from.filter((_, index) => !gone.has(index));
  return kept.map((value, index) => (index < to.length ? withoutRemoved(value, to[index] as Json) : value));
}

/** Computes the edits that take something out of a file. */
export class Remover {
  readonly edits: Edit[] = [];

  constructor(private readonly text: string) {}

  /**
   * Adds the edits of a node whose value becomes `to`, as `withoutRemoved` makes it.
   *
   * @param node the node
   * @param from its value
   * @param to its value without what goes
   * @param opening the offset after the colon or dash that holds the node
   */
  node(node: Node | null, from: Json, to: Json, opening = 0): void {
    if (node === null) return;
    if (isMap(node) && isObject(from) && isObject(to)) {
      const pairs = node.items as Pair<Scalar, Node | null>[];
      const gone = pairs.map(({ key }) => !Object.hasOwn(to, String(key.value)));
      this.items(node as Collection, gone, '{}', opening);
      pairs.forEach(({ key, value }, index) => {
        const name = String(key.value);
        const colon = this.text.indexOf(':', rangeOf(key)[1]) + 1;
        if (!gone[index]) this.node(value, from[name] as Json, to[name] as Json, colon);
      });
    } else if (isSeq(node) && Array.isArray(from) && Array.isArray(to)) {
      const lost = new Set(to.length < from.length ? goneFrom(from, to, alike) : []);
      this.items(
        node as Collection,
        from.map((_, index) => lost.has(index)),
        '[]',
        opening,
      );
      let next = 0;
      (node.items as Node[]).forEach((element, index) => {
        const dash = this.text.lastIndexOf('-', itemStart(element) - 1) + 1;
        if (!lost.has(index)) this.node(element, from[index] as Json, to[next++] as Json, dash);
      });
    } else if (isAlias(node) && JSON.stringify(from) !== JSON.stringify(to)) {
      throw new AttestdError('OVERLAY', 'what is to be removed is shared by an alias');
    }
  }

  private items(node: Collection, gone: readonly boolean[], empty: string, opening: number): void {
    if (!gone.includes(true)) return;
    const items = node.items as Item[];
    if (!gone.includes(false)) {
      this.everything(node, empty, opening);
      return;
    }
    gone.forEach((lost, index) => {
      if (!lost) return;
      if (node.flow) this.fromFlow(items, gone, index);
      else this.fromBlock(node, items, index);
    });
  }

  private everything(node: Collection, empty: string, opening: number): void {
    const [start, end] = rangeOf(node);
    if (node.flow) this.edits.push({ start, end, text: empty });
    else if (!this.text.slice(opening, start).includes('\n')) {
      this.edits.push({ start, end: contentEnd(this.text, node), text: empty });
    } else {
      const lines = /\r?\n[^\n]*$/.exec(this.text.slice(0, start))?.index ?? start;
      this.edits.push({ start: opening, end: opening, text: ` ${empty}` });
      this.edits.push({ start: lines, end: contentEnd(this.text, node), text: '' });
    }
  }

  private fromFlow(items: Item[], gone: readonly boolean[], index: number): void {
    const kept = gone.lastIndexOf(false, index);
    const next = items[index + 1];
    if (kept >= 0) {
      const start = contentEnd(this.text, items[index - 1] as Item);
      this.edits.push({ start, end: contentEnd(this.text, items[index] as Item), text: '' });
    } else if (next) {
      this.edits.push({ start: itemStart(items[index] as Item), end: itemStart(next), text: '' });
    }
  }

  private fromBlock(node: Collection, items: Item[], index: number): void {
    const item = items[index] as Item;
    const dash = isSeq(node) ? this.text.lastIndexOf('-', itemStart(item) - 1) : itemStart(item);
    const lineStart = this.text.lastIndexOf('\n', dash - 1) + 1;
    const next = items[index + 1];
    if (this.text.slice(lineStart, dash).trim() !== '' && next && !isSeq(node)) {
      // The first key of a list element stands beside the dash; the next one takes its place.
      this.edits.push({ start: dash, end: itemStart(next), text: '' });
      return;
    }
    const end = endOfLines(this.text, item, columnOfItems(this.text, node));
    if (end < this.text.length) {
      this.edits.push({ start: lineStart, end: end + lineBreak(this.text, end).length, text: '' });
    } else {
      const before = this.text.slice(0, lineStart).replace(/\r?\n$/, '').length;
      this.edits.push({ start: before, end, text: '' });
    }
  }
}
