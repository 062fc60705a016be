/** Overlays with the lines of their actions and values, so that a conflict can point into them. */
import { LineCounter, type Node, parseDocument } from 'yaml';
import { isObject, type Json } from './document.js';
import { type Overlay, parseOverlay } from './overlay-read.js';
import { isMark } from './structure.js';

/**
 * How an overlay is applied: as its specification says, or so that it fits a description that has some of it already, by the
 * rules at the head of apply-merge.ts.
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
   * @returns the line, from 1; that of the nearest value around when the path leads nowhere
   */
  line(action: number, path?: readonly (string | number)[]): number;
}

/**
 * Reads an overlay.
 *
 * @param text YAML or JSON of an OpenAPI Overlay 1.0 or 1.1 document
 * @param name what it is called in messages
 * @param rules how it is to be applied
 * @returns the overlay
 * @throws AttestdError INVALID_ARGUMENT when it is no YAML, OVERLAY when it is no overlay
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
 * Takes the marks `x-since` and `x-deprecated` away from what an overlay adds.
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
