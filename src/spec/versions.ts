/** Derives the description of an earlier API version from the `x-since` marks. */
import { isObject, type Json, type JsonObject } from './document.js';

/**
 * Compares two API versions.
 *
 * @param a such as `1.44`
 * @param b such as `1.55`
 * @returns negative, zero or positive
 */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [a.split('.').map(Number), b.split('.').map(Number)];
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const difference = (x[i] ?? 0) - (y[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * Removes the schema properties that a later API version added.
 *
 * @param schema an OpenAPI schema or a map of schemas. It is not changed
 * @param version the API version
 * @returns the schema at that version
 */
export function schemaAtVersion(schema: Json, version: string): Json {
  if (Array.isArray(schema)) return schema.map((item) => schemaAtVersion(item, version));
  if (!isObject(schema)) return schema;
  const out: JsonObject = {};
  const gone = new Set<string>();
  for (const [key, value] of Object.entries(schema)) {
    if (key !== 'properties' || !isObject(value)) {
      out[key] = key === 'example' || key === 'enum' ? (value as Json) : schemaAtVersion(value as Json, version);
      continue;
    }
    const kept: JsonObject = {};
    for (const [name, property] of Object.entries(value)) {
      const since = isObject(property) ? property['x-since'] : undefined;
      if (typeof since === 'string' && compareVersions(since, version) > 0) gone.add(name);
      else kept[name] = schemaAtVersion(property as Json, version);
    }
    out.properties = kept;
  }
  if (Array.isArray(out.required) && gone.size > 0) {
    out.required = out.required.filter((name) => !gone.has(String(name)));
  }
  return out;
}
