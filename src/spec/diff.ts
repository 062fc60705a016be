/** The differences between two descriptions, classed for clients and for servers. */
import { isDeepStrictEqual } from 'node:util';
import {
  type Model,
  type ModelContent,
  type ModelOperation,
  type ModelParameter,
  type ModelResponse,
  oneValue,
} from './diff-model.js';
import { type ChangeClass, classify, type Direction, type RuleId, worse } from './diff-rules.js';
import { isMarkKeyword, isWords, SchemaComparison, type Texts, textsOf } from './diff-schema.js';
import { type Use, usesOf } from './diff-uses.js';
import type { JsonObject } from './document.js';

/** One change. */
export interface Change {
  readonly rule: RuleId;
  /** The operation of which it is a part, such as `GET /images/json`; absent for changes of named schemas. */
  readonly operation?: string;
  /** The named schema of which it is a part. */
  readonly definition?: string;
  /** The place within the operation or schema, such as `200 [].Labels`; empty for the whole of it. */
  readonly at: string;
  readonly message: string;
  /** The description of the place: before, when its words changed, and after, when they changed or are new. */
  readonly texts: Texts;
  readonly clients: ChangeClass;
  readonly servers: ChangeClass;
  /** The operations whose requests or answers change; for a named schema, all that use it. */
  readonly operations: readonly string[];
}

/** The outcome of a comparison. */
export interface Comparison {
  readonly from: { readonly name: string; readonly version: string };
  readonly to: { readonly name: string; readonly version: string };
  /** The gravest class for each side; absent when nothing changed. */
  readonly verdict?: { readonly clients: ChangeClass; readonly servers: ChangeClass };
  readonly changes: readonly Change[];
}

type Report = (rule: RuleId, at: string, message: string, directions?: readonly Direction[], texts?: Texts) => void;

const both: readonly Direction[] = ['request', 'response'];

function isSuccess(status: string): boolean {
  return status === 'default' || Number(status[0]) < 4;
}

function parameterTitle({ place, name }: Pick<ModelParameter, 'place' | 'name'>): string {
  return `${place} ${name}`;
}

/** Names what an operation takes and answers. */
function surface(operation: ModelOperation): string {
  const names = [...operation.parameters.values()].map(({ name, required }) => (required ? name : `[${name}]`));
  if (operation.body) names.push(operation.body.required ? 'a body' : '[a body]');
  const takes = names.length === 0 ? 'takes nothing' : `takes ${names.join(', ')}`;
  return `${takes}; answers ${[...operation.responses.keys()].join(', ')}`;
}

class OperationComparison {
  constructor(
    private readonly schemas: SchemaComparison,
    private readonly report: Report,
  ) {}

  compare(a: ModelOperation, b: ModelOperation): void {
    this.words(a.source, b.source, '', ['operationId', 'tags'], isWords, 'name-changed');
    this.parameters(a, b);
    this.body(a, b);
    for (const status of new Set([...a.responses.keys(), ...b.responses.keys()])) {
      this.response(status, a.responses.get(status), b.responses.get(status));
    }
  }

  private words(
    a: JsonObject,
    b: JsonObject,
    at: string,
    names: readonly string[] = [],
    isText: (key: string) => boolean = isWords,
    nameRule: RuleId = 'name-changed',
  ): void {
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter(
      (key) => !isDeepStrictEqual(a[key], b[key]),
    );
    const texts = keys.filter(isText);
    if (texts.length > 0) this.report('words-changed', at, texts.join(', '), both, textsOf(a, b));
    const show = (value: unknown): string => (value === undefined ? 'none' : JSON.stringify(value));
    for (const key of keys.filter((name) => names.includes(name) || isMarkKeyword(name))) {
      this.report(
        names.includes(key) ? nameRule : 'mark-changed',
        at,
        `${key} was ${show(a[key])}, is ${show(b[key])}`,
      );
    }
  }

  private parameters(a: ModelOperation, b: ModelOperation): void {
    for (const key of new Set([...a.parameters.keys(), ...b.parameters.keys()])) {
      const [x, y] = [a.parameters.get(key), b.parameters.get(key)];
      if (x && y) this.parameter(x, y);
      else if (x) this.report('parameter-removed', parameterTitle(x), 'parameter is gone', ['request']);
      else if (y) {
        const rule = y.required ? 'parameter-added-required' : 'parameter-added';
        const message = `new ${y.required ? 'required' : 'optional'} parameter`;
        this.report(rule, parameterTitle(y), message, ['request'], textsOf(undefined, y.source));
      }
    }
  }

  private required(a: boolean, b: boolean, at: string): void {
    if (!a && b) this.report('parameter-made-required', at, 'is required now', ['request']);
    if (a && !b) this.report('parameter-made-optional', at, 'is optional now', ['request']);
  }

  private parameter(a: ModelParameter, b: ModelParameter): void {
    const at = parameterTitle(b);
    if (a.name !== b.name && a.place === 'path') this.report('name-changed', at, `name was ${a.name}`);
    this.words(a.source, b.source, at);
    this.required(a.required, b.required, at);
    let [x, y] = [a.schema, b.schema];
    if (a.form !== b.form) {
      const rule =
        a.form === oneValue
          ? 'parameter-takes-several'
          : b.form === oneValue
            ? 'parameter-takes-one'
            : 'parameter-form-changed';
      this.report(rule, at, `values: was ${a.form}, is ${b.form}`, ['request']);
      if (a.form === oneValue) y = (y.items ?? {}) as JsonObject;
      if (b.form === oneValue) x = (x.items ?? {}) as JsonObject;
    }
    this.schema(x, y, at, 'request');
  }

  private schema(a: JsonObject, b: JsonObject, at: string, direction: Direction): void {
    this.schemas.compare(a, b, '', (rule, where, message, texts) => {
      this.report(rule, where === '' ? at : `${at} ${where}`, message, [direction], texts);
    });
  }

  private body(a: ModelOperation, b: ModelOperation): void {
    if (!a.body && b.body) {
      const rule = b.body.required ? 'parameter-added-required' : 'parameter-added';
      this.report(rule, 'body', `new ${b.body.required ? 'required' : 'optional'} body`, ['request']);
    } else if (a.body && !b.body) this.report('parameter-removed', 'body', 'body is gone', ['request']);
    else if (a.body && b.body) {
      this.words(a.body.source, b.body.source, 'body');
      this.required(a.body.required, b.body.required, 'body');
      this.content(a.body.content, b.body.content, 'body', 'request');
    }
  }

  private content(a: ModelContent, b: ModelContent, at: string, direction: Direction): void {
    const compared: [JsonObject, JsonObject][] = [];
    for (const type of new Set([...a.keys(), ...b.keys()])) {
      const [x, y] = [a.get(type), b.get(type)];
      if (!x) this.report(`${direction}-type-added`, at, `new media type ${type}`, [direction]);
      else if (!y) this.report(`${direction}-type-removed`, at, `media type ${type} is gone`, [direction]);
      else {
        // An example that one side lacks may have been made for the other.
        if (x.example !== undefined && y.example !== undefined) this.words(x, y, at);
        const pair: [JsonObject, JsonObject] = [(x.schema ?? {}) as JsonObject, (y.schema ?? {}) as JsonObject];
        // Several media types mostly share one schema, whose changes are reported once.
        if (compared.some((seen) => isDeepStrictEqual(seen, pair))) continue;
        compared.push(pair);
        this.schema(...pair, at, direction);
      }
    }
  }

  private response(status: string, a: ModelResponse | undefined, b: ModelResponse | undefined): void {
    const kind = isSuccess(status) ? 'success' : 'error';
    if (!a) {
      const texts = textsOf(undefined, b?.source);
      this.report(`response-added-${kind}`, status, 'new status', ['response'], texts);
    } else if (!b) this.report(`response-removed-${kind}`, status, 'status is gone', ['response']);
    else {
      this.words(a.source, b.source, status);
      this.content(a.content, b.content, status, 'response');
      for (const name of new Set([...a.headers.keys(), ...b.headers.keys()])) {
        this.header(`${status} header ${name}`, a.headers.get(name), b.headers.get(name));
      }
    }
  }

  private header(at: string, a: JsonObject | undefined, b: JsonObject | undefined): void {
    if (!a) this.report('header-added', at, 'new header', ['response']);
    else if (!b) this.report('header-removed', at, 'header is gone', ['response']);
    else {
      this.words(a, b, at);
      this.schema((a.schema ?? {}) as JsonObject, (b.schema ?? {}) as JsonObject, at, 'response');
    }
  }
}

function compareTops(a: Model, b: Model, report: Report): void {
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

function directionsOf(uses: readonly Use[]): Direction[] {
  return [...new Set(uses.map(({ direction }) => direction))];
}

/**
 * Compares two descriptions.
 *
 * @param from the old description
 * @param to the new description
 * @returns the changes: first of the whole, then operation by operation, then named schema by named schema, each in the
 *   order of the descriptions
 */
export function compareDescriptions(from: Model, to: Model): Comparison {
  const changes: Change[] = [];
  const schemas = new SchemaComparison(from, to);
  compareTops(from, to, (rule, at, message) => {
    changes.push({ rule, at, message, texts: {}, ...classify(rule, both), operations: [] });
  });
  for (const key of new Set([...from.operations.keys(), ...to.operations.keys()])) {
    const [a, b] = [from.operations.get(key), to.operations.get(key)];
    const title = (b ?? a)?.title as string;
    const report: Report = (rule, at, message, directions = both, texts = {}) => {
      const classes = classify(rule, directions);
      changes.push({ rule, operation: title, at, message, texts, ...classes, operations: [title] });
    };
    if (a && b) new OperationComparison(schemas, report).compare(a, b);
    else if (b) report('operation-added', '', `new operation: ${surface(b)}`, both, textsOf(undefined, b.source));
    else report('operation-removed', '', 'operation is gone');
  }
  const [before, after] = [usesOf(from), usesOf(to)];
  for (const name of new Set([...Object.keys(from.schemas), ...Object.keys(to.schemas)])) {
    const [a, b] = [from.schemas[name], to.schemas[name]];
    const uses = [...(before.get(name) ?? []), ...(after.get(name) ?? [])];
    const operations = [...new Set(uses.map(({ operation }) => operation))].sort();
    const report = (rule: RuleId, at: string, message: string, texts: Texts = {}): void => {
      const classes = classify(rule, directionsOf(uses));
      changes.push({ rule, definition: name, at, message, texts, ...classes, operations });
    };
    if (a && b) schemas.compare(a, b, '', report, true);
    else if (b) report('definition-added', '', 'new named schema', textsOf(undefined, b));
    else report('definition-removed', '', 'named schema is gone');
  }
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
