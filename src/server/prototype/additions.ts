/** What a description adds to another, within schemas. */

import { isObject, type Json, type JsonObject, type Schema } from '../../spec/document.js';
import { exampleOf } from '../../spec/example.js';
import { decodeJson, goRaw, map, slice, VerbatimJson } from '../../support/go/json.js';

/** What is new in a schema: a schema of its own, or additions within its parts. */
export interface Addition {
  /** Set where the whole is new. */
  readonly added?: Schema;
  /** Names of members that are new and required. */
  readonly required?: readonly string[];
  readonly members?: ReadonlyMap<string, Addition>;
  readonly items?: Addition;
  readonly values?: Addition;
}

/** A description in OpenAPI 3, for its references. */
export type Document = JsonObject;

const prefix = '#/components/schemas/';

/** The schemas that references lead to, by name. */
export function schemasOf(document: Document): Readonly<Record<string, Schema>> {
  const { components } = document;
  return (isObject(components) && isObject(components.schemas) ? components.schemas : {}) as Record<string, Schema>;
}

interface Parts {
  readonly properties: Map<string, Schema>;
  readonly required: Set<string>;
  items?: Schema;
  values?: Schema;
}

/** The members, items and values of a schema, those of its references and branches with them. */
function partsOf(schema: Schema, document: Document, parts: Parts, seen: Set<string>): Parts {
  if (schema.$ref !== undefined) {
    const target = schemasOf(document)[schema.$ref.replace(prefix, '')];
    if (target !== undefined && !seen.has(schema.$ref)) partsOf(target, document, parts, seen.add(schema.$ref));
  }
  for (const branch of [schema.allOf, schema.anyOf, schema.oneOf].flat())
    if (isObject(branch)) partsOf(branch as Schema, document, parts, seen);
  for (const [name, property] of Object.entries(schema.properties ?? {})) parts.properties.set(name, property);
  for (const name of Array.isArray(schema.required) ? schema.required : []) parts.required.add(name);
  if (schema.items) parts.items = schema.items;
  if (isObject(schema.additionalProperties)) parts.values = schema.additionalProperties as Schema;
  return parts;
}

/** A schema and the description that it is of. */
export interface Side {
  readonly schema: Schema;
  readonly document: Document;
}

/**
 * What a schema has that another has not: members, in whatever depth.
 *
 * @param open pairs of references that are being compared already: schemas may hold themselves
 * @returns undefined where nothing is new
 */
export function additionOf(before: Side, after: Side, open: ReadonlySet<string> = new Set()): Addition | undefined {
  const pair = `${before.schema.$ref} ${after.schema.$ref}`;
  if (before.schema.$ref !== undefined && open.has(pair)) return undefined;
  const within = new Set(open).add(pair);
  const empty = (): Parts => ({ properties: new Map(), required: new Set() });
  const old = partsOf(before.schema, before.document, empty(), new Set());
  const now = partsOf(after.schema, after.document, empty(), new Set());
  const inner = (a: Schema | undefined, b: Schema | undefined): Addition | undefined =>
    a && b && additionOf({ ...before, schema: a }, { ...after, schema: b }, within);
  const members = new Map<string, Addition>();
  for (const [name, schema] of now.properties) {
    const known = old.properties.get(name);
    const addition = known === undefined ? { added: schema } : inner(known, schema);
    if (addition !== undefined) members.set(name, addition);
  }
  const items = inner(old.items, now.items);
  const values = inner(old.values, now.values);
  if (members.size === 0 && items === undefined && values === undefined) return undefined;
  return {
    required: [...now.required].filter((name) => !old.properties.has(name)),
    members,
    ...(items && { items }),
    ...(values && { values }),
  };
}

/** The addition as a schema that says nothing of what was there before. */
export function schemaOf({ added, required, members, items, values }: Addition): JsonObject {
  if (added !== undefined) return added as unknown as JsonObject;
  return {
    ...(members && { properties: Object.fromEntries([...members].map(([name, one]) => [name, schemaOf(one)])) }),
    ...(required && required.length > 0 && { required: [...required] }),
    ...(items && { items: schemaOf(items) }),
    ...(values && { additionalProperties: schemaOf(values) }),
  };
}

/** The places of what is new, `HostConfig.Widgets` and `[].Name` for example. */
export function placesOf({ added, members, items, values }: Addition, at = ''): string[] {
  if (added !== undefined) return [at];
  return [
    ...[...(members ?? [])].flatMap(([name, one]) => placesOf(one, at === '' ? name : `${at}.${name}`)),
    ...(items ? placesOf(items, `${at}[]`) : []),
    ...(values ? placesOf(values, `${at}.*`) : []),
  ];
}

/** What was rendered before, one level deep; all below stays as it was rendered. */
function opened(value: VerbatimJson): unknown {
  const verbatim = (raw: Buffer | undefined): VerbatimJson => new VerbatimJson(raw ?? Buffer.from('null'));
  const [first] = value.bytes;
  if (first === 0x5b) return (decodeJson(value.bytes, slice(goRaw)) ?? []).map(verbatim);
  if (first !== 0x7b) return value;
  return new Map(Object.entries(decodeJson(value.bytes, map(goRaw)) ?? {}).map(([name, raw]) => [name, verbatim(raw)]));
}

/**
 * A value with the members that it lacks of an addition, each as the example has it, else as its schema.
 *
 * @param addition what is new in the value's schema
 * @param example an example of the whole value
 * @param document for the schemas' references
 * @param finish makes a member of its example
 */
export function filled(
  value: unknown,
  addition: Addition,
  example: Json | undefined,
  document: Document,
  finish: (example: Json) => Json,
): unknown {
  const inner = (part: unknown, within: Addition, given: Json | undefined): unknown =>
    filled(part, within, given, document, finish);
  if (value instanceof VerbatimJson) {
    const parts = opened(value);
    return parts === value ? value : inner(parts, addition, example);
  }
  if (Array.isArray(value)) {
    const { items } = addition;
    const [one] = Array.isArray(example) ? example : [];
    return items ? value.map((item) => inner(item, items, one)) : value;
  }
  if (!isObject(value)) return value;
  const out = new Map<string, unknown>(value instanceof Map ? value : Object.entries(value));
  const given = isObject(example) ? (example as JsonObject) : {};
  for (const [name, { added, ...rest }] of addition.members ?? []) {
    if (added !== undefined && out.get(name) === undefined)
      out.set(name, finish(given[name] ?? exampleOf(added, schemasOf(document))));
    else if (out.has(name)) out.set(name, inner(out.get(name), rest, given[name]));
  }
  const { values } = addition;
  if (values)
    for (const [name, one] of out) if (!addition.members?.has(name)) out.set(name, inner(one, values, given[name]));
  return out;
}
