import { AttestdError } from '../../foundation/errors.js';
import { parseGoTime } from '../rfc3339.js';
import { jsonFault } from './document.js';
import { setOwn } from './own.js';
import { foldKey, goUtf8, unquote } from './text.js';
import type { GoType } from './type.js';

/**
 * Decode a document into a Go type, as json.Unmarshal does: keys match exactly, else without regard to case; the last
 * of several equal keys wins and structs merge; null leaves the zero value; the first mismatch of types is reported
 * after everything else was decoded.
 *
 * @param document the whole document
 * @param type what Go would decode into
 * @param limit elements of arrays and members of maps in all: more would take seconds
 * @throws AttestdError INVALID_JSON with Go's text, or where there are more
 */
export function decodeJson<T>(document: Uint8Array, type: GoType<T>, limit = mostElements): T {
  const bytes = Buffer.from(document.buffer, document.byteOffset, document.byteLength);
  const fault = jsonFault(document);
  if (fault !== undefined) throw new AttestdError('INVALID_JSON', fault);
  const decoder = new Decoder(bytes, limit);
  const value = decoder.value(type, zero(type));
  if (decoder.mismatch !== undefined) throw new AttestdError('INVALID_JSON', decoder.mismatch);
  return value as T;
}

/** Go's zero value of a type in its JavaScript form; struct fields that may be left out are. */
export function zero(type: GoType): unknown {
  switch (type.kind) {
    case 'string':
      return '';
    case 'time':
      return '0001-01-01T00:00:00Z';
    case 'int':
    case 'float':
      return 0;
    case 'bool':
      return false;
    case 'struct':
      return zeroStruct(type);
    default:
      return undefined;
  }
}

type Struct = GoType & { readonly kind: 'struct' };

/** What is copied for the zero value of a struct, and which of its members are structs, each of which is made anew. */
const zeros = new WeakMap<Struct, { readonly flat: Json; readonly structs: readonly (readonly [string, Struct])[] }>();

function zeroStruct(type: Struct): Json {
  let known = zeros.get(type);
  if (known === undefined) {
    const fields = type.fields.filter(({ omitEmpty }) => !omitEmpty);
    const structs = fields.flatMap(({ key, type: inner }) => (inner.kind === 'struct' ? [[key, inner] as const] : []));
    known = { flat: Object.fromEntries(fields.map(({ key, type: inner }) => [key, zero(inner)])), structs };
    zeros.set(type, known);
  }
  const object = { ...known.flat };
  for (const [key, inner] of known.structs) object[key] = zeroStruct(inner);
  return object;
}

type Json = Record<string, unknown>;

const largestFloat32 = 3.4028234663852886e38;

/** Elements of arrays, and members of maps, that are decoded of a document; of a request, which is answered at once. */
const mostElements = 200_000;
export const mostElementsOfRequest = 25_000;

const braceOpen = 0x7b;
const bracketOpen = 0x5b;
const quote = 0x22;

/** Walks over a document that is known to be valid. */
class Decoder {
  /** Go's text for the first value that did not fit its type. */
  mismatch: string | undefined;
  private at = 0;
  private elements = 0;
  private owner = '';
  private path: string[] = [];

  constructor(
    private readonly bytes: Buffer,
    private readonly limit: number,
  ) {}

  value(type: GoType, present: unknown): unknown {
    this.space();
    if (type.kind === 'raw') return this.skip();
    const c = this.bytes[this.at] as number;
    if (type.kind === 'time') return this.time(present);
    if (c === 0x6e) {
      this.skip();
      return ['string', 'int', 'float', 'bool', 'struct'].includes(type.kind) ? present : undefined;
    }
    if (type.kind === 'pointer') return this.value(type.element, present ?? zero(type.element));
    if (type.kind === 'any') return parseAny(this.skip());
    if (c === braceOpen) return this.object(type, present);
    if (c === bracketOpen) return this.array(type, present);
    return this.scalar(type, present, c);
  }

  private scalar(type: GoType, present: unknown, c: number): unknown {
    const token = this.skip();
    if (c === quote) {
      if (type.kind === 'string') return this.text(unquote(token.subarray(1, -1)), type.parse, present as string);
      if (type.kind === 'bytes') return this.base64(unquote(token.subarray(1, -1)), present);
      return this.misfit('string', type, present);
    }
    if (c === 0x74 || c === 0x66) return type.kind === 'bool' ? c === 0x74 : this.misfit('bool', type, present);
    if (type.kind !== 'int' && type.kind !== 'float') return this.misfit('number', type, present);
    const text = token.toString('latin1');
    if (type.kind === 'float') {
      const number = Number(text);
      return Math.abs(number) <= largestFloat32 ? number : this.misfit(`number ${text}`, type, present);
    }
    // No type holds more digits, and reading them all would take time.
    if (!/^-?\d{1,20}$/.test(text) || !fits(BigInt(text), type.unsigned))
      return this.misfit(`number ${text}`, type, present);
    return Number(text);
  }

  private text(text: string, parse: ((text: string) => string) | undefined, present: string): string {
    try {
      return parse === undefined ? text : parse(text);
    } catch (error) {
      this.mismatch ??= (error as Error).message;
      return present;
    }
  }

  /** Go reads the text between the quotes as it stands, escapes included. */
  private time(present: unknown): unknown {
    const token = goUtf8(this.skip());
    if (token === 'null') return present;
    try {
      if (!token.startsWith('"')) throw new Error('Time.UnmarshalJSON: input is not a JSON string');
      return parseGoTime(token.slice(1, -1)).text;
    } catch (error) {
      this.mismatch ??= (error as Error).message;
      return present;
    }
  }

  private base64(text: string, present: unknown): unknown {
    const body = text.replace(/[\r\n]/g, '');
    const bad = /[^A-Za-z0-9+/]/.exec(body.replace(/={1,2}$/, ''));
    if (bad === null && body.length % 4 === 0) return Buffer.from(body, 'base64').toString('base64');
    this.mismatch ??= `illegal base64 data at input byte ${bad?.index ?? body.length}`;
    return present;
  }

  private misfit(value: string, type: GoType, present: unknown): unknown {
    if (this.mismatch !== undefined) return present;
    const where = this.path.length > 0 ? `Go struct field ${this.owner}.${this.path.join('.')}` : 'Go value';
    this.mismatch = `json: cannot unmarshal ${value} into ${where} of type ${type.name}`;
    return present;
  }

  private object(type: GoType, present: unknown): unknown {
    if (type.kind !== 'struct' && type.kind !== 'map') {
      this.skip();
      return this.misfit('object', type, present);
    }
    const target = (present ?? {}) as Json;
    this.at++;
    for (;;) {
      this.space();
      if (this.bytes[this.at] === 0x7d) break;
      if (this.bytes[this.at] === 0x2c) {
        this.at++;
        this.space();
      }
      const key = unquote(this.skip().subarray(1, -1));
      this.space();
      this.at++;
      if (type.kind === 'struct') this.field(type, target, key);
      else {
        this.count();
        setOwn(target, this.text(key, type.key, key), this.value(type.element, zero(type.element)));
      }
    }
    this.at++;
    return target;
  }

  private field(type: GoType & { kind: 'struct' }, target: Json, key: string): void {
    const field = type.byKey.get(key) ?? type.byFoldedKey.get(foldKey(key));
    this.space();
    if (field === undefined) {
      this.skip();
      return;
    }
    const owner = this.owner;
    // An anonymous struct has no name.
    this.owner = type.name.startsWith('struct ') ? '' : type.name.replace(/^.*\./, '');
    const { within } = field.type;
    this.path.push(within === undefined ? field.key : `${within}.${field.key}`);
    const value = this.value(field.type, target[field.key] ?? zero(field.type));
    this.path.pop();
    this.owner = owner;
    if (value === undefined) delete target[field.key];
    else target[field.key] = value;
  }

  private array(type: GoType, present: unknown): unknown {
    if (type.kind !== 'slice') {
      this.skip();
      return this.misfit('array', type, present);
    }
    const before = (present ?? []) as unknown[];
    const items: unknown[] = [];
    this.at++;
    for (;;) {
      this.space();
      if (this.bytes[this.at] === 0x5d) break;
      if (this.bytes[this.at] === 0x2c) this.at++;
      this.count();
      // An element of a repeated key is decoded over the one that was there.
      items.push(this.value(type.element, before[items.length] ?? zero(type.element)));
    }
    this.at++;
    return items;
  }

  private count(): void {
    if (++this.elements > this.limit)
      throw new AttestdError('INVALID_JSON', `arrays of more than ${this.limit} elements`);
  }

  private space(): void {
    for (;;) {
      const c = this.bytes[this.at];
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return;
      this.at++;
    }
  }

  /** Step over one value and return its bytes. */
  private skip(): Buffer {
    const { bytes } = this;
    const from = this.at;
    let depth = 0;
    do {
      const c = bytes[this.at++];
      if (c === quote) this.skipString();
      else if (c === braceOpen || c === bracketOpen) depth++;
      else if (c === 0x7d || c === 0x5d) depth--;
      else if (depth === 0) while (this.at < bytes.length && isScalarByte(bytes[this.at] as number)) this.at++;
    } while (depth > 0);
    return bytes.subarray(from, this.at);
  }

  private skipString(): void {
    for (;;) {
      const c = this.bytes[this.at++];
      if (c === quote) return;
      if (c === 0x5c) this.at++;
    }
  }
}

/** Whether a Go integer type holds a number. */
function fits(number: bigint, unsigned: 16 | 32 | 64 | undefined): boolean {
  return (unsigned === undefined ? BigInt.asIntN(64, number) : BigInt.asUintN(unsigned, number)) === number;
}

/** A byte of a number or of true, false, null. */
function isScalarByte(c: number): boolean {
  return (c >= 0x30 && c <= 0x39) || (c >= 0x61 && c <= 0x7a) || c === 0x2b || c === 0x2d || c === 0x2e || c === 0x45;
}

/** A value for interface{}; JSON.parse needs no stack for nesting, which a recursive decoder would. */
function parseAny(token: Buffer): unknown {
  return JSON.parse(goUtf8(token));
}
