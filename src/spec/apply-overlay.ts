/** Overlays with the lines of their actions and values, so that a conflict can point into them. */
import { LineCounter, type Node, parseDocument } from 'yaml';
import { isObject, type Json } from './document.js';
import { type Overlay, parseOverlay } from './overlay-read.js';
import { isMark } from './structure.js';

/**
 * The rules for applying an overlay: those of its specification, or those of apply-merge.ts, which keep existing entries.
 */
export type ApplyRules = 'specification' | 'fit';

/** An overlay that knows its lines. */
export interface LocatedOverlay extends Overlay {
  readonly rules: ApplyRules;
  /**
   * The line of an action, or of a value in its update.
   *
   * @param action index of the action, from 0
   * @param path segments within the action's update
   * @returns the line, from 1. If the path does not exist, the line of the nearest enclosing value
   */
  line(action: number, path?: readonly (string | number)[]): number;
}

/**
 * Reads an overlay.
 *
 * @param text YAML or JSON of an OpenAPI Overlay 1.0 or 1.1 document
 * @param name its name in messages
 * @param rules the rules for applying it
 * @returns the overlay
 * @throws AttestdError INVALID_ARGUMENT for invalid YAML, OVERLAY for an invalid overlay
 */
export function locateOverlay(text: string, name: string, rules: ApplyRules = 'fit'): LocatedOverlay {
  const overlay = parseOverlay(text, name);
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines });
  return {
    ...overlay,
    rules,
    line(action, path = []) {
      const steps: (string | number)[] = ['actions', action, 'update', ...path];
      for (let length = steps.length; length > 1; length -= 1) {
        const node = doc.getIn(steps.slice(0, length), true) as Node | undefined;
        if (node?.range) return lines.linePos(node.range[0]).line;
      }
      return 1;
    },
  };
}

function stripMarks(value: Json): Json {
  if (Array.isArray(value)) return value.map(stripMarks);
  if (!isObject(value)) return value;
  const members = Object.entries(value).filter(([key]) => !isMark(key));
  return Object.fromEntries(members.map(([key, member]) => [key, stripMarks(member as Json)]));
}

/**
 * Removes the marks `x-since` and `x-deprecated` from the additions of an overlay.
 *
 * @param overlay the overlay
 * @returns the overlay without marks
 */
export function withoutMarks(overlay: LocatedOverlay): LocatedOverlay {
  const actions = overlay.actions.map((action) =>
    action.update === undefined ? action : { ...action, update: stripMarks(action.update) },
  );
  return { ...overlay, actions };
}
