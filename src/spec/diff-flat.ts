/** Flattens schemas: resolves references and normalizes equivalent forms. */
import { isDeepStrictEqual } from 'node:util';
import { type Model, nullHint, schemaName } from './diff-model.js';
import { isObject, type Json, type JsonObject } from './document.js';

/** The description text of a location, before and after. */
export interface Texts {
  readonly from?: string;
  readonly to?: string;
}

/** Returns the description texts of an old and a new object. */
export function textsOf(a: JsonObject | undefined, b: JsonObject | undefined): Texts {
  const [from, to] = [a?.description, b?.description];
  return { ...(typeof from === 'string' && { from }), ...(typeof to === 'string' && { to }) };
}

/** An effective schema. */
export interface Flat {
  /** The name of the schema if it is only a reference. */
  readonly name?: string;
  /** Whether the schema itself allows null. */
  readonly nullable: boolean;
  /** The value of `x-nullable`. */
  readonly hint?: boolean;
  /** JSON types; empty if any type is allowed. */
  readonly types: readonly string[];
  readonly keywords: JsonObject;
  /** The named schema that declares a property, by property; '' for the schema itself. */
  readonly origins: ReadonlyMap<string, string>;
  /** The named schemas that it combines. */
  readonly parts: ReadonlySet<string>;
}

const isNull = (value: Json): boolean =>
  isObject(value) && (value.type === 'null' || (isDeepStrictEqual(value.enum, [null]) && value.nullable === true));

const words = new Set(['title', 'description', 'summary', 'example', 'examples', 'externalDocs', '$comment', 'xml']);
const own = new Set(['type', 'nullable', '$ref', 'allOf', 'anyOf', 'oneOf', 'not', nullHint, 'x-nullable']);
const deepest = 32;

/** Whether a keyword holds text or examples. */
export function isWords(keyword: string): boolean {
  return words.has(keyword);
}

/** Whether a keyword is a mark: a deprecation or an extension. */
export function isMarkKeyword(keyword: string): boolean {
  return keyword === 'deprecated' || keyword.startsWith('x-');
}

function merge(into: JsonObject, from: JsonObject): void {
  for (const [key, value] of Object.entries(from)) {
    const old = into[key];
    if (key === 'properties' && isObject(old) && isObject(value)) into[key] = { ...value, ...old } as Json;
    else if (key === 'required' && Array.isArray(old) && Array.isArray(value))
      into[key] = [...new Set([...old, ...value])];
    else if (old === undefined) into[key] = value;
  }
}

/** Returns the branches of a schema that all apply, and the choices of a oneOf or anyOf. */
function branchesOf(schema: JsonObject): { all: JsonObject[]; choices: Json[]; orNull: boolean } {
  const all = [schema.allOf ?? []].flat().filter(isObject) as JsonObject[];
  const given = [schema.anyOf ?? schema.oneOf ?? []].flat();
  const choices = given.filter((choice) => !isNull(choice));
  const [only] = choices;
  const single = choices.length === 1 && isObject(only) ? [only as JsonObject] : [];
  const reference = typeof schema.$ref === 'string' ? [{ $ref: schema.$ref }] : [];
  return {
    all: [...reference, ...single, ...all],
    choices: single.length > 0 ? [] : choices,
    orNull: given.length > choices.length,
  };
}

/**
 * Flattens a schema: `allOf` and references become one object.
 *
 * @param model the description that contains it
 * @param schema the schema
 * @param follow whether to resolve a lone reference too
 * @param self the name of the schema, recorded for the properties that it declares
 */
export function flatten(model: Model, schema: JsonObject, follow: boolean, self = '', depth = 0): Flat {
  const keywords: JsonObject = {};
  for (const [key, value] of Object.entries(schema)) if (!own.has(key)) keywords[key] = value;
  let types = [schema.type].flat().filter((type): type is string => typeof type === 'string');
  const { all, choices, orNull } = branchesOf(schema);
  let nullable = schema.nullable === true || types.includes('null') || orNull;
  types = types.filter((type) => type !== 'null');
  const said = schema[nullHint] ?? schema['x-nullable'];
  let hint = typeof said === 'boolean' ? said : undefined;
  const [first] = all;
  if (!follow && all.length === 1 && typeof first?.$ref === 'string' && types.length === 0) {
    const name = schemaName(first.$ref);
    const flat = { name, nullable, types, keywords, origins: new Map<string, string>(), parts: new Set<string>() };
    return hint === undefined ? flat : { ...flat, hint };
  }
  if (choices.length > 0) keywords.choices = choices;
  if (schema.not !== undefined) keywords.not = schema.not;
  const origins = new Map(Object.keys(isObject(keywords.properties) ? keywords.properties : {}).map((p) => [p, self]));
  const parts = new Set<string>(self === '' ? [] : [self]);
  for (const branch of depth > deepest ? [] : all) {
    const name = typeof branch.$ref === 'string' ? schemaName(branch.$ref) : undefined;
    const target = name === undefined ? branch : model.schemas[name];
    if (target === undefined) continue;
    const flat = flatten(model, target, true, name ?? self, depth + 1);
    // Siblings of a reference override the referenced schema.
    merge(keywords, flat.keywords);
    for (const [property, origin] of flat.origins) if (!origins.has(property)) origins.set(property, origin);
    for (const part of flat.parts) parts.add(part);
    if (types.length === 0) types = [...flat.types];
    if (all.length === 1) {
      nullable ||= flat.nullable;
      hint ??= flat.hint;
    }
  }
  if (Array.isArray(keywords.enum)) keywords.enum = keywords.enum.filter((value) => value !== null);
  return { nullable, ...(hint !== undefined && { hint }), types, keywords, origins, parts };
}

/** Whether a set of types allows another; `number` allows integers, an empty set allows all. */
export function allows(outer: readonly string[], inner: readonly string[]): boolean {
  if (outer.length === 0) return true;
  if (inner.length === 0) return false;
  return inner.every((type) => outer.includes(type) || (type === 'integer' && outer.includes('number')));
}

/** Formats types for messages. */
export const showTypes = (types: readonly string[]): string => (types.length === 0 ? 'anything' : types.join(' or '));

/** Summarizes a schema: its name, its types or its item type. */
export function summary(model: Model, schema: JsonObject): string {
  const { name, types, keywords } = flatten(model, schema, false);
  if (name !== undefined) return name;
  if (!types.includes('array') || !isObject(keywords.items)) return showTypes(types);
  return `array of ${summary(model, keywords.items as JsonObject)}`;
}

/** Formats a value for reports. */
export const show = (value: unknown): string => (value === undefined ? 'none' : JSON.stringify(value));
