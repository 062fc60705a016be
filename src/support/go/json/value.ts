import { zero } from './decode.js';
import { type EncodedObject, type JsonValue, renderJson, VerbatimJson } from './render.js';
import { escapeHtml, sortedKeys } from './text.js';
import type { GoType } from './type.js';

/**
 * A Go value as a JSON value to render: struct fields in their order, empty `omitempty` fields left out, maps sorted.
 *
 * @param value the JavaScript form that decodeJson gives
 * @param type its type
 */
export function goValue<T>(value: NoInfer<T>, type: GoType<T>): JsonValue {
  return convert(value, type);
}

/** A struct as a JSON object to render. */
export function goObject<T extends object>(value: NoInfer<T>, type: GoType<T>): EncodedObject {
  return convert(value, type) as EncodedObject;
}

/** A map as a JSON object to render, its keys sorted. */
export function goMap<T>(
  value: Readonly<Record<string, T>>,
  type: GoType<Record<string, T> | undefined>,
): ReadonlyMap<string, JsonValue> {
  return convert(value, type) as ReadonlyMap<string, JsonValue>;
}

/**
 * Encode a value of a Go type as Go's encoder with SetEscapeHTML(false) does, without a trailing line feed.
 *
 * @param value the JavaScript form of the Go value
 * @param type its type
 */
export function encodeJson<T>(value: NoInfer<T>, type: GoType<T>): string {
  return renderJson(convert(value, type)).toString('utf8').slice(0, -1);
}

/** Encode a value as json.Marshal does, `<>&` escaped, which is what daemons store in manifests that they write. */
export function marshalJson<T>(value: NoInfer<T>, type: GoType<T>): string {
  return escapeHtml(encodeJson(value, type));
}

/** A value as the daemon's streams carry it: by Go's rules, `<>&` escaped, without a line end. */
export function jsonRecord(value: JsonValue): string {
  return escapeHtml(renderJson(value).toString('utf8').slice(0, -1));
}

function convert(value: unknown, type: GoType): JsonValue {
  if (value === undefined || value === null) return null;
  switch (type.kind) {
    case 'pointer':
      return convert(value, type.element);
    case 'slice':
      return (value as unknown[]).map((item) => convert(item, type.element));
    case 'map':
      return sorted(value, (item) => convert(item, type.element));
    case 'raw':
      return new VerbatimJson(value as Buffer);
    case 'any':
      return convertAny(value);
    case 'struct': {
      const object: Record<string, JsonValue> = {};
      for (const field of type.fields) {
        const member = (value as Record<string, unknown>)[field.key] ?? zero(field.type);
        if (field.omitEmpty && isEmpty(member, field.type)) continue;
        object[field.key] = convert(member, field.type);
      }
      return object;
    }
    default:
      return value as JsonValue;
  }
}

function convertAny(value: unknown): JsonValue {
  if (Array.isArray(value)) return value.map(convertAny);
  return typeof value === 'object' && value !== null ? sorted(value, convertAny) : ((value ?? null) as JsonValue);
}

function sorted(map: object, item: (value: unknown) => JsonValue): ReadonlyMap<string, JsonValue> {
  return new Map(sortedKeys(map).map((key) => [key, item((map as Record<string, unknown>)[key])]));
}

/** Go's notion of empty: false, 0, nil, and empty strings, slices and maps; a struct never is. */
function isEmpty(value: unknown, type: GoType): boolean {
  // What a pointer leads to is there, whatever it is.
  if (type.kind === 'pointer') return value === undefined || value === null;
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return true;
  if (type.kind === 'slice') return (value as unknown[]).length === 0;
  if (type.kind !== 'map') return false;
  for (const key in value) if (Object.hasOwn(value, key)) return false;
  return true;
}
