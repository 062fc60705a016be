/** Finds members of a value that its schema does not describe. */
import { isObject, type Json, type JsonObject } from './document.js';
import { toPointer } from './pointer.js';

function deref(schema: JsonObject, schemas: JsonObject): JsonObject {
  let out = schema;
  while (typeof out.$ref === 'string') {
    const { $ref, ...siblings } = out;
    const target = schemas[$ref.replace('#/components/schemas/', '')];
    out = { ...((target as JsonObject | undefined) ?? {}), ...siblings };
  }
  return out;
}

/** Returns the schemas that together describe a value: the schema and all its nested allOf and anyOf branches. */
function parts(schema: JsonObject, schemas: JsonObject): JsonObject[] {
  const own = deref(schema, schemas);
  const branches = [...((own.allOf as Json[] | undefined) ?? []), ...((own.anyOf as Json[] | undefined) ?? [])];
  return [own, ...branches.flatMap((branch) => parts(branch as JsonObject, schemas))];
}

/**
 * Lists the members that a schema does not describe. An object whose schema has no properties may contain any member.
 *
 * @param value the value
 * @param schema its OpenAPI schema
 * @param schemas the components that `$ref` can name
 * @param at the location of the value
 * @returns JSON Pointers, outermost unknown member only
 */
export function unknownFields(
  value: unknown,
  schema: JsonObject,
  schemas: JsonObject,
  at: readonly (string | number)[] = [],
): string[] {
  const all = parts(schema, schemas);
  if (Array.isArray(value)) {
    const items = all.map((part) => part.items).filter(isObject);
    return items.flatMap((item) => value.flatMap((v, i) => unknownFields(v, item as JsonObject, schemas, [...at, i])));
  }
  if (!isObject(value)) return [];
  const properties = all.map((part) => part.properties).filter(isObject) as JsonObject[];
  const maps = all.map((part) => part.additionalProperties).filter((map) => map !== undefined && map !== false);
  if (properties.length === 0 && maps.length === 0) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const place = [...at, name];
    const known = properties.filter((p) => Object.hasOwn(p, name)).map((p) => p[name] as JsonObject);
    if (known.length > 0) return known.flatMap((s) => unknownFields(member, s, schemas, place));
    const map = maps.find(isObject);
    if (map) return unknownFields(member, map as JsonObject, schemas, place);
    return maps.length > 0 ? [] : [toPointer(place)];
  });
}
