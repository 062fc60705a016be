/**
 * Applying overlays to the text of a description: what they add is inserted, all other text stays as it is.
 */
import { isDeepStrictEqual } from 'node:util';
import { type Document, isPair, visit } from 'yaml';
import { AttestdError } from '../errors.js';
import { carryOver } from './apply-carry.js';
import { editDocument } from './apply-edit.js';
import { type Conflict, mergeOverlays } from './apply-merge.js';
import { type LocatedOverlay, withoutMarks } from './apply-overlay.js';
import { learnStyle, printerFor } from './apply-style.js';
import { isObject, type Json } from './document.js';
import { compareValues, type Difference } from './structure.js';
import { parseYaml, parseYamlDocument, yamlValue } from './yaml.js';

export type { Conflict, ConflictKind } from './apply-merge.js';
export { type LocatedOverlay, locateOverlay } from './apply-overlay.js';

/** What a patch does to a file. */
export interface ApplyResult {
  /** The patched text; the text as it was when there are conflicts. */
  readonly text: string;
  /** What the patch adds, replaces and removes, at its outermost places. */
  readonly changes: readonly Difference[];
  /** The actions that do not fit. */
  readonly conflicts: readonly Conflict[];
}

function read(doc: Document.Parsed, name: string): Json {
  const value = yamlValue(doc, name);
  if (!isObject(value) || value.swagger !== '2.0') {
    throw new AttestdError('INVALID_ARGUMENT', `${name}: not a Swagger 2.0 description`);
  }
  return value as Json;
}

/** What a printed node can have before it. */
interface Preceded {
  range?: readonly number[] | null;
  spaceBefore?: boolean;
  commentBefore?: string | null;
}

/**
 * Keeps the printer from joining the lines of a bracketed collection that has its items on lines of their own, and from
 * moving the comment beside a dash above it.
 */
function keepLines(doc: Document.Parsed, text: string): void {
  visit(doc, {
    Collection(_, node) {
      const [item] = node.items;
      const first = (isPair(item) ? item.key : item) as Preceded | undefined;
      const [start, firstStart] = [node.range?.[0], first?.range?.[0]];
      if (!first || start === undefined || firstStart === undefined) return;
      if (node.flow && text.slice(start, firstStart).includes('\n')) first.spaceBefore = true;
      if (node.commentBefore && /(?:^|\n) *(?:- *)+(?:#[^\n]*)?\n(?:\s*#[^\n]*\n)*\s*$/.test(text.slice(0, start))) {
        [first.commentBefore, node.commentBefore] = [node.commentBefore, null];
      }
    },
  });
}

/** Edits the document, and carries the difference that its prints show over to the text. */
function edit(text: string, plain: string, doc: Document.Parsed, from: Json, to: Json): string {
  const style = learnStyle(doc, plain);
  keepLines(doc, plain);
  const print = printerFor(plain, style);
  const before = print(doc);
  editDocument(doc, style, from, to);
  return carryOver(text, before, print(doc));
}

/**
 * Applies overlays to the text of a Swagger 2.0 description. Comments, order, quoting and line breaks stay as they are
 * wherever nothing is patched; what is added is written as the file writes such things. Applying the same overlays again
 * changes nothing.
 *
 * @param text YAML or JSON
 * @param overlays the overlays, in order
 * @param name what the file is called in errors
 * @returns the patched text, and what was changed or does not fit
 * @throws AttestdError INVALID_ARGUMENT when the text is no Swagger 2.0 description, OVERLAY when a fitting patch cannot be
 *   made in place, for example below an alias
 */
export function applyToText(text: string, overlays: readonly LocatedOverlay[], name: string): ApplyResult {
  const plain = text.replaceAll('\r\n', '\n');
  const doc = parseYamlDocument(plain, name);
  const from = read(doc, name);
  const to = structuredClone(from);
  const conflicts = mergeOverlays(to, overlays);
  if (conflicts.length > 0) return { text, changes: [], conflicts };
  if (isDeepStrictEqual(from, to)) return { text, changes: [], conflicts };
  const patched = edit(text, plain, doc, from, to);
  if (!isDeepStrictEqual(parseYaml(patched, name), to)) {
    throw new AttestdError('OVERLAY', `${name}: the patch cannot be made in place without changing something else`);
  }
  return { text: patched, changes: compareValues(from, to), conflicts };
}

/**
 * Prepares the packaged overlays for a file: marks (`x-since`) are left out where the file uses none.
 *
 * @param text the file
 * @param overlays the packaged overlays
 */
export function fitMarks(text: string, overlays: readonly LocatedOverlay[]): readonly LocatedOverlay[] {
  return /["'\s{,]x-since["']?\s*:/.test(text) ? overlays : overlays.map(withoutMarks);
}
