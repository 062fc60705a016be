/**
 * Applying overlays to the text of a description: what they add is inserted, all other text stays as it is.
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

/** What a patch does to a file. */
export interface ApplyResult {
  /** The patched text; the text as it was when there are conflicts. */
  readonly text: string;
  /** What the patch adds, replaces and removes, at its outermost places. */
  readonly changes: readonly Difference[];
  /** The actions that do not fit. */
  readonly conflicts: readonly Conflict[];
  /** What was left as it was and is no conflict: actions that select nothing, versions that are too old to be raised. */
  readonly notes: readonly Conflict[];
}

/** The versions of OpenAPI that can be patched. */
const formats = /^(?:2\.0|3\.[0-2]\.\d+)$/;

function read(doc: Document.Parsed, name: string): Json {
  const value = yamlValue(doc, name);
  if (!isObject(value) || !formats.test(String(value.swagger ?? value.openapi))) {
    throw new AttestdError('INVALID_ARGUMENT', `${name}: no description in Swagger 2.0 or OpenAPI 3.0, 3.1 or 3.2`);
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
 * Applies overlays to the text of a description. Comments, order, quoting and line breaks stay as they are wherever nothing
 * is patched; what is added is written as the file writes such things.
 *
 * @param text YAML or JSON
 * @param overlays the overlays, in order
 * @param name what the file is called in errors
 * @param choices whether an action of a plain overlay that selects nothing is a conflict
 * @returns the patched text, and what was changed or does not fit
 * @throws AttestdError INVALID_ARGUMENT when the text is no description in Swagger 2.0 or OpenAPI 3, OVERLAY when a fitting
 *   patch cannot be made in place, for example below an alias
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
 * Prepares the packaged overlays for a file: marks (`x-since`) are left out where the file uses none, and for a file in OpenAPI 3
 * they say the same in its form.
 *
 * @param text the file
 * @param overlays the packaged overlays
 */
export function fitToFile(text: string, overlays: readonly LocatedOverlay[]): readonly LocatedOverlay[] {
  const marked = /["'\s{,]x-since["']?\s*:/.test(text) ? overlays : overlays.map(withoutMarks);
  const version = /^\s*\{?\s*["']?openapi["']?\s*:\s*["']?(3\.[0-2]\.\d+)/m.exec(text)?.[1];
  return version === undefined ? marked : marked.map((overlay) => forOpenApi(overlay, version));
}
