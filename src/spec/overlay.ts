/** Applies overlays to a parsed description by the rules of the OpenAPI Overlay Specification 1.0 and 1.1. */
import { jsonpath } from 'json-p3';
import { AttestdError } from '../support/foundation/errors.js';
import { isObject, type Json, type JsonObject } from './document.js';
import type { Action, Overlay, OverlayVersion } from './overlay-read.js';
import { toPointer } from './pointer.js';

export { type Action, type Overlay, parseOverlay } from './overlay-read.js';

/** A place that a target selects: the segments of its location and its value. */
export interface Place {
  readonly location: readonly (string | number)[];
  readonly value: Json;
}

/** The segments of a location. */
export type Location = readonly (string | number)[];

/** Receives conflicts. `path` leads into the action's update. */
export type Report = (
  kind: 'different-value' | 'wrong-type' | 'version-kept',
  at: Location,
  path: Location,
  message: string,
) => unknown;

/**
 * Finds the places that a target selects.
 *
 * @param root the description
 * @param target an RFC 9535 JSONPath
 * @returns the places, in document order
 */
export function select(root: Json, target: string): Place[] {
  return [...jsonpath.query(target, root)].map((node) => ({
    location: node.location as (string | number)[],
    value: node.value as Json,
  }));
}

/** Formats a value for messages. */
export function show(value: Json): string {
  if (Array.isArray(value)) return 'a list';
  if (isObject(value)) return 'a mapping';
  return JSON.stringify(value);
}

/** Returns the kind of a value that the overlay rules distinguish. */
export function shapeOf(value: Json): 'list' | 'mapping' | 'value' {
  if (Array.isArray(value)) return 'list';
  return isObject(value) ? 'mapping' : 'value';
}

/** Replaces the value at a location. */
function put(root: Json, location: Location, value: Json): void {
  const parent = location.slice(0, -1).reduce<Json>((node, segment) => (node as JsonObject)[segment] as Json, root);
  (parent as JsonObject)[location[location.length - 1] as string] = value;
}

/**
 * Removes the values at the given places.
 *
 * @param root the description; it is changed
 * @param places the places, in document order
 */
export function removePlaces(root: Json, places: readonly Place[]): void {
  // Backwards, so that the remaining list indexes stay valid.
  for (const { location } of [...places].reverse()) {
    const parent = location.slice(0, -1).reduce<Json>((node, segment) => (node as JsonObject)[segment] as Json, root);
    const last = location[location.length - 1] as string | number;
    if (Array.isArray(parent)) parent.splice(Number(last), 1);
    else delete (parent as JsonObject)[last];
  }
}

function merge(target: JsonObject, update: JsonObject, at: Location, path: Location, report: Report): void {
  for (const [key, value] of Object.entries(update)) {
    const old = Object.hasOwn(target, key) ? target[key] : undefined;
    const [place, from] = [
      [...at, key],
      [...path, key],
    ];
    if (old === undefined || (shapeOf(old) === 'value' && shapeOf(value) === 'value'))
      target[key] = structuredClone(value);
    else if (isObject(old) && isObject(value)) merge(old as JsonObject, value as JsonObject, place, from, report);
    else if (Array.isArray(old) && Array.isArray(value)) old.push(...structuredClone(value));
    else report('wrong-type', place, from, `the file has ${show(old)} there, the overlay ${show(value)}`);
  }
}

function updatePlace(
  root: Json,
  { location, value }: Place,
  update: Json,
  version: OverlayVersion,
  report: Report,
): void {
  const added = structuredClone(update);
  if (Array.isArray(value)) {
    // Version 1.0 appends any value as one element.
    if (version !== '1.0' && Array.isArray(added)) value.push(...added);
    else value.push(added);
  } else if (isObject(value) && isObject(update)) merge(value as JsonObject, added as JsonObject, location, [], report);
  else if (version !== '1.0' && shapeOf(value) === 'value' && shapeOf(update) === 'value' && location.length > 0) {
    put(root, location, added);
  } else report('wrong-type', location, [], `the file has ${show(value)} there, the overlay ${show(update)}`);
}

function appendTo(place: Json, append: NonNullable<Action['append']>): void {
  const words = (text: string): string => text.replace(/\s+/g, ' ').trim();
  for (const [key, text] of Object.entries(append)) {
    const old = isObject(place) ? (place as JsonObject)[key] : undefined;
    if (typeof old !== 'string') (place as JsonObject)[key] = text;
    else if (!words(old).includes(words(text))) {
      (place as JsonObject)[key] = `${old.trimEnd()}\n\n${text}${old.endsWith('\n') ? '\n' : ''}`;
    }
  }
}

/**
 * Applies an action to the places that its target selects.
 *
 * @param root the description; it is changed
 * @param action the action
 * @param places the places that it selects
 * @param version the version of the overlay
 * @param report receives the conflicts
 */
export function actOn(
  root: Json,
  action: Action,
  places: readonly Place[],
  version: OverlayVersion,
  report: Report,
): void {
  if (action.remove) {
    if (places.some(({ location }) => location.length === 0))
      report('wrong-type', [], [], 'the whole document cannot go');
    else removePlaces(root, places);
    return;
  }
  let update = action.update;
  if (action.copy !== undefined) {
    const sources = select(root, action.copy);
    if (sources.length !== 1) {
      report('wrong-type', [], [], `copy ${action.copy} selects ${sources.length} values, not one`);
      return;
    }
    update = structuredClone(sources[0]?.value);
  }
  for (const { value } of places) if (action.append && isObject(value)) appendTo(value as Json, action.append);
  if (update === undefined) return;
  if (version !== '1.0' && new Set(places.map(({ value }) => shapeOf(value))).size > 1) {
    report('wrong-type', [], [], `${action.target} selects values of different kinds`);
    return;
  }
  for (const place of places) updatePlace(root, place, update, version, report);
}

/** Choices of how an overlay is applied. */
export interface OverlayChoices {
  /** Whether an action that selects nothing is an error; the specification lets it pass. */
  readonly strict?: boolean;
}

/**
 * Applies an overlay to a description by the rules of its version: objects are merged, arrays appended to, other values
 * replaced.
 *
 * @param root the description; it is changed
 * @param overlay the overlay
 * @param choices `strict` makes an empty selection an error
 * @throws AttestdError OVERLAY if an update does not fit its target or, if strict, if an action selects nothing
 */
export function applyOverlay(root: Json, overlay: Overlay, { strict = false }: OverlayChoices = {}): void {
  overlay.actions.forEach((action, index) => {
    const where = `${overlay.name}: action ${index + 1}`;
    const places = select(root, action.target);
    if (places.length === 0 && strict) throw new AttestdError('OVERLAY', `${where}: ${action.target} selects nothing`);
    actOn(root, action, places, overlay.version, (_, at, __, message) => {
      throw new AttestdError('OVERLAY', `${where}: ${toPointer(at)}: ${message}`);
    });
  });
}
