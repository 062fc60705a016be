/**
 * What an overlay adds to a description that may have some of it already.
 *
 * The rules of Overlay 1.0 with three additions, which make the patch portable and repeatable:
 * - What a file has already is not added again: an element of a list by its value, a parameter by its name and place.
 * - Where a file has an entry that the overlay would add, only the structure that it lacks is added to it. Its own words
 *   and examples stay, and a value that contradicts the overlay's is a conflict.
 * - A value is replaced only where the action's target is the object that holds it. API versions only go up.
 */
import { isDeepStrictEqual } from 'node:util';
import { AttestdError } from '../errors.js';
import type { LocatedOverlay } from './apply-overlay.js';
import { isObject, type Json, type JsonObject } from './document.js';
import { type Action, type Place, select } from './overlay.js';
import { toPointer } from './pointer.js';
import { hasNamedMembers, isMark, isProse, structureOf } from './structure.js';
import { compareVersions } from './versions.js';

/** Why an action does not fit. */
export type ConflictKind = 'target-absent' | 'different-value' | 'wrong-type';

type Location = readonly (string | number)[];

/** An action that does not fit a description. */
export interface Conflict {
  readonly kind: ConflictKind;
  readonly overlay: string;
  /** Index of the action, from 1. */
  readonly action: number;
  /** Line of the overlay. */
  readonly line: number;
  /** JSON Pointer into the description, or the action's target when it selects nothing. */
  readonly at: string;
  readonly message: string;
}

type Report = (kind: ConflictKind, at: Location, path: Location, message: string) => void;

function show(value: Json): string {
  if (Array.isArray(value)) return 'a list';
  if (isObject(value)) return 'a mapping';
  return JSON.stringify(value);
}

function shape(value: Json): 'list' | 'mapping' | 'value' {
  if (Array.isArray(value)) return 'list';
  return isObject(value) ? 'mapping' : 'value';
}

function isVersion(at: Location): boolean {
  const pointer = toPointer(at);
  return pointer === '/basePath' || pointer === '/info/version';
}

/** Whether a file's version is at least the overlay's. */
function isNewer(old: Json, update: Json): boolean {
  const [have, want] = [old, update].map((value) => /^(?:\/v)?(\d+\.\d+)$/.exec(String(value))?.[1]);
  return have !== undefined && want !== undefined && compareVersions(have, want) >= 0;
}

function sameElement(a: Json, b: Json): boolean {
  if (isObject(a) && isObject(b) && a.name !== undefined && b.name !== undefined) {
    return a.name === b.name && a.in === b.in;
  }
  return isDeepStrictEqual(structureOf(a), structureOf(b));
}

class Merge {
  constructor(private readonly report: Report) {}

  /** Merges an update into an object; `direct` when the action's target is that object. */
  object(target: JsonObject, update: JsonObject, at: Location, path: Location, direct: boolean): void {
    const named = hasNamedMembers(at);
    if (!direct && !named && (target.$ref === undefined) !== (update.$ref === undefined)) {
      const [has, other] = target.$ref === undefined ? ['no reference', 'one'] : ['a reference', 'none'];
      this.report('different-value', at, path, `the file has ${has} there, the overlay ${other}`);
      return;
    }
    for (const [key, value] of Object.entries(update)) {
      const [place, from] = [
        [...at, key],
        [...path, key],
      ];
      if (!direct && !named && (isProse(key) || isMark(key))) continue;
      const old = Object.hasOwn(target, key) ? target[key] : undefined;
      if (old === undefined) target[key] = structuredClone(value);
      else if (!named && isProse(key) && !isDeepStrictEqual(old, value)) target[key] = structuredClone(value);
      else if (shape(old) !== shape(value)) this.wrongType(old, value, place, from);
      else if (isObject(old)) this.object(old as JsonObject, value as JsonObject, place, from, false);
      else if (Array.isArray(old)) this.list(old, value as Json[], place, from);
      else if (old !== value) this.scalar(target, key, value, place, from, direct);
    }
  }

  private wrongType(old: Json, value: Json, at: Location, path: Location): void {
    this.report('wrong-type', at, path, `the file has ${show(old)} there, the overlay ${show(value)}`);
  }

  private scalar(target: JsonObject, key: string, value: Json, at: Location, path: Location, direct: boolean): void {
    const old = target[key] as Json;
    if (isVersion(at) && isNewer(old, value)) return;
    if (direct) target[key] = value;
    else this.report('different-value', at, path, `the file has ${show(old)} there, the overlay ${show(value)}`);
  }

  /** Appends the elements that a list lacks. */
  list(target: Json[], update: readonly Json[], at: Location, path: Location): void {
    update.forEach((element, index) => {
      this.element(target, element, at, [...path, index]);
    });
  }

  /** Appends an element unless the list has it; completes it when the list has a part of it. */
  element(target: Json[], element: Json, at: Location, path: Location): void {
    const index = target.findIndex((other) => sameElement(other, element));
    const old = target[index];
    if (old === undefined) target.push(structuredClone(element));
    else if (isObject(old) && isObject(element)) {
      this.object(old as JsonObject, element as JsonObject, [...at, index], path, false);
    }
  }
}

function removePlaces(root: Json, places: readonly Place[]): void {
  // Backwards, so that the indexes of list elements that are still to go stay right.
  for (const { location } of [...places].reverse()) {
    const parent = location.slice(0, -1).reduce<Json>((node, segment) => (node as JsonObject)[segment] as Json, root);
    const last = location[location.length - 1] as string | number;
    if (Array.isArray(parent)) parent.splice(Number(last), 1);
    else delete (parent as JsonObject)[last];
  }
}

/**
 * Whether an action that selects nothing may have been applied before: one that removes, or that changes what its own
 * filter asks for.
 */
function mayBeDone({ target, update, remove }: Action): boolean {
  if (remove) return true;
  if (!isObject(update)) return false;
  const asked = [...target.matchAll(/@(?:\.([\w-]+)|\[['"]([^'"]+)['"]\])/g)].map(([, a, b]) => a ?? b);
  return asked.some((name) => name !== undefined && Object.hasOwn(update, name));
}

function applyAction(root: Json, action: Action, report: Report): void {
  const { target, update, remove } = action;
  const places = select(root, target);
  if (places.length === 0) {
    if (!mayBeDone(action)) report('target-absent', [], [], `${target} selects nothing`);
    return;
  }
  if (remove) {
    removePlaces(root, places);
    return;
  }
  const merge = new Merge(report);
  for (const { location, value } of places) {
    if (Array.isArray(value)) merge.element(value, update as Json, location, []);
    else if (isObject(value) && isObject(update)) {
      merge.object(value as JsonObject, update as JsonObject, location, [], true);
    } else report('wrong-type', location, [], `the file has ${show(value)} there, the overlay ${show(update as Json)}`);
  }
}

/**
 * Applies overlays to a description that may have some of what they add.
 *
 * @param root the description; it is changed, even when there are conflicts
 * @param overlays the overlays, in order
 * @returns the conflicts; empty when all of it fits
 * @throws AttestdError OVERLAY when an action removes the whole description
 */
export function mergeOverlays(root: Json, overlays: readonly LocatedOverlay[]): Conflict[] {
  const conflicts: Conflict[] = [];
  for (const overlay of overlays) {
    overlay.actions.forEach((action, index) => {
      if (action.remove && action.target.trim() === '$') {
        throw new AttestdError('OVERLAY', `${overlay.name}: action ${index + 1} removes the whole description`);
      }
      applyAction(root, action, (kind, at, path, message) => {
        conflicts.push({
          kind,
          overlay: overlay.name,
          action: index + 1,
          line: overlay.line(index, path),
          at: kind === 'target-absent' ? action.target : toPointer(at),
          message,
        });
      });
    });
  }
  return conflicts;
}
