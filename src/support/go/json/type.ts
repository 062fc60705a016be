import { foldKey } from './text.js';

/**
 * Descriptions of Go types, for decoding and encoding JSON as Go's encoding/json does.
 *
 * A type parameter carries the JavaScript form: struct → object, []T → array, map → object, []byte → base64 text,
 * *T → T or undefined, json.RawMessage → Buffer.
 */
export type GoType<T = unknown> = Shape & {
  readonly js?: T;
  /** The embedded struct that a field of this type is in, which Go's errors name. */
  readonly within?: string;
};

type Shape =
  | { readonly kind: 'bool' | 'bytes' | 'raw' | 'time' | 'any'; readonly name: string }
  | {
      readonly kind: 'string';
      readonly name: string;
      /** What the type's UnmarshalText makes of the text; its error is the decoder's. */
      readonly parse?: (text: string) => string;
    }
  | {
      readonly kind: 'int';
      readonly name: string;
      /** Bits of an unsigned type; a signed one of 64 without it. */
      readonly unsigned?: 16 | 32 | 64;
    }
  | { readonly kind: 'float'; readonly name: string }
  | { readonly kind: 'slice' | 'pointer'; readonly name: string; readonly element: GoType }
  | {
      readonly kind: 'map';
      readonly name: string;
      readonly element: GoType;
      /** What the key type's UnmarshalText makes of a key. */
      readonly key?: (text: string) => string;
    }
  | {
      readonly kind: 'struct';
      readonly name: string;
      readonly fields: readonly GoField[];
      /** The fields by their keys, and by their keys without regard to case. */
      readonly byKey: ReadonlyMap<string, GoField>;
      readonly byFoldedKey: ReadonlyMap<string, GoField>;
    };

/** A struct field with its JSON key. */
export interface GoField {
  readonly key: string;
  readonly type: GoType;
  /** Left out of the JSON when it holds the zero value. */
  readonly omitEmpty: boolean;
}

export const goString: GoType<string> = { kind: 'string', name: 'string' };
export const goInt: GoType<number> = { kind: 'int', name: 'int' };
export const goInt64: GoType<number> = { kind: 'int', name: 'int64' };
export const goUint16: GoType<number> = { kind: 'int', name: 'uint16', unsigned: 16 };
export const goUint32: GoType<number> = { kind: 'int', name: 'uint32', unsigned: 32 };
export const goUint64: GoType<number> = { kind: 'int', name: 'uint64', unsigned: 64 };
export const goFloat32: GoType<number> = { kind: 'float', name: 'float32' };
export const goBool: GoType<boolean> = { kind: 'bool', name: 'bool' };
export const goBytes: GoType<string | undefined> = { kind: 'bytes', name: '[]uint8' };
/** time.Time: an RFC 3339 text, as Go writes it again. */
export const goTime: GoType<string> = { kind: 'time', name: 'time.Time' };
/** json.RawMessage: the bytes of the value as they were. */
export const goRaw: GoType<Buffer | undefined> = { kind: 'raw', name: 'json.RawMessage' };
/** interface{}: whatever JSON value comes. */
export const goAny: GoType<unknown> = { kind: 'any', name: 'interface {}' };

/** A named string type, as digest.Digest is one. */
export const named = (name: string): GoType<string> => ({ kind: 'string', name });

export const slice = <T>(element: GoType<T>): GoType<T[] | undefined> => ({
  kind: 'slice',
  name: `[]${element.name}`,
  element,
});

export const map = <T>(element: GoType<T>): GoType<Record<string, T> | undefined> => ({
  kind: 'map',
  name: `map[string]${element.name}`,
  element,
});

/** A map whose keys are of a type that reads text. */
export const keyedMap = <T>(
  key: (text: string) => string,
  name: string,
  element: GoType<T>,
): GoType<Record<string, T> | undefined> => ({
  kind: 'map',
  name: `map[${name}]${element.name}`,
  element,
  key,
});

export const pointer = <T>(element: GoType<T>): GoType<T | undefined> => ({
  kind: 'pointer',
  name: `*${element.name}`,
  element,
});

/** The field types of a JavaScript object; `?` after a key stands for `omitempty`. */
export type Fields<T> = {
  readonly [K in keyof T & string as `${K}` | `${K}?`]?: GoType<T[K]> | GoType<T[K] | undefined>;
};

/** The fields of an embedded struct, for those of the struct that embeds it. */
export function embedded<T>(name: string, fields: Fields<T>): Fields<T> {
  const entries = Object.entries(fields) as [string, GoType][];
  return Object.fromEntries(
    entries.map(([key, type]) => [
      key,
      { ...type, within: type.within === undefined ? name : `${name}.${type.within}` },
    ]),
  ) as Fields<T>;
}

/**
 * A struct type.
 *
 * @param name qualified Go name, as it appears in error texts: `v1.Platform`
 * @param fields JSON key (with `?` for omitempty) to type, in Go's order
 */
export function struct<T extends object>(name: string, fields: Fields<T>): GoType<T> {
  const list = Object.entries(fields).map(([key, type]) => ({
    key: key.endsWith('?') ? key.slice(0, -1) : key,
    type: type as GoType,
    omitEmpty: key.endsWith('?'),
  }));
  const byKey = new Map(list.map((field) => [field.key, field]));
  // Of two keys that differ in case alone, the first one counts.
  const byFoldedKey = new Map(list.toReversed().map((field) => [foldKey(field.key), field]));
  return { kind: 'struct', name, fields: list, byKey, byFoldedKey };
}
