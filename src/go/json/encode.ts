import { zero } from './decode.js';
import { compareText, wellFormed } from './text.js';
import type { GoType } from './type.js';

/** Characters that Go escapes by code point although JSON allows them raw, and lone surrogates. */
const special = /[\u2028\u2029\ud800-\udfff]/;

/** A JSON string as Go's encoder with SetEscapeHTML(false) writes it: `<>&` as they are, U+2028 and U+2029 escaped. */
export function encodeString(text: string): string {
  const json = JSON.stringify(special.test(text) ? wellFormed(text) : text);
  return special.test(json) ? json.replace(/[\u2028\u2029]/g, (c) => (c === '\u2028' ? '\\u2028' : '\\u2029')) : json;
}

/** `<>&` escaped too, as json.Marshal does, which is what daemons store in manifests that they write. */
export function escapeHtml(json: string): string {
  return json.replace(/[<>&]/g, (c) => (c === '<' ? '\\u003c' : c === '>' ? '\\u003e' : '\\u0026'));
}

/**
 * Encode a value of a Go type as Go's encoder does: struct fields in their order, map keys sorted, omitempty obeyed.
 *
 * @param value the JavaScript form of the Go value
 * @param type its type
 * @returns JSON text without a trailing line feed
 */
export function encodeJson<T>(value: NoInfer<T>, type: GoType<T>): string {
  return encode(value, type);
}

function encode(value: unknown, type: GoType): string {
  switch (type.kind) {
    case 'string':
      return encodeString(value as string);
    case 'int':
    case 'bool':
      return String(value);
    case 'bytes':
      return value === undefined ? 'null' : encodeString(value as string);
    case 'raw':
      return value === undefined ? 'null' : (value as Buffer).toString('utf8');
    case 'any':
      return encodeAny(value);
    case 'pointer':
      return value === undefined ? 'null' : encode(value, type.element);
    case 'slice':
      return value === undefined
        ? 'null'
        : `[${(value as unknown[]).map((item) => encode(item, type.element)).join()}]`;
    case 'map':
      return value === undefined
        ? 'null'
        : encodeMap(value as Record<string, unknown>, (item) => encode(item, type.element));
    case 'struct': {
      const members: string[] = [];
      for (const field of type.fields) {
        const member = (value as Record<string, unknown>)[field.key] ?? zero(field.type);
        if (field.omitEmpty && isEmpty(member, field.type)) continue;
        members.push(`${encodeString(field.key)}:${encode(member, field.type)}`);
      }
      return `{${members.join()}}`;
    }
  }
}

function encodeMap(value: Record<string, unknown>, item: (value: unknown) => string): string {
  const keys = Object.keys(value).sort(compareText);
  return `{${keys.map((key) => `${encodeString(key)}:${item(value[key])}`).join()}}`;
}

function encodeAny(value: unknown): string {
  if (typeof value === 'string') return encodeString(value);
  if (Array.isArray(value)) return `[${value.map(encodeAny).join()}]`;
  if (typeof value === 'object' && value !== null) return encodeMap(value as Record<string, unknown>, encodeAny);
  return JSON.stringify(value ?? null);
}

/** Go's notion of empty: false, 0, nil, and empty strings, slices and maps; a struct never is. */
function isEmpty(value: unknown, type: GoType): boolean {
  switch (type.kind) {
    case 'struct':
      return false;
    case 'slice':
      return value === undefined || (value as unknown[]).length === 0;
    case 'map':
      return value === undefined || Object.keys(value as object).length === 0;
    case 'pointer':
    case 'any':
      return value === undefined || value === null;
    default:
      return value === undefined || value === '' || value === 0 || value === false;
  }
}
