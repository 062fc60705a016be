/** OpenAPI Overlay 1.0 documents: reading them, and applying them to a description held as a value. */
import { jsonpath } from 'json-p3';
import { AttestdError } from '../errors.js';
import { isObject, type Json, type JsonObject } from './document.js';
import { parseYaml } from './yaml.js';

/** One action of an overlay: an update or a removal at each place that its target selects. */
export interface Action {
  readonly target: string;
  readonly description?: string;
  readonly update?: Json;
  readonly remove?: boolean;
}

/** An overlay document. */
export interface Overlay {
  /** File name or other name, for messages. */
  readonly name: string;
  readonly title: string;
  readonly actions: readonly Action[];
}

/** A place that a target selects: the segments of its location and its value. */
export interface Place {
  readonly location: readonly (string | number)[];
  readonly value: Json;
}

function readAction(value: unknown, where: string): Action {
  if (!isObject(value)) throw new AttestdError('OVERLAY', `${where}: not a mapping`);
  const { target, description, update, remove } = value;
  if (typeof target !== 'string') throw new AttestdError('OVERLAY', `${where}: 'target' is no string`);
  try {
    jsonpath.compile(target);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AttestdError('OVERLAY', `${where}: target ${target} is no JSONPath: ${reason}`, { cause });
  }
  if ((update === undefined) === (remove !== true)) {
    throw new AttestdError('OVERLAY', `${where}: exactly one of 'update' and 'remove: true' is needed`);
  }
  return {
    target,
    ...(typeof description === 'string' && { description }),
    ...(remove === true ? { remove } : { update: update as Json }),
  };
}

/**
 * Reads an overlay document.
 *
 * @param text YAML or JSON of an OpenAPI Overlay 1.0 document
 * @param name what it is called in errors
 * @returns the overlay
 * @throws AttestdError INVALID_ARGUMENT when it is no YAML, OVERLAY when it is no overlay
 */
export function parseOverlay(text: string, name: string): Overlay {
  const value = parseYaml(text, name);
  if (!isObject(value)) throw new AttestdError('OVERLAY', `${name}: not a mapping`);
  if (typeof value.overlay !== 'string' || !/^1\.\d+\.\d+$/.test(value.overlay)) {
    throw new AttestdError('OVERLAY', `${name}: 'overlay' is ${JSON.stringify(value.overlay)}, not a 1.x.y version`);
  }
  const info = value.info;
  if (!isObject(info) || typeof info.title !== 'string' || typeof info.version !== 'string') {
    throw new AttestdError('OVERLAY', `${name}: 'info' needs a title and a version`);
  }
  const { actions } = value;
  if (!Array.isArray(actions) || actions.length === 0) {
    throw new AttestdError('OVERLAY', `${name}: 'actions' is no list of one or more actions`);
  }
  return { name, title: info.title, actions: actions.map((a, i) => readAction(a, `${name}: action ${i + 1}`)) };
}

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

function merge(target: JsonObject, update: JsonObject): void {
  for (const [key, value] of Object.entries(update)) {
    const old = Object.hasOwn(target, key) ? target[key] : undefined;
    if (isObject(old) && isObject(value)) merge(old as JsonObject, value as JsonObject);
    else if (Array.isArray(old) && Array.isArray(value)) old.push(...structuredClone(value));
    else target[key] = structuredClone(value);
  }
}

function parentOf(root: Json, location: readonly (string | number)[]): Json {
  let node = root;
  for (const segment of location.slice(0, -1)) node = (node as JsonObject)[segment] as Json;
  return node;
}

function removeAll(root: Json, places: Place[]): void {
  // Backwards, so that the indexes of array elements that are still to go stay right.
  for (const { location } of places.reverse()) {
    const parent = parentOf(root, location);
    const last = location[location.length - 1] as string | number;
    if (Array.isArray(parent)) parent.splice(Number(last), 1);
    else delete (parent as JsonObject)[last];
  }
}

/**
 * Applies an overlay to a description, in place, by the rules of Overlay 1.0: objects are merged, arrays appended to,
 * other values replaced.
 *
 * @param root the description; it is changed
 * @param overlay the overlay
 * @throws AttestdError OVERLAY when an action selects nothing, or its update does not fit what it selects
 */
export function applyOverlay(root: Json, overlay: Overlay): void {
  overlay.actions.forEach((action, index) => {
    const where = `${overlay.name}: action ${index + 1}`;
    const places = select(root, action.target);
    if (places.length === 0) throw new AttestdError('OVERLAY', `${where}: ${action.target} selects nothing`);
    if (action.remove) {
      removeAll(root, places);
      return;
    }
    for (const { value } of places) {
      if (Array.isArray(value)) value.push(structuredClone(action.update as Json));
      else if (isObject(value) && isObject(action.update)) merge(value as JsonObject, action.update as JsonObject);
      else throw new AttestdError('OVERLAY', `${where}: ${action.target} selects a value that cannot be updated`);
    }
  });
}
