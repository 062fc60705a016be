/** Builds examples of schemas from the examples of their parts. */
import { type Description, isObject, type Json, type JsonObject, type Response, type Schema } from './document.js';

const byFormat: Readonly<Record<string, string>> = { 'date-time': '2024-01-02T03:04:05Z' };

function ofType(schema: Schema): Json {
  switch ([schema.type].flat()[0]) {
    case 'string':
      return byFormat[schema.format ?? ''] ?? '';
    case 'integer':
    case 'number':
      return typeof schema.minimum === 'number' ? schema.minimum : 0;
    case 'boolean':
      return false;
    case 'array':
      return [];
    default:
      return {};
  }
}

/**
 * Returns the example of a schema, or builds one from its members' examples, its enum or its default.
 *
 * @param schema a schema of Swagger 2.0 or OpenAPI 3
 * @param definitions the schemas that `$ref` can name
 * @param open the enclosing schemas. A schema that contains itself yields an empty object
 * @returns a value that matches the schema if the examples in it do
 */
export function exampleOf(
  schema: Schema,
  definitions: Readonly<Record<string, Schema>>,
  open: ReadonlySet<Schema> = new Set(),
): Json {
  const part = (inner: Schema): Json => exampleOf(inner, definitions, open);
  if (schema.example !== undefined) return structuredClone(schema.example);
  if (schema.$ref !== undefined) {
    const target = definitions[schema.$ref.replace(/^#\/(?:definitions|components\/schemas)\//, '')];
    if (!target || open.has(target)) return {};
    return exampleOf(target, definitions, new Set(open).add(target));
  }
  const [choice] = [schema.anyOf, schema.oneOf].flat();
  if (isObject(choice)) return part(choice as Schema);
  if (schema.enum?.[0] !== undefined) return schema.enum[0];
  if (schema.default !== undefined && schema.default !== null) return structuredClone(schema.default);
  if (schema.allOf || schema.properties) {
    const out: JsonObject = {};
    for (const branch of schema.allOf ?? []) {
      const value = part(branch);
      // A branch that is not an object is the whole value: an alias.
      if (!isObject(value)) return value;
      Object.assign(out, value);
    }
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      out[name] = part(property);
    }
    return out;
  }
  if (schema.type === 'array' && schema.items && Object.keys(schema.items).length > 0) {
    return [part(schema.items)];
  }
  return ofType(schema);
}

/**
 * Returns the example of a response's JSON body, or builds one from its schema. The message of an error is the
 * description of the status.
 *
 * @param response the response
 * @param description the description that contains it
 * @returns the example, or undefined if the response has neither schema nor example
 */
export function responseExample(response: Response, description: Description): Json | undefined {
  const given = response.examples?.['application/json'];
  if (given !== undefined || !response.schema) return given;
  if (response.schema.$ref === '#/definitions/ErrorResponse') {
    return { message: (response.description ?? '').trim().split(/\n\n/)[0]?.replaceAll('\n', ' ') ?? '' };
  }
  return exampleOf(response.schema, description.definitions);
}
