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
