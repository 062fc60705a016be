import { compareText, type GoType } from '../json.js';
import type { JsonObject, JsonValue } from './render.js';

/**
 * A Go value as a JSON value to render: struct fields in their order, empty `omitempty` fields left out, maps sorted.
 *
 * @param value the JavaScript form that decodeJson gives
 */
export function goValue<T>(value: T, type: GoType<T>): JsonValue {
  return convert(value, type);
}

/** A struct as a JSON object to render. */
export function goObject<T extends object>(value: T, type: GoType<T>): JsonObject {
  return convert(value, type) as JsonObject;
}

function convert(value: unknown, type: GoType): JsonValue {
  if (value === undefined || value === null) return null;
  switch (type.kind) {
    case 'pointer':
      return convert(value, type.element);
    case 'slice':
      return (value as unknown[]).map((item) => convert(item, type.element));
    case 'map': {
      const entries = Object.entries(value as Record<string, unknown>).sort(([a], [b]) => compareText(a, b));
      return new Map(entries.map(([key, item]) => [key, convert(item, type.element)]));
    }
    case 'struct': {
      const object: Record<string, JsonValue> = {};
      for (const field of type.fields) {
        const member = (value as Record<string, unknown>)[field.key];
        if (field.omitEmpty && isEmpty(member, field.type)) continue;
        object[field.key] = convert(member, field.type);
      }
      return object;
    }
    default:
      return value as JsonValue;
  }
}

function isEmpty(value: unknown, type: GoType): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  return type.kind === 'map' && Object.keys(value).length === 0;
}
