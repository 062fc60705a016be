/** What documents add to the packaged description, as a description of its own. */

import { operations as packaged } from '../../generated/operations.js';
import { httpMethods, isObject, type Json, type JsonObject, type Schema } from '../../spec/document.js';
import type { OperationEntry, ParameterEntry } from '../../spec/table.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { type Addition, additionOf, type Document, placesOf, schemaOf } from './additions.js';
import type { Documents } from './documents.js';

/** What an answer of an operation gets beyond what its handler gives. */
export interface AnswerAddition {
  readonly addition: Addition;
  /** The description's example of the whole answer. */
  readonly example: Json | undefined;
}

/** What is new in a description. */
export interface Difference {
  /** Every operation of the description: what is routed. */
  readonly operations: readonly OperationEntry[];
  /** The operations that are new. */
  readonly added: ReadonlySet<string>;
  /** The operations that were there and take or give more now; by the status of its answer. */
  readonly changed: ReadonlyMap<string, ReadonlyMap<number, AnswerAddition>>;
  /** Only what is new, in OpenAPI 3. */
  readonly document: Document;
  /** What is new, in words. */
  readonly names: readonly string[];
}

/** Nothing is new. */
export const noDifference: Difference = {
  operations: packaged,
  added: new Set(),
  changed: new Map(),
  document: { openapi: '3.0.3', info: {}, paths: {} },
  names: [],
};

interface Located {
  readonly method: string;
  readonly path: string;
  readonly operation: JsonObject;
}

function* operationsOf(document: Document): Generator<Located> {
  for (const [path, item] of Object.entries(document.paths as JsonObject)) {
    if (!isObject(item)) continue;
    for (const method of httpMethods) {
      const operation = (item as JsonObject)[method];
      if (!isObject(operation)) continue;
      const shared = (item as JsonObject).parameters;
      const parameters = [operation.parameters ?? [], shared ?? []].flat() as JsonObject[];
      yield {
        method,
        path,
        operation: { ...(operation as JsonObject), parameters: parameters.map(resolver(document)) },
      };
    }
  }
}

/** Follows references to shared parameters, bodies and answers. */
function resolver(document: Document): (value: JsonObject) => JsonObject {
  return (value) => {
    if (typeof value.$ref !== 'string') return value;
    const steps = value.$ref.replace(/^#\//, '').split('/');
    const found = steps.reduce<unknown>((node, step) => (isObject(node) ? node[step] : undefined), document);
    return isObject(found) ? (found as JsonObject) : {};
  };
}

/** Where an operation stands, whatever its parameters are called. */
const placeOf = (method: string, path: string): string =>
  `${method.toLowerCase()} ${path.replace(/\{[^{}]*\}/g, '{}')}`;

function parameterEntry(parameter: JsonObject): ParameterEntry {
  const schema = (isObject(parameter.schema) ? parameter.schema : {}) as JsonObject;
  const types = [schema.type].flat();
  return {
    name: String(parameter.name),
    in: parameter.in as ParameterEntry['in'],
    type: (types[0] ?? 'string') as ParameterEntry['type'],
    ...(typeof parameter['x-since'] === 'string' && { since: parameter['x-since'] }),
    ...(parameter.required === true && { required: true as const }),
    ...(types[0] === 'array' && { multi: true as const }),
    ...(Array.isArray(schema.enum) && { enum: schema.enum as (string | number)[] }),
  };
}

function entryOf({ method, path, operation }: Located): OperationEntry {
  const { operationId } = operation;
  const where = `${method.toUpperCase()} ${path}`;
  if (typeof operationId !== 'string' || operationId === '')
    throw new AttestdError('INVALID_ARGUMENT', `${where} has no operationId`);
  if (packaged.some((one) => one.operationId === operationId))
    throw new AttestdError(
      'INVALID_ARGUMENT',
      `${where}: the operationId ${operationId} is another operation's already`,
    );
  if (!path.startsWith('/')) throw new AttestdError('INVALID_ARGUMENT', `${where}: a path begins with /`);
  return {
    operationId,
    method: method.toUpperCase() as OperationEntry['method'],
    path,
    tag: String([operation.tags].flat()[0] ?? ''),
    ...(typeof operation['x-since'] === 'string' && { since: operation['x-since'] }),
    parameters: (operation.parameters as JsonObject[]).map(parameterEntry),
    responses: {},
  };
}

/** The JSON content of a body or an answer. */
function jsonOf(holder: Json | undefined, document: Document): JsonObject | undefined {
  const resolved = isObject(holder) ? resolver(document)(holder as JsonObject) : {};
  const content = resolved.content as JsonObject | undefined;
  return content?.['application/json'] as JsonObject | undefined;
}

interface Two {
  readonly before: JsonObject;
  readonly after: JsonObject;
  readonly documents: Documents;
}

function addedTo(
  before: Json | undefined,
  after: Json | undefined,
  { base, patched }: Documents,
): Addition | undefined {
  const [old, now] = [jsonOf(before, base)?.schema, jsonOf(after, patched)?.schema];
  if (!isObject(now)) return undefined;
  if (!isObject(old)) return undefined;
  return additionOf({ schema: old as Schema, document: base }, { schema: now as Schema, document: patched });
}

function answersOf({ before, after, documents }: Two): Map<number, AnswerAddition> {
  const found = new Map<number, AnswerAddition>();
  const [old, now] = [before.responses as JsonObject, after.responses as JsonObject];
  for (const [status, response] of Object.entries(now)) {
    const addition = addedTo(old[status], response, documents);
    if (addition === undefined || Number(status) >= 400) continue;
    found.set(Number(status), { addition, example: jsonOf(response, documents.patched)?.example });
  }
  return found;
}

/** An operation that was there, with nothing but what it takes more than before. */
function reduced(two: Two): { operation: JsonObject; parameters: readonly JsonObject[]; body: Addition | undefined } {
  const { before, after, documents } = two;
  const keyOf = ({ name, in: place }: JsonObject): string => `${place} ${name}`;
  const known = new Set((before.parameters as JsonObject[]).map(keyOf));
  const parameters = (after.parameters as JsonObject[]).filter((one) => !known.has(keyOf(one)) && one.in !== 'path');
  const body = addedTo(before.requestBody, after.requestBody, documents);
  const content = body && { 'application/json': { schema: schemaOf(body) } };
  // Those of the path are there whatever is new; nothing is said of their values.
  const path = (after.parameters as JsonObject[]).filter((one) => one.in === 'path');
  const operation = {
    operationId: after.operationId as string,
    parameters: [...path.map(({ name }) => ({ name: name as string, in: 'path', schema: {} })), ...parameters],
    ...(content && { requestBody: { content } }),
    responses: {},
  };
  return { operation, parameters, body };
}

function put(paths: JsonObject, { method, path }: Located, operation: JsonObject): void {
  paths[path] = { ...(paths[path] as JsonObject | undefined), [method]: operation };
}

/**
 * Find what a description has that the packaged one has not.
 *
 * @throws AttestdError INVALID_ARGUMENT for a new operation without an operationId of its own
 */
export function differenceOf(documents: Documents): Difference {
  const entries = new Map(packaged.map((entry) => [placeOf(entry.method, entry.path), entry]));
  const before = new Map(
    [...operationsOf(documents.base)].map((one) => [placeOf(one.method, one.path), one.operation]),
  );
  const operations: OperationEntry[] = [];
  const fresh: OperationEntry[] = [];
  const changed = new Map<string, ReadonlyMap<number, AnswerAddition>>();
  const names: string[] = [];
  const paths: JsonObject = {};
  for (const located of operationsOf(documents.patched)) {
    const place = placeOf(located.method, located.path);
    const entry = entries.get(place);
    if (entry === undefined) {
      const added = entryOf(located);
      if (fresh.some(({ operationId }) => operationId === added.operationId))
        throw new AttestdError('INVALID_ARGUMENT', `two operations are called ${added.operationId}`);
      fresh.push(added);
      names.push(`${added.method} ${added.path} (${added.operationId})`);
      put(paths, located, located.operation);
      continue;
    }
    const after = { ...located.operation, operationId: entry.operationId };
    const two = { before: before.get(place) as JsonObject, after, documents };
    const { operation, parameters, body } = reduced(two);
    const answers = answersOf(two);
    operations.push({ ...entry, parameters: [...entry.parameters, ...parameters.map(parameterEntry)] });
    if (parameters.length === 0 && body === undefined && answers.size === 0) continue;
    changed.set(entry.operationId, answers);
    put(paths, located, operation);
    const members = [...answers.values()].flatMap(({ addition }) => placesOf(addition));
    const taken = [...parameters.map(({ name }) => `?${name}`), ...(body ? placesOf(body).map((at) => `{${at}}`) : [])];
    names.push(`${entry.operationId}: ${[...taken, ...members].join(', ')}`);
  }
  const { openapi, info, components } = documents.patched;
  return {
    operations: [...operations, ...fresh],
    added: new Set(fresh.map(({ operationId }) => operationId)),
    changed,
    document: { openapi, info, paths, ...(components !== undefined && { components }) } as JsonObject,
    names,
  };
}
