/** Which operations use a named schema, and in which direction. */
import { type Model, type ModelOperation, schemaName } from './diff-model.js';
import type { Direction } from './diff-rules.js';
import { isObject, type Json, type JsonObject } from './document.js';

/** A use of a named schema. */
export interface Use {
  /** The operation, such as `GET /images/json`. */
  readonly operation: string;
  readonly direction: Direction;
}

function namesIn(value: Json | undefined, found: Set<string> = new Set()): Set<string> {
  if (Array.isArray(value)) for (const item of value) namesIn(item, found);
  else if (isObject(value)) {
    for (const [key, member] of Object.entries(value)) {
      if (key === '$ref' && typeof member === 'string') found.add(schemaName(member));
      else if (key !== 'example' && key !== 'examples') namesIn(member as Json, found);
    }
  }
  return found;
}

function* schemasOf(operation: ModelOperation): Generator<[Direction, JsonObject]> {
  for (const { schema } of operation.parameters.values()) yield ['request', schema];
  for (const media of operation.body?.content.values() ?? []) yield ['request', (media.schema ?? {}) as JsonObject];
  for (const { content, headers } of operation.responses.values()) {
    for (const media of content.values()) yield ['response', (media.schema ?? {}) as JsonObject];
    for (const header of headers.values()) yield ['response', (header.schema ?? {}) as JsonObject];
  }
}

/**
 * Finds the uses of the named schemas of a description, through other named schemas too.
 *
 * @param model the description
 * @returns the uses by name; a name that nothing uses is absent
 */
export function usesOf(model: Model): Map<string, Use[]> {
  const uses = new Map<string, Use[]>();
  const links = new Map(Object.entries(model.schemas).map(([name, schema]) => [name, namesIn(schema)]));
  for (const operation of model.operations.values()) {
    const seen = new Set<string>();
    const visit = (name: string, direction: Direction): void => {
      const key = `${direction} ${name}`;
      if (seen.has(key)) return;
      seen.add(key);
      uses.set(name, [...(uses.get(name) ?? []), { operation: operation.title, direction }]);
      for (const next of links.get(name) ?? []) visit(next, direction);
    };
    for (const [direction, schema] of schemasOf(operation)) {
      for (const name of namesIn(schema)) visit(name, direction);
    }
  }
  return uses;
}

/** A way from an operation to a named schema. */
export interface Route extends Use {
  /** The place within the body, such as `[].Manifests[]`; empty for the body itself. */
  readonly path: string;
}

function* steps(schema: Json, path: string): Generator<[string, string]> {
  if (!isObject(schema)) return;
  const { $ref, properties, items, additionalProperties, allOf, anyOf, oneOf } = schema as JsonObject;
  if (typeof $ref === 'string') yield [schemaName($ref), path];
  for (const [name, property] of Object.entries(isObject(properties) ? properties : {})) {
    yield* steps(property as Json, path === '' ? name : `${path}.${name}`);
  }
  if (items !== undefined) yield* steps(items, `${path}[]`);
  if (additionalProperties !== undefined) yield* steps(additionalProperties, path === '' ? '*' : `${path}.*`);
  for (const branch of [allOf, anyOf, oneOf].flat()) if (branch !== undefined) yield* steps(branch, path);
}

/**
 * Finds where a named schema stands in the bodies of the operations that use it: one shortest place each.
 *
 * @param model the description
 * @param name the named schema
 * @returns a route for each operation and direction, in the order of the operations
 */
export function routesTo(model: Model, name: string): Route[] {
  const routes = new Map<string, Route>();
  for (const operation of model.operations.values()) {
    for (const [direction, schema] of schemasOf(operation)) {
      const seen = new Set<string>();
      let layer = [...steps(schema, '')];
      while (layer.length > 0 && !layer.some(([found]) => found === name)) {
        const fresh = layer.filter(([found]) => !seen.has(found));
        for (const [found] of fresh) seen.add(found);
        layer = fresh.flatMap(([found, path]) => [...steps(model.schemas[found] ?? {}, path)]);
      }
      const hit = layer.find(([found]) => found === name);
      const key = `${direction} ${operation.title}`;
      if (hit && !routes.has(key)) routes.set(key, { operation: operation.title, direction, path: hit[1] });
    }
  }
  return [...routes.values()];
}
