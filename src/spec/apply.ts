/**
 * Applies overlays to the text of a description. Additions are inserted; the rest of the text keeps every byte.
 */
import { isDeepStrictEqual } from 'node:util';
import { type Document, isPair, visit } from 'yaml';
import { AttestdError } from '../support/foundation/errors.js';
import { carryOver } from './apply-carry.js';
import { editDocument } from './apply-edit.js';
import { type Conflict, mergeOverlays } from './apply-merge.js';
import { forOpenApi } from './apply-openapi.js';
import { type LocatedOverlay, withoutMarks } from './apply-overlay.js';
import { learnStyle, printerFor } from './apply-style.js';
import { isObject, type Json } from './document.js';
import type { OverlayChoices } from './overlay.js';
import { compareValues, type Difference } from './structure.js';
import { parseYaml, parseYamlText, yamlValue } from './yaml.js';

export type { Conflict, ConflictKind } from './apply-merge.js';
export { type ApplyRules, type LocatedOverlay, locateOverlay } from './apply-overlay.js';

/** The effect of a patch on a file. */
export interface ApplyResult {
  /** The patched text, or the original text if the patch has conflicts. */
  readonly text: string;
  /** Additions, replacements and removals, each at its outermost location. */
  readonly changes: readonly Difference[];
  /** The actions that do not fit. */
  readonly conflicts: readonly Conflict[];
  /** Skipped actions that are not conflicts: those that select nothing, and versions too old to raise. */
  readonly notes: readonly Conflict[];
}

/** The supported versions of OpenAPI. */
const formats = /^(?:2\.0|3\.[0-2]\.\d+)$/;

function read(doc: Document.Parsed, name: string): Json {
  const value = yamlValue(doc, name);
  if (!isObject(value) || !formats.test(String(value.swagger ?? value.openapi))) {
    throw new AttestdError('INVALID_ARGUMENT', `${name}: no description in Swagger 2.0 or OpenAPI 3.0, 3.1 or 3.2`);
  }
  return value as Json;
}

/** The optional content before a printed node. */
interface Preceded {
  range?: readonly number[] | null;
  spaceBefore?: boolean;
  commentBefore?: string | null;
}

/**
 * Keeps the printer from joining the lines of a bracketed collection with one item per line, and from moving a comment
 * after a dash above it.
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

/** Edits the document, and transfers the difference between its prints to the text. */
function edit(text: string, plain: string, doc: Document.Parsed, from: Json, to: Json): string {
  const style = learnStyle(doc, plain);
  keepLines(doc, plain);
  const print = printerFor(plain, style);
  const before = print(doc);
  editDocument(doc, style, from, to);
  return carryOver(text, before, print(doc));
}

/**
 * Applies overlays to the text of a description. Outside the patch, comments, order, quotes and line breaks are kept.
 * Additions follow the style of the file.
 *
 * @param text YAML or JSON
 * @param overlays the overlays, in order
 * @param name the name of the file in errors
 * @param choices whether an action of a plain overlay that selects nothing is a conflict
 * @returns the patched text, its changes and its conflicts
 * @throws AttestdError INVALID_ARGUMENT if the text is neither Swagger 2.0 nor OpenAPI 3, OVERLAY if the patch cannot be
 *   made in place, for example below an alias
 */
export function applyToText(
  text: string,
  overlays: readonly LocatedOverlay[],
  name: string,
  { strict = false }: OverlayChoices = {},
): ApplyResult {
  const { doc, text: plain } = parseYamlText(text.replaceAll('\r\n', '\n'), name);
  const from = read(doc, name);
  const to = structuredClone(from);
  const { conflicts, notes } = mergeOverlays(to, overlays, strict);
  if (conflicts.length > 0 || isDeepStrictEqual(from, to)) return { text, changes: [], conflicts, notes };
  const patched = edit(text, plain, doc, from, to);
  if (!isDeepStrictEqual(parseYaml(patched, name), to)) {
    throw new AttestdError('OVERLAY', `${name}: the patch cannot be made in place without changing something else`);
  }
  return { text: patched, changes: compareValues(from, to), conflicts, notes };
}

/**
 * Prepares the packaged overlays for a file. Omits marks (`x-since`) if the file has none. Converts the overlays if the
 * file is OpenAPI 3.
 *
 * @param text the file
 * @param overlays the packaged overlays
 */
export function fitToFile(text: string, overlays: readonly LocatedOverlay[]): readonly LocatedOverlay[] {
  const marked = /["'\s{,]x-since["']?\s*:/.test(text) ? overlays : overlays.map(withoutMarks);
  const version = /^\s*\{?\s*["']?openapi["']?\s*:\s*["']?(3\.[0-2]\.\d+)/m.exec(text)?.[1];
  return version === undefined ? marked : marked.map((overlay) => forOpenApi(overlay, version));
}
