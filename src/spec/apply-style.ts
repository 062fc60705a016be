/** Detects the style of a YAML file, so that the additions of `spec apply` look like the rest of it. */
import {
  type Document,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  Scalar,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { Json } from './document.js';

/** The quotes of a string. */
export type Quoting = 'PLAIN' | 'QUOTE_SINGLE' | 'QUOTE_DOUBLE';

/** The style of a file. */
export interface FileStyle {
  /** Spaces per level. */
  readonly step: number;
  /** Whether the dash of a list is deeper than the key that holds the list. */
  readonly indentLists: boolean;
  /** Whether flow collections have spaces inside their brackets. */
  readonly padding: boolean;
  /** Whether response statuses are written without quotes. */
  readonly bareStatuses: boolean;
  /** The quotes for strings that need some. */
  readonly quotes: 'QUOTE_SINGLE' | 'QUOTE_DOUBLE';
  /** Returns the quotes of strings under a key that do not need any. */
  quoting(key: string | undefined): Quoting;
  /** The quotes of mapping keys that do not need any. */
  readonly keyQuoting: Quoting;
  /** Whether lists of plain values under a key are written in brackets. */
  flow(key: string | undefined): boolean;
}

type Counts = Map<string, number>;

function count(counts: Counts, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

function most<T extends string>(counts: Counts | undefined, fallback: T): T {
  const best = [...(counts ?? [])].sort((a, b) => b[1] - a[1])[0];
  return (best?.[0] as T | undefined) ?? fallback;
}

/** Plain scalars that some YAML parser does not read as a string. */
const special =
  /^(?:~|null|true|false|yes|no|on|off|y|n|[-+.]?\d[\d_,.:eExXoa-fA-F+-]*|[-+]?\.(?:inf|nan)|\d{4}-\d\d?-\d\d?.*|=|<<|)$/i;

/**
 * Whether every YAML parser, including those of YAML 1.1, reads the unquoted string as the same string.
 *
 * @param text a string on one line
 */
export function canBePlain(text: string): boolean {
  return !special.test(text);
}

function isObvious(text: string): boolean {
  return /^[A-Za-z/][\w ./{}-]*$/.test(text) && canBePlain(text);
}

const quotings: ReadonlySet<string | undefined> = new Set(['PLAIN', 'QUOTE_SINGLE', 'QUOTE_DOUBLE']);

/** The column of an offset. */
export function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1);
}

class Survey {
  readonly steps: Counts = new Map();
  readonly dashes: Counts = new Map();
  readonly padding: Counts = new Map();
  readonly statuses: Counts = new Map();
  readonly quotes: Counts = new Map();
  readonly strings: Counts = new Map();
  readonly keys: Counts = new Map();
  readonly stringsByKey = new Map<string, Counts>();
  readonly lists: Counts = new Map();
  readonly listsByKey = new Map<string, Counts>();

  constructor(private readonly text: string) {}

  string(node: Scalar, key: string | undefined): void {
    if (typeof node.value !== 'string' || !quotings.has(node.type)) return;
    if (node.type !== 'PLAIN') count(this.quotes, node.type as string);
    if (!isObvious(node.value)) return;
    count(this.strings, node.type as string);
    if (key !== undefined) count(slot(this.stringsByKey, key), node.type as string);
  }

  key(node: Scalar): void {
    const text = String(node.value);
    if (/^[1-5]\d\d$/.test(text)) count(this.statuses, node.type === 'PLAIN' ? 'bare' : 'quoted');
    else if (isObvious(text) && quotings.has(node.type)) count(this.keys, node.type as string);
  }

  list(node: YAMLSeq, key: string): void {
    if (node.items.length === 0 || !node.items.every((item) => isScalar(item))) return;
    const form = node.flow ? 'flow' : 'block';
    count(this.lists, form);
    count(slot(this.listsByKey, key), form);
  }

  collection(node: YAMLMap | YAMLSeq): void {
    if (!node.flow || node.items.length === 0 || !node.range) return;
    const next = this.text[node.range[0] + 1];
    if (next !== '\n' && next !== '\r') count(this.padding, next === ' ' ? 'padded' : 'tight');
  }

  nesting(key: Scalar, value: unknown): void {
    if (!key.range) return;
    const outer = columnOf(this.text, key.range[0]);
    if (isMap(value) && !value.flow && value.range) {
      count(this.steps, String(columnOf(this.text, value.range[0]) - outer));
    } else if (isSeq(value) && !value.flow && value.range) {
      count(this.dashes, columnOf(this.text, value.range[0]) > outer ? 'deeper' : 'level');
    }
  }
}

function slot(counts: Map<string, Counts>, key: string): Counts {
  const found = counts.get(key);
  if (found) return found;
  const made: Counts = new Map();
  counts.set(key, made);
  return made;
}

/**
 * Detects the style of a file.
 *
 * @param doc the parsed file
 * @param text its text
 * @returns its style; where it is mixed, the most frequent one
 */
export function learnStyle(doc: Document.Parsed, text: string): FileStyle {
  const survey = new Survey(text);
  visit(doc, {
    Pair(_, { key, value }) {
      if (!isScalar(key)) return;
      survey.key(key);
      survey.nesting(key, value);
      const name = String(key.value);
      if (isScalar(value)) survey.string(value, name);
      if (!isSeq(value)) return;
      survey.list(value, name);
      for (const item of value.items) if (isScalar(item)) survey.string(item, name);
    },
    Collection(_, node) {
      if (isMap(node) || isSeq(node)) survey.collection(node);
    },
  });
  const step = Number(most(survey.steps, '2'));
  return {
    step: step > 0 ? step : 2,
    indentLists: most<string>(survey.dashes, 'deeper') === 'deeper',
    padding: most<string>(survey.padding, 'tight') === 'padded',
    bareStatuses: most<string>(survey.statuses, 'bare') === 'bare',
    quotes: most(survey.quotes, 'QUOTE_DOUBLE'),
    quoting: (key) =>
      most(key === undefined ? survey.strings : slot(survey.stringsByKey, key), most(survey.strings, 'PLAIN')),
    keyQuoting: most(survey.keys, 'PLAIN'),
    flow: (key) =>
      most(key === undefined ? survey.lists : slot(survey.listsByKey, key), most<string>(survey.lists, 'block')) ===
      'flow',
  };
}

/**
 * Whether a text can be a literal block: it has several lines, and a parser reads it back unchanged in any context.
 *
 * @param text a string
 */
export function isBlockText(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a block cannot contain these characters.
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

/**
 * Creates the key of a new member in the style of the file.
 *
 * @param text the name
 * @param style the file's style
 */
export function styledKey(text: string, style: FileStyle): Scalar {
  if (/^[1-5]\d\d$/.test(text) && style.bareStatuses) return new Scalar(Number(text));
  const node = new Scalar(text);
  node.type = style.keyQuoting === 'PLAIN' && !canBePlain(text) ? style.quotes : style.keyQuoting;
  return node;
}

/**
 * Creates the node of a new value in the style of the file.
 *
 * @param doc the document that it is for
 * @param value the value
 * @param under the key that holds it, or that holds its list
 * @param style the file's style
 */
export function styledNode(doc: Document, value: Json, under: string | undefined, style: FileStyle): Node {
  const node = doc.createNode(value, { aliasDuplicateObjects: false }) as Node;
  visit(node, {
    Scalar(place, scalar, path) {
      if (place === 'key' || typeof scalar.value !== 'string') return;
      const holder = path.findLast((ancestor) => isPair(ancestor));
      styleString(scalar, holder && isScalar(holder.key) ? String(holder.key.value) : under, style);
    },
    Pair(_, pair) {
      const key = String((pair.key as Scalar).value);
      const { value: list } = pair;
      if (isSeq(list) && list.items.length > 0 && list.items.every((item) => isScalar(item))) {
        if (style.flow(key)) list.flow = true;
      }
      pair.key = styledKey(key, style);
    },
  });
  return node;
}

/** JSON with the file's indentation, or on one line with the file's spaces. */
function printJson(node: unknown, indent: string | undefined, spaced: boolean, outer: string): string {
  const inner = outer + (indent ?? '');
  const wrap = (open: string, close: string, parts: readonly string[]): string => {
    if (parts.length === 0) return open + close;
    if (indent === undefined) return open + parts.join(spaced ? ', ' : ',') + close;
    return `${open}\n${parts.map((part) => inner + part).join(',\n')}\n${outer}${close}`;
  };
  const print = (child: unknown): string => printJson(child, indent, spaced, inner);
  if (isMap<Scalar>(node)) {
    const colon = spaced ? ': ' : ':';
    return wrap(
      '{',
      '}',
      node.items.map(({ key, value }) => JSON.stringify(String(key.value)) + colon + print(value)),
    );
  }
  if (isSeq(node)) return wrap('[', ']', node.items.map(print));
  return JSON.stringify(isScalar(node) ? node.value : node);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Returns a printer that approximates the style of a file.
 *
 * @param text the file
 * @param style its style
 * @returns the printer
 */
export function printerFor(text: string, style: FileStyle): (doc: Document) => string {
  if (isJson(text)) {
    const indent = /^\s*[[{]\s*\n([ \t]+)/.exec(text)?.[1];
    const spaced = /^\s*[[{]\s*"[^"]*"\s*:\s/.test(text);
    return (doc) => printJson(doc.contents, indent, spaced, '');
  }
  return (doc) =>
    doc.toString({
      indent: style.step,
      indentSeq: style.indentLists,
      lineWidth: 0,
      minContentWidth: 0,
      // Null keeps the quotes of each string. False would forbid single quotes.
      singleQuote: style.quotes === 'QUOTE_SINGLE' ? true : null,
      flowCollectionPadding: style.padding,
    });
}
