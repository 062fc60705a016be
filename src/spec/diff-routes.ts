/** Finds the locations of a named schema in the bodies of operations. */
import { type Model, type ModelOperation, schemaName } from './diff-model.js';
import type { Direction } from './diff-rules.js';
import type { Use } from './diff-units.js';
import { isObject, type Json, type JsonObject } from './document.js';

function* schemasOf(operation: ModelOperation): Generator<[Direction, JsonObject]> {
  for (const { schema } of operation.parameters.values()) yield ['request', schema];
  for (const media of operation.body?.content.values() ?? []) yield ['request', (media.schema ?? {}) as JsonObject];
  for (const { content, headers } of operation.responses.values()) {
    for (const media of content.values()) yield ['response', (media.schema ?? {}) as JsonObject];
    for (const header of headers.values()) yield ['response', (header.schema ?? {}) as JsonObject];
  }
}

/** A path from an operation to a named schema. */
export interface Route extends Use {
  /** The location in the body, such as `[].Manifests[]`; empty for the body itself. */
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
 * Finds the shortest path to a named schema in the bodies of each operation that uses it.
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
