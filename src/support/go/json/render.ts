import { compareText, encodeString, sortedKeys } from './text.js';

/** JSON text that is written as it is: a statement inside an answer is never parsed and stringified. */
export class VerbatimJson {
  /** @param source one JSON value, compacted, or what makes it whenever it is asked for */
  constructor(readonly source: Buffer | (() => Buffer)) {}

  get bytes(): Buffer {
    return typeof this.source === 'function' ? this.source() : this.source;
  }
}

/**
 * A value that JSON can carry; object keys are in the order in which dockerd writes them. A Map is an object too, whose
 * order holds for keys that look like numbers.
 */
export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | VerbatimJson
  | readonly JsonValue[]
  | ReadonlyMap<string, JsonValue>
  | JsonObject;

/** A JSON object; undefined members are left out. */
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

declare const encoded: unique symbol;

/** What an object has that was made by the rules of a Go struct's type, in contrast to one that is put together by hand. */
export type Encoded = { readonly [encoded]: true };

/** An object made by the rules of a Go struct's type. */
export type EncodedObject = JsonObject & Encoded;

/**
 * Write an answer as Go's encoder does: `<>&` as they are, U+2028 and U+2029 escaped, integers of any size, and bytes
 * of verbatim parts untouched, UTF-8 or not (docs/reference/behavior/attestations.md#response-bodies).
 *
 * @returns the body, with the line feed that ends each JSON answer of dockerd
 */
export function renderJson(value: JsonValue): Buffer {
  return joined(partsOf(value));
}

/** What `renderJson` makes, in pieces: the bytes of verbatim parts are asked for when it is their turn. */
export function* renderPieces(value: JsonValue): Generator<Buffer> {
  const parts = partsOf(value);
  for (let at = 0; at < parts.length; at += partsAtOnce) yield joined(parts.slice(at, at + partsAtOnce));
}

type Parts = (string | VerbatimJson)[];

/** Parts of an answer that are put together at a time. */
const partsAtOnce = 256;

function partsOf(value: JsonValue): Parts {
  const parts: Parts = [];
  write(value, parts);
  parts.push('\n');
  return parts;
}

function joined(parts: Parts): Buffer {
  const buffers: Buffer[] = [];
  let text = '';
  for (const part of parts) {
    if (typeof part === 'string') {
      text += part;
      continue;
    }
    buffers.push(Buffer.from(text), part.bytes);
    text = '';
  }
  buffers.push(Buffer.from(text));
  return buffers.length === 1 ? (buffers[0] as Buffer) : Buffer.concat(buffers);
}

function write(value: JsonValue, parts: Parts): void {
  if (value instanceof VerbatimJson) parts.push(value);
  else if (typeof value === 'string') parts.push(encodeString(value));
  else if (value === null || typeof value !== 'object') parts.push(String(value));
  else if (Array.isArray(value)) writeArray(value, parts);
  else writeMembers(membersOf(value as JsonObject | ReadonlyMap<string, JsonValue>), parts);
}

function writeArray(value: readonly JsonValue[], parts: Parts): void {
  let separator = '[';
  for (const item of value) {
    parts.push(separator);
    write(item, parts);
    separator = ',';
  }
  parts.push(separator === '[' ? '[]' : ']');
}

type Members = Iterable<readonly [string, JsonValue | undefined]>;

function membersOf(value: JsonObject | ReadonlyMap<string, JsonValue>): Members {
  return value instanceof Map ? value : Object.entries(value as JsonObject);
}

function writeMembers(members: Members, parts: Parts): void {
  let separator = '{';
  for (const [key, member] of members) {
    if (member === undefined) continue;
    parts.push(`${separator}${encodeString(key)}:`);
    write(member, parts);
    separator = ',';
  }
  parts.push(separator === '{' ? '{}' : '}');
}

/** A map of strings as Go writes it: keys sorted by their bytes. */
export function sortedMap(strings: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(sortedKeys(strings).map((key) => [key, strings[key] as string]));
}

/**
 * The value with the keys of all its objects sorted, as dockerd writes answers that it widened for an old API version.
 */
export function sortKeys(value: JsonValue): JsonValue {
  if (value === null || typeof value !== 'object' || value instanceof VerbatimJson) return value;
  if (Array.isArray(value)) return value.map(sortKeys);
  const members = [...membersOf(value as JsonObject | ReadonlyMap<string, JsonValue>)];
  const present = members.filter((member): member is [string, JsonValue] => member[1] !== undefined);
  present.sort(([a], [b]) => compareText(a, b));
  return new Map(present.map(([key, member]) => [key, sortKeys(member)]));
}
