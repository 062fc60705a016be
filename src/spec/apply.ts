/**
 * Applying overlays to the text of a description: what they add is inserted, all other text stays as it is.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Document, Node } from 'yaml';
import { AttestdError } from '../errors.js';
import { Editor } from './apply-edits.js';
import { type Conflict, mergeOverlays } from './apply-merge.js';
import { type LocatedOverlay, withoutMarks } from './apply-overlay.js';
import { Remover, withoutRemoved } from './apply-remove.js';
import { learnStyle } from './apply-style.js';
import { applyEdits } from './apply-text.js';
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

function edit(text: string, name: string, doc: Document.Parsed, from: Json, to: Json): string {
  const kept = withoutRemoved(from, to);
  if (!isDeepStrictEqual(kept, from)) {
    const remover = new Remover(text);
    remover.node(doc.contents as Node, from, kept);
    const shorter = applyEdits(text, remover.edits);
    const patched = edit(shorter, name, parseYamlDocument(shorter, name), kept, to);
    // With its last line break a file loses what it says about line breaks.
    return text.includes('\r\n') && !shorter.includes('\n') ? patched.replaceAll('\n', '\r\n') : patched;
  }
  const editor = new Editor(text, learnStyle(doc, text));
  editor.node(doc.contents as Node, from, to, { location: [], column: 0, inFlow: false });
  return applyEdits(text, editor.edits);
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
  const doc = parseYamlDocument(text, name);
  const from = read(doc, name);
  const to = structuredClone(from);
  const conflicts = mergeOverlays(to, overlays);
  if (conflicts.length > 0) return { text, changes: [], conflicts };
  if (isDeepStrictEqual(from, to)) return { text, changes: [], conflicts };
  const patched = edit(text, name, doc, from, to);
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
