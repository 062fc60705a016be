/** Writing values as YAML or JSON in the style of the file that they are added to. */
import { Document, isMap, isPair, isScalar, isSeq, type Pair, Scalar, visit } from 'yaml';
import { canBePlain, type FileStyle } from './apply-style.js';
import type { Json } from './document.js';

/**
 * Whether a text is written as a literal block: of several lines, and read back unchanged whatever follows it.
 *
 * @param text a string
 */
export function isBlockText(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a block cannot hold.
  return /\n/.test(text) && !/\n\s*\n$|^\s*$|[\u0000-\u0008\u000b-\u001f\u007f\u0085\u2028\u2029\ufeff]/.test(text);
}

function styleString(node: Scalar, key: string | undefined, style: FileStyle): void {
  const text = String(node.value);
  if (isBlockText(text)) node.type = 'BLOCK_LITERAL';
  else if (text.includes('\n')) node.type = 'QUOTE_DOUBLE';
  else {
    const habit = style.quoting(key);
    node.type = habit === 'PLAIN' && !canBePlain(text) ? style.quotes : habit;
  }
}

function styleKey(node: Scalar, style: FileStyle): void {
  const text = String(node.value);
  if (/^[1-5]\d\d$/.test(text) && style.bareStatuses) {
    node.value = Number(text);
    return;
  }
  node.type = style.keyQuoting === 'PLAIN' && !canBePlain(text) ? style.quotes : style.keyQuoting;
}

function styled(value: Json, under: string | undefined, style: FileStyle): Document {
  const doc = new Document(value, { aliasDuplicateObjects: false });
  visit(doc, {
    Scalar(place, node, path) {
      if (place === 'key') return;
      const holder = path.findLast((ancestor) => isPair(ancestor));
      if (typeof node.value === 'string') styleString(node, holder ? keyOf(holder) : under, style);
    },
    Pair(_, pair) {
      const { value: list } = pair;
      if (isSeq(list) && list.items.length > 0 && list.items.every((item) => isScalar(item))) {
        if (style.flow(keyOf(pair))) list.flow = true;
      }
      if (isScalar(pair.key)) styleKey(pair.key, style);
    },
  });
  return doc;
}

function keyOf(pair: Pair): string | undefined {
  return isScalar(pair.key) ? String(pair.key.value) : undefined;
}

function print(doc: Document, style: FileStyle): string {
  return doc
    .toString({
      indent: style.step,
      indentSeq: style.indentLists,
      lineWidth: 0,
      minContentWidth: 0,
      // Null leaves each string the quotes that it was given; false would forbid single ones.
      singleQuote: style.quotes === 'QUOTE_SINGLE' ? true : null,
      flowCollectionPadding: style.padding,
    })
    .replace(/\n$/, '');
}

/** Something to write: a member of a mapping, or an element of a list. */
export interface Entry {
  /** The member's name; absent for an element. */
  readonly key?: string;
  /** For an element: the key that holds the list. */
  readonly under?: string;
  readonly value: Json;
}

/**
 * Writes an entry over several lines, as block style has it.
 *
 * @param entry the entry
 * @param style the file's style
 * @returns lines without the indentation of the place where they go; an element's first one starts with its dash
 */
export function blockLines({ key, under, value }: Entry, style: FileStyle): string[] {
  return print(styled(key === undefined ? [value] : { [key]: value }, under, style), style).split('\n');
}

function makeFlow(doc: Document): void {
  visit(doc, {
    Collection(_, node) {
      if (isMap(node) || isSeq(node)) node.flow = true;
    },
    Scalar(_, node) {
      if (node.type === 'BLOCK_LITERAL') node.type = 'QUOTE_DOUBLE';
    },
  });
}

/**
 * Writes an entry for a flow collection.
 *
 * @param entry the entry
 * @param style the file's style
 * @param wide whether nested collections may take lines of their own; only JSON does that
 * @returns lines without the indentation of the place where they go, and without a comma
 */
export function flowLines({ key, under, value }: Entry, style: FileStyle, wide: boolean): string[] {
  if (style.json) {
    const text = JSON.stringify(value, null, wide ? style.step : undefined);
    return (key === undefined ? text : `${JSON.stringify(key)}:${wide ? ' ' : ''}${text}`).split('\n');
  }
  const doc = styled(key === undefined ? [value] : { [key]: value }, under, style);
  makeFlow(doc);
  return [
    print(doc, style)
      .replace(/^[[{]\s?/, '')
      .replace(/\s?[\]}]$/, ''),
  ];
}

/**
 * Writes a single value on one line, quoted as an old one was.
 *
 * @param value a string, number, boolean or null
 * @param old the value that it replaces
 * @param style the file's style
 */
export function inlineScalar(value: Json, old: Scalar, style: FileStyle): string {
  const node = new Scalar(value);
  if (typeof value === 'string') {
    if (value.includes('\n')) node.type = 'QUOTE_DOUBLE';
    else if (old.type === 'QUOTE_DOUBLE' || old.type === 'QUOTE_SINGLE') node.type = old.type;
    else node.type = canBePlain(value) ? 'PLAIN' : style.quotes;
  }
  if (style.json) return JSON.stringify(value);
  const doc = new Document([]);
  doc.contents = node as never;
  return print(doc, style);
}

/**
 * Writes text as a literal block.
 *
 * @param text the text
 * @returns the header (`|`, `|-`, …) and the lines, without indentation
 */
export function literal(text: string): { header: string; lines: string[] } {
  const node = new Scalar(text);
  node.type = 'BLOCK_LITERAL';
  const doc = new Document({ a: node });
  const [first = '', ...lines] = doc.toString({ lineWidth: 0, minContentWidth: 0 }).replace(/\n$/, '').split('\n');
  return { header: first.slice('a: '.length), lines: lines.map((line) => line.replace(/^ {2}/, '')) };
}
