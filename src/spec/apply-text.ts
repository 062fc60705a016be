/** Offsets in a YAML file: where an entry begins and ends, and edits of the text. */
import { isCollection, isPair, isScalar, type Node, type Pair, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml';
import { AttestdError } from '../errors.js';
import { columnOf } from './apply-style.js';

/** The replacement of a piece of text; `start` equals `end` for an insertion. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A mapping or a list. */
export type Collection = YAMLMap<Scalar, Node | null> | YAMLSeq<Node>;

/** A member of a mapping or an element of a list. */
export type Item = Pair<Scalar, Node | null> | Node;

/** The place of a node in the text: its start and the end of its value. */
export function rangeOf(node: Node): readonly [number, number] {
  if (!node.range) throw new AttestdError('INTERNAL', 'a parsed node has no range');
  return [node.range[0], node.range[1]];
}

/** Whether a node is a block scalar (`|` or `>`). */
export function isBlockScalar(node: unknown): node is Scalar {
  return isScalar(node) && (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED');
}

/** The header of a block scalar, such as `|-`. */
export function blockHeader(text: string, node: Scalar): string {
  return /^[|>][-+0-9]*/.exec(text.slice(rangeOf(node)[0]))?.[0] ?? '';
}

/** The start of an item; for a list element, of its value. */
export function itemStart(item: Item): number {
  return rangeOf(isPair(item) ? item.key : item)[0];
}

/** Where the content of an item ends, before white space, line breaks and comments. */
export function contentEnd(text: string, item: Item): number {
  if (isPair(item)) {
    const { key, value } = item;
    const [, keyEnd] = rangeOf(key);
    if (value === null) return keyEnd;
    const [start, end] = rangeOf(value);
    return start === end ? text.indexOf(':', keyEnd) + 1 : contentEnd(text, value);
  }
  if (isCollection(item) && !item.flow && item.items.length > 0) {
    return contentEnd(text, item.items[item.items.length - 1] as Item);
  }
  const [start, end] = rangeOf(item);
  if (!isBlockScalar(item)) return end;
  return blockHeader(text, item).includes('+') ? end : start + text.slice(start, end).trimEnd().length;
}

/** The end of the line of an offset, before its line break. */
export function lineEnd(text: string, offset: number): number {
  const at = text.indexOf('\n', offset);
  if (at < 0) return text.length;
  return at > offset && text[at - 1] === '\r' ? at - 1 : at;
}

/** The line break at an offset, or the first one of the file. */
export function lineBreak(text: string, offset: number): string {
  if (text.startsWith('\r\n', offset)) return '\r\n';
  if (text[offset] === '\n') return '\n';
  return /\r?\n/.exec(text)?.[0] ?? '\n';
}

/** Where something new can follow an item of a block collection: after its last line and the comments that belong to it. */
export function endOfLines(text: string, item: Item, column: number): number {
  const content = contentEnd(text, item);
  // Only a `|+` scalar ends with a line break.
  if (text[content - 1] === '\n') return content;
  let end = lineEnd(text, content);
  for (;;) {
    const next = end + lineBreak(text, end).length;
    const comment = /^[ \t]*(?=#)/.exec(text.slice(next, lineEnd(text, next)));
    if (end >= text.length || !comment || comment[0].length <= column) return end;
    end = lineEnd(text, next);
  }
}

/** Whether most items of a block collection have blank lines between them. */
export function isSpaced(text: string, items: readonly Item[]): boolean {
  const gaps = items.slice(1).map((item, index) => {
    const before = items[index] as Item;
    return /\n[ \t\r]*\n/.test(text.slice(contentEnd(text, before), itemStart(item)));
  });
  return gaps.filter(Boolean).length * 2 > gaps.length;
}

/** The column of the items of a block collection: of keys, or of dashes. */
export function columnOfItems(text: string, collection: Collection): number {
  return columnOf(text, rangeOf(collection)[0]);
}

/** Indents lines; empty ones stay empty. */
export function indented(lines: readonly string[], column: number): string[] {
  return lines.map((line) => (line === '' ? '' : ' '.repeat(column) + line));
}

/**
 * Carries out edits.
 *
 * @param text the text
 * @param edits edits that do not overlap; those at one offset are carried out in their order
 * @returns the edited text
 * @throws AttestdError OVERLAY when two edits overlap
 */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const sorted = edits.map((edit, order) => ({ ...edit, order }));
  sorted.sort((a, b) => a.start - b.start || a.end - b.end || a.order - b.order);
  let out = '';
  let done = 0;
  for (const { start, end, text: replacement } of sorted) {
    if (start < done)
      throw new AttestdError('OVERLAY', `two changes meet at offset ${start} and cannot both be made in place`);
    out += text.slice(done, start) + replacement;
    done = end;
  }
  return out + text.slice(done);
}
