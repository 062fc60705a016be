/** How a YAML file is written: what `spec apply` learns from it, so that what it adds looks like the rest. */
import { type Document, isMap, isScalar, isSeq, type Scalar, visit, type YAMLMap, type YAMLSeq } from 'yaml';

/** How a string is quoted. */
export type Quoting = 'PLAIN' | 'QUOTE_SINGLE' | 'QUOTE_DOUBLE';

/** The habits of a file. */
export interface FileStyle {
  /** Whether the file is JSON: one flow mapping with quoted keys. */
  readonly json: boolean;
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
  /** How strings under a key are quoted when they need not be. */
  quoting(key: string | undefined): Quoting;
  /** How mapping keys are quoted when they need not be. */
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

/** Words that some YAML reader takes for something else than a string. */
const special =
  /^(?:~|null|true|false|yes|no|on|off|y|n|[-+.]?\d[\d_,.:eExXoa-fA-F+-]*|[-+]?\.(?:inf|nan)|\d{4}-\d\d?-\d\d?.*|=|<<|)$/i;

/**
 * Whether every YAML reader, those of YAML 1.1 included, takes a string without quotes for the same string.
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
 * Learns how a file is written.
 *
 * @param doc the parsed file
 * @param text its text
 * @returns its habits; those of most of its lines where it has no single one
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
  const json = isMap(doc.contents) && doc.contents.flow === true && most<string>(survey.keys, '') === 'QUOTE_DOUBLE';
  const step = Number(most(survey.steps, '2'));
  return {
    json,
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
