/** Compares two descriptions and classifies the differences for clients and for servers. */
import { isDeepStrictEqual } from 'node:util';
import type { Evidence } from './diff-evidence.js';
import { type Texts, textsOf } from './diff-flat.js';
import type { Model, ModelOperation } from './diff-model.js';
import { both, mismatch, OperationComparison, type OperationSink, pathMismatches, surface } from './diff-operation.js';
import { type ChangeClass, classify, type Direction, type RuleId, worse } from './diff-rules.js';
import { SchemaComparison } from './diff-schema.js';
import { type Found, Units } from './diff-units.js';
import type { JsonObject } from './document.js';

/** One change. */
export interface Change {
  readonly rule: RuleId;
  /** The operation that contains it, such as `GET /images/json`; absent in a named schema. */
  readonly operation?: string;
  /** The named schema that contains it. */
  readonly definition?: string;
  /** The old name of a renamed schema. */
  readonly was?: string;
  /** The location in the operation or schema, such as `200 [].Labels`; empty for all of it. */
  readonly at: string;
  readonly message: string;
  /** The description text of the location: before, if it changed, and after, if it changed or is new. */
  readonly texts: Texts;
  readonly clients: ChangeClass;
  readonly servers: ChangeClass;
  /** The operations whose requests or responses change. */
  readonly operations: readonly string[];
  readonly evidence?: Evidence;
}

/** The outcome of a comparison. */
export interface Comparison {
  readonly from: { readonly name: string; readonly version: string };
  readonly to: { readonly name: string; readonly version: string };
  /** The most severe class for each side; absent without changes. */
  readonly verdict?: { readonly clients: ChangeClass; readonly servers: ChangeClass };
  readonly changes: readonly Change[];
}

function compareTops(a: Model, b: Model, report: (rule: RuleId, at: string, message: string) => void): void {
  if (a.version !== b.version) report('version-changed', 'info', `API version was ${a.version}, is ${b.version}`);
  const bare = (path: string): string => path.replace(/^\/v\d+\.\d+(?=\/|$)/, '');
  if (bare(a.basePath) !== bare(b.basePath)) {
    report('base-path-changed', 'base path', `was ${a.basePath}, is ${b.basePath}`);
  }
  const texts = ['info', 'tags', 'externalDocs'].filter((key) => {
    const [x, y] = [a, b].map(({ source }) => source[key]);
    if (key !== 'info') return !isDeepStrictEqual(x, y);
    return !isDeepStrictEqual({ ...(x as JsonObject), version: '' }, { ...(y as JsonObject), version: '' });
  });
  if (texts.length > 0) report('words-changed', 'info', texts.join(', '));
}

/** Turns a finding into a change. */
function changeOf(
  given: Found,
  place: Pick<Change, 'operation' | 'definition' | 'was'>,
  directions: readonly Direction[],
  operations: readonly string[],
): Change {
  const { rule, at, message, texts = {}, evidence } = given;
  const classes = classify(rule, directions, evidence?.effect);
  return { rule, ...place, at, message, texts, ...classes, operations, ...(evidence && { evidence }) };
}

/** Compares the operations, and records the pairs of named schemas that they use. */
function compareOperations(from: Model, to: Model, schemas: SchemaComparison, units: Units): Change[] {
  const changes: Change[] = [];
  const sinkOf = (title: string): OperationSink => ({
    note: (found, directions) => changes.push(changeOf(found, { operation: title }, directions, [title])),
    reach: (unit, direction, only) => units.reach(unit, { operation: title, direction }, only),
  });
  const byId = new Map([...to.operations.values()].map((operation) => [operation.source.operationId, operation]));
  const moved = new Set<ModelOperation>();
  for (const [key, a] of from.operations) {
    const b = byId.get(a.source.operationId);
    if (a.source.operationId === undefined || to.operations.has(key) || !b) continue;
    if (![...from.operations.values()].some(({ title }) => title === b.title)) moved.add(b);
  }
  for (const key of new Set([...from.operations.keys(), ...to.operations.keys()])) {
    const [a, b] = [from.operations.get(key), to.operations.get(key)];
    const title = (b ?? a)?.title as string;
    const sink = sinkOf(title);
    const successor = a && byId.get(a.source.operationId);
    if (a && b) new OperationComparison(from, to, schemas, title, sink).compare(a, b);
    else if (b) {
      if (moved.has(b)) continue;
      for (const name of pathMismatches(b))
        sink.note({ rule: 'path-mismatch', at: `path ${name}`, message: mismatch }, both);
      const message = `new operation: ${surface(b)}`;
      sink.note({ rule: 'operation-added', at: '', message, texts: textsOf(undefined, b.source) }, both);
    } else if (a && successor && moved.has(successor)) {
      const there = sinkOf(successor.title);
      new OperationComparison(from, to, schemas, successor.title, there).compare(a, successor);
      there.note({ rule: 'operation-moved', at: '', message: `was ${a.title}` }, both);
    } else sink.note({ rule: 'operation-removed', at: '', message: 'operation is gone' }, both);
  }
  return changes;
}

/** Compares the named schemas, each once, with the operations that use it. */
function compareNames(from: Model, to: Model, schemas: SchemaComparison, units: Units): Change[] {
  const changes: Change[] = [];
  for (const name of Object.keys(from.schemas)) if (to.schemas[name]) schemas.unit(name, name);
  const isRenamed = (a: string, b: string): boolean => a !== b && !to.schemas[a] && !from.schemas[b];
  const renamed = [...units.all.values()].filter((unit) => isRenamed(unit.from, unit.to));
  const order = [...new Set([...Object.keys(from.schemas), ...Object.keys(to.schemas)])];
  for (const [key, unit] of [...units.all].sort(([, a], [, b]) => order.indexOf(a.to) - order.indexOf(b.to))) {
    const place = { definition: unit.to, ...(unit.from !== unit.to && { was: unit.from }) };
    for (const found of unit.found) {
      const uses = units.uses(key, found.at);
      // Two schemas with different names are a pair only where one replaces the other.
      if (uses.length === 0 && unit.from !== unit.to) continue;
      const directions = [...new Set(uses.map(({ direction }) => direction))];
      const operations = [...new Set(uses.map(({ operation }) => operation))].sort();
      changes.push(changeOf(found, place, directions, operations));
    }
  }
  for (const { from: a, to: b } of renamed) {
    const found: Found = { rule: 'definition-renamed', at: '', message: `named schema was called ${a}` };
    changes.push(changeOf(found, { definition: b, was: a }, both, []));
  }
  const known = new Set(renamed.flatMap((unit) => [unit.from, unit.to]));
  for (const name of order.filter((each) => !known.has(each))) {
    const [a, b] = [from.schemas[name], to.schemas[name]];
    if (a && b) continue;
    const found: Found = b
      ? { rule: 'definition-added', at: '', message: 'new named schema', texts: textsOf(undefined, b) }
      : { rule: 'definition-removed', at: '', message: 'named schema is gone' };
    changes.push(changeOf(found, { definition: name }, both, []));
  }
  return changes;
}

/**
 * Compares two descriptions.
 *
 * @param from the old description
 * @param to the new description
 * @returns the changes: of the whole description, then by operation, then by named schema, in the order of the descriptions
 */
export function compareDescriptions(from: Model, to: Model): Comparison {
  const changes: Change[] = [];
  const units = new Units();
  const schemas = new SchemaComparison(from, to, units);
  compareTops(from, to, (rule, at, message) => changes.push(changeOf({ rule, at, message }, {}, both, [])));
  changes.push(...compareOperations(from, to, schemas, units), ...compareNames(from, to, schemas, units));
  const [first] = changes;
  const verdict = first && {
    clients: changes.reduce<ChangeClass>((worst, { clients }) => worse(worst, clients), first.clients),
    servers: changes.reduce<ChangeClass>((worst, { servers }) => worse(worst, servers), first.servers),
  };
  return {
    from: { name: from.name, version: from.version },
    to: { name: to.name, version: to.version },
    ...(verdict && { verdict }),
    changes,
  };
}
