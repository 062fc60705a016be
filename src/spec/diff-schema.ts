/** Comparing two schemas. */
import { isDeepStrictEqual } from 'node:util';
import { type Model, schemaName } from './diff-model.js';
import type { RuleId } from './diff-rules.js';
import { isObject, type Json, type JsonObject } from './document.js';

/** What the description of a place said, and what it says. */
export interface Texts {
  readonly from?: string;
  readonly to?: string;
}

/** Takes a change: its rule, its place, what changed in words, and the description of the place. */
export type Note = (rule: RuleId, where: string, message: string, texts?: Texts) => void;

/** The descriptions of an old and a new object. */
export function textsOf(a: JsonObject | undefined, b: JsonObject | undefined): Texts {
  const [from, to] = [a?.description, b?.description];
  return { ...(typeof from === 'string' && { from }), ...(typeof to === 'string' && { to }) };
}

/** A schema with its references followed and its ways to say the same thing made one. */
export interface Flat {
  /** The named schema that it is, when it is nothing but a reference. */
  readonly name?: string;
  readonly nullable: boolean;
  /** JSON types; empty when any is allowed. */
  readonly types: readonly string[];
  readonly keywords: JsonObject;
}

const isNull = (value: Json): boolean =>
  isObject(value) && (value.type === 'null' || (isDeepStrictEqual(value.enum, [null]) && value.nullable === true));

const words = new Set(['title', 'description', 'summary', 'example', 'examples', 'externalDocs', '$comment', 'xml']);
const own = new Set(['type', 'nullable', '$ref', 'allOf', 'anyOf', 'oneOf', 'not']);

/** Whether a keyword holds words or examples. */
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
    if (key === 'properties' && isObject(old) && isObject(value)) into[key] = { ...old, ...value } as Json;
    else if (key === 'required' && Array.isArray(old) && Array.isArray(value))
      into[key] = [...new Set([...old, ...value])];
    else if (old === undefined) into[key] = value;
  }
}

/**
 * Flattens a schema.
 *
 * @param model the description that it is from
 * @param schema the schema
 * @param follow whether a lone reference is followed too
 */
export function flatten(model: Model, schema: JsonObject, follow: boolean, depth = 0): Flat {
  const keywords: JsonObject = {};
  for (const [key, value] of Object.entries(schema)) if (!own.has(key)) keywords[key] = value;
  let nullable = schema.nullable === true;
  let types = [schema.type].flat().filter((type): type is string => typeof type === 'string');
  if (types.includes('null')) {
    nullable = true;
    types = types.filter((type) => type !== 'null');
  }
  let name: string | undefined;
  const branches: JsonObject[] = [];
  const take = (branch: JsonObject): void => {
    if (typeof branch.$ref === 'string' && !follow && name === undefined && types.length === 0)
      name = schemaName(branch.$ref);
    else branches.push(branch);
  };
  if (typeof schema.$ref === 'string') take({ $ref: schema.$ref });
  const choices = [schema.anyOf ?? schema.oneOf ?? []].flat();
  const some = choices.filter((choice) => !isNull(choice));
  if (choices.length > some.length) nullable = true;
  if (some.length === 1 && isObject(some[0])) take(some[0] as JsonObject);
  else if (some.length > 1) keywords.choices = some;
  if (schema.not !== undefined) keywords.not = schema.not;
  const all = [schema.allOf ?? []].flat().filter(isObject) as JsonObject[];
  if (all.length === 1) take(all[0] as JsonObject);
  else branches.push(...all);
  if (branches.length > 0 && name !== undefined) {
    branches.push({ $ref: `#/components/schemas/${name}` });
    name = undefined;
  }
  for (const branch of branches) {
    if (depth > 32) break;
    const target = typeof branch.$ref === 'string' ? model.schemas[schemaName(branch.$ref)] : branch;
    if (target === undefined) continue;
    const flat = flatten(model, target, true, depth + 1);
    // What stands beside a reference speaks for this place; what the reference says is reported with its name.
    merge(keywords, flat.keywords);
    if (types.length === 0) types = [...flat.types];
    nullable ||= flat.nullable && all.length < 2;
  }
  if (Array.isArray(keywords.enum)) keywords.enum = keywords.enum.filter((value) => value !== null);
  return { ...(name !== undefined && { name }), nullable, types, keywords };
}

/** Whether a set of types allows another; `number` allows integers, an empty set allows all. */
function allows(outer: readonly string[], inner: readonly string[]): boolean {
  if (outer.length === 0) return true;
  if (inner.length === 0) return false;
  return inner.every((type) => outer.includes(type) || (type === 'integer' && outer.includes('number')));
}

const show = (value: unknown): string => (value === undefined ? 'none' : JSON.stringify(value));
const showTypes = (types: readonly string[]): string => (types.length === 0 ? 'anything' : types.join(' or '));

const lower = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'];
const upper = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'];
const other = ['pattern', 'multipleOf', 'uniqueItems'];

/** Compares the schemas of two descriptions. */
export class SchemaComparison {
  private readonly open = new Set<string>();

  constructor(
    private readonly from: Model,
    private readonly to: Model,
  ) {}

  /**
   * Compares two schemas.
   *
   * @param a the old schema
   * @param b the new schema
   * @param where the place, for the notes
   * @param note takes the changes; what a named schema changes is not among them when both refer to it by one name
   * @param named whether the schemas are the definitions of a name, whose references are followed
   */
  compare(a: JsonObject, b: JsonObject, where: string, note: Note, named = false): void {
    let [x, y] = [flatten(this.from, a, named), flatten(this.to, b, named)];
    this.prose(x, y, where, note);
    if (x.name !== undefined && x.name === y.name) {
      this.nullable(x, y, where, note);
      return;
    }
    const pair = `${x.name} ${y.name}`;
    if (x.name !== undefined || y.name !== undefined) {
      if (this.open.has(pair)) return;
      this.open.add(pair);
      [x, y] = [flatten(this.from, a, true), flatten(this.to, b, true)];
    }
    this.nullable(x, y, where, note);
    if (this.types(x, y, where, note)) {
      this.values(x.keywords, y.keywords, where, note);
      this.properties(x.keywords, y.keywords, where, note);
      this.contents(x.keywords, y.keywords, where, note);
    }
    this.open.delete(pair);
  }

  private prose(x: Flat, y: Flat, where: string, note: Note): void {
    const keys = new Set([...Object.keys(x.keywords), ...Object.keys(y.keywords)]);
    const changed = [...keys].filter((key) => !isDeepStrictEqual(x.keywords[key], y.keywords[key]));
    const texts = changed.filter(isWords);
    if (texts.length > 0) note('words-changed', where, texts.join(', '), textsOf(x.keywords, y.keywords));
    for (const key of changed.filter(isMarkKeyword)) {
      note('mark-changed', where, `${key} was ${show(x.keywords[key])}, is ${show(y.keywords[key])}`);
    }
  }

  private nullable(x: Flat, y: Flat, where: string, note: Note): void {
    // What may be anything may be null.
    const isAnything = ({ name, types }: Flat): boolean => name === undefined && types.length === 0;
    if (isAnything(x) || isAnything(y)) return;
    if (!x.nullable && y.nullable) note('nullable-added', where, 'may be null');
    if (x.nullable && !y.nullable) note('nullable-removed', where, 'is not null any more');
  }

  /** Whether the types have so much in common that the rest can be compared. */
  private types(x: Flat, y: Flat, where: string, note: Note): boolean {
    const [less, more] = [allows(x.types, y.types), allows(y.types, x.types)];
    if (less && more) return true;
    const message = `type was ${showTypes(x.types)}, is ${showTypes(y.types)}`;
    if (more) note('type-widened', where, message);
    else if (less) note('type-narrowed', where, message);
    else note('type-changed', where, message);
    return false;
  }

  private values(x: JsonObject, y: JsonObject, where: string, note: Note): void {
    this.enums(x.enum, y.enum, where, note);
    if (x.format !== y.format) {
      const rule =
        x.format === undefined ? 'format-added' : y.format === undefined ? 'format-dropped' : 'format-changed';
      note(rule, where, `format was ${show(x.format)}, is ${show(y.format)}`);
    }
    if (!isDeepStrictEqual(x.default, y.default)) {
      note('default-changed', where, `default was ${show(x.default)}, is ${show(y.default)}`);
    }
    for (const [keywords, sign] of [
      [lower, 1],
      [upper, -1],
    ] as const) {
      for (const key of keywords) this.limit(key, sign, x[key], y[key], where, note);
    }
    for (const key of other) {
      if (isDeepStrictEqual(x[key], y[key])) continue;
      const gone = y[key] === undefined || y[key] === false;
      const rule = gone
        ? 'limit-relaxed'
        : x[key] === undefined || x[key] === false
          ? 'limit-tightened'
          : 'limit-changed';
      note(rule, where, `${key} was ${show(x[key])}, is ${show(y[key])}`);
    }
    for (const key of ['choices', 'not']) {
      if (!isDeepStrictEqual(x[key], y[key]))
        note('combination-changed', where, key === 'not' ? 'not' : 'oneOf or anyOf');
    }
  }

  private limit(key: string, sign: number, x: Json | undefined, y: Json | undefined, where: string, note: Note): void {
    if (x === y) return;
    const tightened = x === undefined || (y !== undefined && (Number(y) - Number(x)) * sign > 0);
    note(tightened ? 'limit-tightened' : 'limit-relaxed', where, `${key} was ${show(x)}, is ${show(y)}`);
  }

  private enums(x: Json | undefined, y: Json | undefined, where: string, note: Note): void {
    if (!Array.isArray(x) || !Array.isArray(y)) {
      if (Array.isArray(y)) note('enum-narrowed', where, `only ${y.map(show).join(', ')}`);
      if (Array.isArray(x)) note('enum-widened', where, `any value, not only ${x.map(show).join(', ')}`);
      return;
    }
    const has = (values: readonly Json[], value: Json): boolean =>
      values.some((other) => isDeepStrictEqual(other, value));
    const added = y.filter((value) => !has(x, value));
    const gone = x.filter((value) => !has(y, value));
    if (added.length > 0) note('enum-widened', where, `also ${added.map(show).join(', ')}`);
    if (gone.length > 0) note('enum-narrowed', where, `no longer ${gone.map(show).join(', ')}`);
  }

  private properties(x: JsonObject, y: JsonObject, where: string, note: Note): void {
    const [old, now] = [x, y].map((part) => (isObject(part.properties) ? (part.properties as JsonObject) : {})) as [
      JsonObject,
      JsonObject,
    ];
    const [needed, needs] = [x, y].map((part) => new Set([part.required ?? []].flat())) as [Set<Json>, Set<Json>];
    for (const name of new Set([...Object.keys(old), ...Object.keys(now)])) {
      const [a, b] = [old[name], now[name]];
      const place = where === '' ? name : `${where}.${name}`;
      if (a === undefined) {
        const rule = needs.has(name) ? 'property-added-required' : 'property-added';
        const texts = textsOf(undefined, flatten(this.to, b as JsonObject, true).keywords);
        note(rule, place, `new ${needs.has(name) ? 'required ' : ''}property: ${this.summary(b as JsonObject)}`, texts);
      } else if (b === undefined) note('property-removed', place, 'property is gone');
      else {
        if (!needed.has(name) && needs.has(name)) note('property-made-required', place, 'is required now');
        if (needed.has(name) && !needs.has(name)) note('property-made-optional', place, 'is optional now');
        this.compare(a as JsonObject, b as JsonObject, place, note);
      }
    }
  }

  private summary(schema: JsonObject): string {
    const { name, types, keywords } = flatten(this.to, schema, false);
    if (name !== undefined) return name;
    if (!types.includes('array') || !isObject(keywords.items)) return showTypes(types);
    return `array of ${this.summary(keywords.items as JsonObject)}`;
  }

  private contents(x: JsonObject, y: JsonObject, where: string, note: Note): void {
    if (isObject(x.items) || isObject(y.items)) {
      this.compare((x.items ?? {}) as JsonObject, (y.items ?? {}) as JsonObject, `${where}[]`, note);
    }
    const [a, b] = [x.additionalProperties, y.additionalProperties];
    if (a === false && b !== false) note('unknown-allowed', where, 'other properties are allowed');
    else if (a !== false && b === false) note('unknown-refused', where, 'other properties are not allowed any more');
    else if (isObject(a) || isObject(b)) {
      const [old, now] = [a, b].map((part) => (isObject(part) ? part : {})) as [JsonObject, JsonObject];
      this.compare(old, now, `${where}.*`, note);
    }
  }
}
