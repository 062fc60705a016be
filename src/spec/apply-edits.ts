/** From two values of a file, before and after a patch, to edits of its text. */
import { isDeepStrictEqual } from 'node:util';
import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar } from 'yaml';
import { AttestdError } from '../errors.js';
import { blockLines, type Entry, flowLines, inlineScalar, isBlockText, literal } from './apply-emit.js';
import { placeMember } from './apply-place.js';
import { columnOf, type FileStyle } from './apply-style.js';
import {
  blockHeader,
  type Collection,
  columnOfItems,
  contentEnd,
  type Edit,
  endOfLines,
  type Item,
  indented,
  isBlockScalar,
  isSpaced,
  itemStart,
  lineBreak,
  lineEnd,
  rangeOf,
} from './apply-text.js';
import { isObject, type Json, type JsonObject } from './document.js';
import { toPointer } from './pointer.js';

type Location = readonly (string | number)[];

/** What surrounds a node. */
interface Around {
  readonly location: Location;
  /** Column of the key or dash that holds the node. */
  readonly column: number;
  readonly inFlow: boolean;
  /** The key that holds the node; absent in a list. */
  readonly key?: string;
}

/** Computes the edits that turn one value of a file into another. Nothing is removed: see apply-remove.ts. */
export class Editor {
  readonly edits: Edit[] = [];

  constructor(
    private readonly text: string,
    private readonly style: FileStyle,
  ) {}

  private edit(start: number, end: number, text: string): void {
    this.edits.push({ start, end, text });
  }

  /** Adds the edits of a node whose value changes. */
  node(node: Node, from: Json, to: Json, around: Around): void {
    if (isDeepStrictEqual(from, to)) return;
    if (isAlias(node)) {
      throw new AttestdError('OVERLAY', `${toPointer(around.location)} is an alias: what it stands for is shared`);
    }
    if (isMap(node) && isObject(from) && isObject(to)) {
      this.mapping(node as Collection, from as JsonObject, to as JsonObject, around);
    } else if (isSeq(node) && Array.isArray(from) && Array.isArray(to)) {
      this.list(node as Collection, from, to, around);
    } else if (isScalar(node)) this.scalar(node, to, around);
    else throw new AttestdError('OVERLAY', `${toPointer(around.location)} cannot be replaced in place`);
  }

  private inside(collection: Collection, around: Around, key?: string): Omit<Around, 'location'> {
    const inFlow = around.inFlow || collection.flow === true;
    const column = !inFlow || this.isWide(collection) ? this.columnOfFirst(collection) : around.column;
    return { column, inFlow, ...(key !== undefined && { key }) };
  }

  /** Whether a flow collection has its items on lines of their own. */
  private isWide(collection: Collection): boolean {
    const [first] = collection.items as Item[];
    return first !== undefined && this.text.slice(rangeOf(collection)[0], itemStart(first)).includes('\n');
  }

  private columnOfFirst(collection: Collection): number {
    if (!collection.flow) return columnOfItems(this.text, collection);
    return columnOf(this.text, itemStart(collection.items[0] as Item));
  }

  private mapping(node: Collection, from: JsonObject, to: JsonObject, around: Around): void {
    const pairs = node.items as Pair<Scalar, Node | null>[];
    const keys = pairs.map((pair) => String(pair.key.value));
    for (const [key, value] of Object.entries(to)) {
      const location = [...around.location, key];
      const pair = pairs[keys.indexOf(key)];
      if (!Object.hasOwn(from, key)) {
        this.add(node, placeMember(around.location, keys, key, value), { key, value }, around);
      } else if (pair?.value) {
        this.node(pair.value, from[key] as Json, value, { location, ...this.inside(node, around, key) });
      } else if (!isDeepStrictEqual(from[key], value)) {
        throw new AttestdError('OVERLAY', `${toPointer(location)} has no text that could be replaced`);
      }
    }
  }

  private list(node: Collection, from: Json[], to: Json[], around: Around): void {
    const elements = node.items as Node[];
    to.forEach((value, index) => {
      const element = elements[index];
      if (element) {
        const location = [...around.location, index];
        this.node(element, from[index] as Json, value, { location, ...this.inside(node, around) });
      } else {
        const entry = { value, ...(around.key !== undefined && { under: around.key }) };
        this.add(node, elements.length - 1, entry, around);
      }
    });
  }

  private add(node: Collection, after: number, entry: Entry, around: Around): void {
    if (node.items.length === 0) this.addToEmpty(node, entry, around);
    else if (node.flow) this.addToFlow(node, after, entry);
    else this.addToBlock(node, after, entry);
  }

  private addToBlock(node: Collection, after: number, entry: Entry): void {
    const items = node.items as Item[];
    const column = columnOfItems(this.text, node);
    const lines = indented(blockLines(entry, this.style), column);
    const before = items[after];
    if (!before) {
      const [start] = rangeOf(node);
      const end = lineBreak(this.text, lineEnd(this.text, start));
      this.edit(start, start, `${lines.join(end).trimStart()}${end}${' '.repeat(column)}`);
      return;
    }
    const at = endOfLines(this.text, before, column);
    const end = lineBreak(this.text, at);
    // A `|+` scalar owns the blank lines after it: what follows starts below them.
    if (this.text[at - 1] === '\n') this.edit(at, at, lines.join(end) + end);
    else this.edit(at, at, end + (isSpaced(this.text, items) ? ['', ...lines] : lines).join(end));
  }

  private addToFlow(node: Collection, after: number, entry: Entry): void {
    const items = node.items as Item[];
    const before = items[after] ?? items[0];
    const [, close] = rangeOf(node);
    const wide = this.isWide(node);
    const lines = flowLines(entry, this.style, wide);
    if (!before || !items[after]) {
      const start = itemStart(items[0] as Item);
      const indent = ' '.repeat(columnOf(this.text, start));
      const join = wide ? `,${lineBreak(this.text, lineEnd(this.text, start))}${indent}` : ', ';
      this.edit(start, start, this.joined(lines, indent, start) + join);
      return;
    }
    const end = contentEnd(this.text, before);
    if (!wide) {
      this.edit(end, end, `, ${lines.join(' ')}`);
      return;
    }
    const comma = /^[ \t\r\n]*,/.exec(this.text.slice(end, close))?.[0].length;
    if (comma === undefined) this.edit(end, end, ',');
    const at = lineEnd(this.text, end + (comma ?? 0));
    const indent = ' '.repeat(columnOf(this.text, itemStart(before)));
    const trailing = comma === undefined ? '' : ',';
    this.edit(at, at, `${lineBreak(this.text, at)}${indent}${this.joined(lines, indent, at)}${trailing}`);
  }

  private joined(lines: readonly string[], indent: string, at: number): string {
    return lines.join(`${lineBreak(this.text, at)}${indent}`);
  }

  /** `{}` or `[]`: a key of a block mapping gets block lines, everything else stays in brackets. */
  private addToEmpty(node: Collection, entry: Entry, around: Around): void {
    const [start, end] = rangeOf(node);
    const earlier = this.edits.findIndex((edit) => edit.start === start && edit.end === end);
    if (around.inFlow || around.key === undefined || this.style.json) {
      this.addToEmptyFlow(start, end, earlier, entry, around);
      return;
    }
    const at = lineEnd(this.text, end);
    const deeper = entry.key !== undefined || this.style.indentLists;
    const lines = indented(blockLines(entry, this.style), around.column + (deeper ? this.style.step : 0));
    if (earlier < 0) {
      this.edit(start, end, '');
      // The space before the brackets goes too, unless a comment follows.
      if (/[ \t]/.test(this.text[start - 1] ?? '') && at === end) this.edit(start - 1, start, '');
    }
    const nl = lineBreak(this.text, at);
    this.edit(at, at, nl + lines.join(nl));
  }

  private addToEmptyFlow(start: number, end: number, earlier: number, entry: Entry, around: Around): void {
    const lines = flowLines(entry, this.style, this.style.json);
    const outer = ' '.repeat(around.column);
    const nl = lineBreak(this.text, lineEnd(this.text, start));
    const pad = this.style.padding ? ' ' : '';
    const close = this.text[end - 1] as string;
    const inner = this.style.json ? `${nl}${outer}${' '.repeat(this.style.step)}` : pad;
    const body = inner + lines.join(this.style.json ? inner : ' ');
    const tail = (this.style.json ? nl + outer : pad) + close;
    const old = this.edits[earlier];
    if (!old) this.edit(start, end, `${this.text[start]}${body}${tail}`);
    else this.edits[earlier] = { start, end, text: `${old.text.slice(0, -tail.length)},${body || ' '}${tail}` };
  }

  private scalar(node: Scalar, value: Json, { column, inFlow, location }: Around): void {
    if (typeof value === 'object' && value !== null) {
      throw new AttestdError('OVERLAY', `${toPointer(location)} cannot be replaced in place`);
    }
    const [start, end] = rangeOf(node);
    const old = isBlockScalar(node);
    const block = typeof value === 'string' && (isBlockText(value) || (old && !value.includes('\n') && value !== ''));
    if (block && !inFlow) {
      this.literal(node, value, column);
    } else if (start === end) {
      const at = this.text.lastIndexOf(':', start) + 1;
      this.edit(at, at, ` ${inlineScalar(value, node, this.style)}`);
    } else this.edit(start, old ? contentEnd(this.text, node) : end, inlineScalar(value, node, this.style));
  }

  private literal(node: Scalar, value: string, column: number): void {
    const [start, end] = rangeOf(node);
    const { header, lines } = literal(value);
    if (!isBlockScalar(node)) {
      const at = lineEnd(this.text, end);
      const nl = lineBreak(this.text, at);
      this.edit(start, end, start === end ? ` ${header}` : header);
      this.edit(at, at, nl + indented(lines, column + this.style.step).join(nl));
      return;
    }
    const oldHeader = blockHeader(this.text, node);
    const at = lineEnd(this.text, start);
    const nl = lineBreak(this.text, at);
    const content = this.text.slice(at, end).trimEnd();
    const margin = /^(?:[ \t]*\r?\n)*( *)/.exec(content)?.[1]?.length;
    const depth = margin && !/\d/.test(oldHeader) ? margin : column + this.style.step;
    this.edit(start, start + oldHeader.length, header);
    this.edit(at, at + content.length, nl + indented(lines, depth).join(nl));
  }
}
