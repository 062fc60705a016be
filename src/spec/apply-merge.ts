/**
 * Merges an overlay into a description that may already contain parts of it.
 *
 * Follows Overlay 1.0 with three additions, which make the patch portable and repeatable:
 * - An existing entry is not added again. List elements are compared by value, parameters by name and place.
 * - An existing entry gains the structure that it lacks. It keeps its own descriptions and examples. A value that
 *   contradicts the overlay is a conflict.
 * - A value is replaced only if the action's target is the object that holds it. API versions only go up, and by one.
 */
import { isDeepStrictEqual } from 'node:util';
import type { LocatedOverlay } from './apply-overlay.js';
import { isObject, type Json, type JsonObject } from './document.js';
import { actOn, type Location, type Place, type Report, select, shapeOf, show } from './overlay.js';
import type { Action } from './overlay-read.js';
import { toPointer } from './pointer.js';
import { hasNamedMembers, isMark, isProse, structureOf } from './structure.js';
import { compareVersions } from './versions.js';

/** The reason of a conflict. */
export type ConflictKind = 'target-absent' | 'different-value' | 'wrong-type' | 'version-kept';

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

function isVersion(at: Location): boolean {
  const pointer = toPointer(at);
  return pointer === '/basePath' || pointer === '/info/version' || /^\/servers\/\d+\/url$/.test(pointer);
}

/** A version, or a path that ends in a version. The URL of a server without a version is kept. */
const versioned = /^(?:(.*\/)v)?(\d+\.\d+)$/;

/** Returns the number of versions from the file's version to the overlay's. Undefined if a value is not a version. */
function versionsBehind(old: Json, update: Json): number | undefined {
  const [have, want] = [old, update].map((value) => versioned.exec(String(value))?.[2]);
  if (have === undefined || want === undefined) return undefined;
  if (compareVersions(have, want) >= 0) return 0;
  const [major = 0, minor = 0] = have.split('.').map(Number);
  const [wantedMajor, wantedMinor = 0] = want.split('.').map(Number);
  return major === wantedMajor ? wantedMinor - minor : Number.POSITIVE_INFINITY;
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
      else if (key === 'type' && Array.isArray(value) && value.includes(old)) continue;
      else if (shapeOf(old) !== shapeOf(value)) this.wrongType(old, value, place, from);
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
    const behind = isVersion(at) ? versionsBehind(old, value) : undefined;
    if (behind === 0 || (isVersion(at) && behind === undefined && key === 'url')) return;
    if (behind !== undefined && behind > 1) {
      const message = `stays ${show(old)}: what came between it and ${show(value)} is not in the patch`;
      this.report('version-kept', at, path, message);
      return;
    }
    if (behind === 1 && key === 'url') target[key] = String(old).replace(/[^/]+$/, String(value).slice(1));
    else if (direct) target[key] = value;
    else this.report('different-value', at, path, `the file has ${show(old)} there, the overlay ${show(value)}`);
  }

  /** Appends the elements that a list lacks. */
  list(target: Json[], update: readonly Json[], at: Location, path: Location): void {
    update.forEach((element, index) => {
      this.element(target, element, at, [...path, index]);
    });
  }

  /** Appends an element, or completes the one that the list already has. */
  element(target: Json[], element: Json, at: Location, path: Location): void {
    const index = target.findIndex((other) => sameElement(other, element));
    const old = target[index];
    if (old === undefined) target.push(structuredClone(element));
    else if (isObject(old) && isObject(element)) {
      this.object(old as JsonObject, element as JsonObject, [...at, index], path, false);
    }
  }
}

/**
 * Whether an action that selects nothing may already be applied: it removes, or it changes a value that its own filter
 * requires.
 */
function mayBeDone({ target, update, remove }: Action): boolean {
  if (remove) return true;
  if (!isObject(update)) return false;
  const asked = [...target.matchAll(/@(?:\.([\w-]+)|\[['"]([^'"]+)['"]\])/g)].map(([, a, b]) => a ?? b);
  return asked.some((name) => name !== undefined && Object.hasOwn(update, name));
}

function fitAction(
  root: Json,
  action: Action,
  { version }: LocatedOverlay,
  places: readonly Place[],
  report: Report,
): void {
  const { update } = action;
  if (update === undefined || action.remove) {
    actOn(root, action, places, version, report);
    return;
  }
  const merge = new Merge(report);
  for (const { location, value } of places) {
    if (Array.isArray(value)) {
      if (version !== '1.0' && Array.isArray(update)) merge.list(value, update, location, []);
      else merge.element(value, update, location, []);
    } else if (isObject(value) && isObject(update)) {
      merge.object(value as JsonObject, update as JsonObject, location, [], true);
    } else actOn(root, action, [{ location, value }], version, report);
  }
}

/** The outcome of merging overlays. */
export interface Merged {
  /** The actions that do not fit. */
  readonly conflicts: readonly Conflict[];
  /** Skipped actions that are not conflicts: those that select nothing, and versions too old to raise. */
  readonly notes: readonly Conflict[];
}

/**
 * Applies overlays to a description, each by its own rules: those of the specification, or those that keep existing
 * entries.
 *
 * @param root the description; it is changed, even when there are conflicts
 * @param overlays the overlays, in order
 * @param strict whether an action that selects nothing is a conflict. Always true for overlays with the rules `fit`
 * @returns conflicts and notes
 */
export function mergeOverlays(root: Json, overlays: readonly LocatedOverlay[], strict = false): Merged {
  const conflicts: Conflict[] = [];
  const notes: Conflict[] = [];
  for (const overlay of overlays) {
    overlay.actions.forEach((action, index) => {
      const conflict = (kind: ConflictKind, at: string, path: Location, message: string): Conflict => ({
        kind,
        overlay: overlay.name,
        action: index + 1,
        line: overlay.line(index, path),
        at,
        message,
      });
      const report: Report = (kind, at, path, message) => {
        (kind === 'version-kept' ? notes : conflicts).push(conflict(kind, toPointer(at), path, message));
      };
      const { target } = action;
      const places = select(root, target);
      const fits = overlay.rules === 'fit';
      if (places.length === 0) {
        const absent = conflict('target-absent', target, [], `${target} selects nothing`);
        if (fits ? !mayBeDone(action) : strict) conflicts.push(absent);
        else if (!fits) notes.push(absent);
      } else if (fits) fitAction(root, action, overlay, places, report);
      else actOn(root, action, places, overlay.version, report);
    });
  }
  return { conflicts, notes };
}
