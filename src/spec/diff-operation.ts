/** Compares two operations: parameters, bodies and responses. */
import { isDeepStrictEqual } from 'node:util';
import { show, summary, type Texts, textsOf } from './diff-flat.js';
import {
  type Model,
  type ModelContent,
  type ModelOperation,
  type ModelParameter,
  type ModelResponse,
  oneValue,
} from './diff-model.js';
import { pairRenamed } from './diff-rename.js';
import type { Direction, RuleId } from './diff-rules.js';
import type { SchemaComparison } from './diff-schema.js';
import type { Found } from './diff-units.js';
import { compareWords } from './diff-words.js';
import type { JsonObject } from './document.js';

/** Receives the findings of an operation with their directions, and the pairs of named schemas that it uses. */
export interface OperationSink {
  note(found: Found, directions: readonly Direction[]): void;
  reach(unit: string, direction: Direction, only?: string): void;
}

/** The message of the rule `path-mismatch`. */
export const mismatch = 'is only in one of path template and parameters';

/** Returns the names that only the path template or only the path parameters have. */
export function pathMismatches({ title, parameters }: ModelOperation): string[] {
  const template = new Set([...title.matchAll(/\{([^}]*)\}/g)].map(([, name]) => name as string));
  const declared = new Set([...parameters.values()].filter(({ place }) => place === 'path').map(({ name }) => name));
  return [
    ...[...template].filter((name) => !declared.has(name)),
    ...[...declared].filter((name) => !template.has(name)),
  ];
}

/** Requests and responses. */
export const both: readonly Direction[] = ['request', 'response'];

function isSuccess(status: string): boolean {
  return status === 'default' || Number(status[0]) < 4;
}

function parameterTitle({ place, name }: Pick<ModelParameter, 'place' | 'name'>): string {
  return `${place} ${name}`;
}

/**
 * Names what an operation takes and answers.
 *
 * @param operation the operation
 */
export function surface(operation: ModelOperation): string {
  const names = [...operation.parameters.values()].map(({ name, required }) => (required ? name : `[${name}]`));
  if (operation.body) names.push(operation.body.required ? 'a body' : '[a body]');
  const takes = names.length === 0 ? 'takes nothing' : `takes ${names.join(', ')}`;
  return `${takes}; answers ${[...operation.responses.keys()].join(', ')}`;
}

/** Compares two operations. */
export class OperationComparison {
  /** The media types of the side in Swagger 2.0, if only one side is. */
  private declared: ReadonlySet<string> | undefined;

  constructor(
    private readonly from: Model,
    private readonly to: Model,
    private readonly schemas: SchemaComparison,
    private readonly title: string,
    private readonly sink: OperationSink,
  ) {}

  private report(rule: RuleId, at: string, message: string, directions = both, texts?: Texts): void {
    this.sink.note({ rule, at, message, ...(texts && { texts }) }, directions);
  }

  compare(a: ModelOperation, b: ModelOperation): void {
    this.declared = (a.declared === undefined) === (b.declared === undefined) ? undefined : (a.declared ?? b.declared);
    for (const key of ['operationId', 'tags']) {
      const [x, y] = [a.source[key], b.source[key]];
      if (!isDeepStrictEqual(x, y)) this.report('name-changed', '', `${key} was ${show(x)}, is ${show(y)}`);
    }
    this.words(a.source, b.source, '', true);
    const known = new Set(pathMismatches(a));
    for (const name of pathMismatches(b).filter((each) => !known.has(each))) {
      this.report('path-mismatch', `path ${name}`, mismatch);
    }
    this.parameters(a, b);
    this.body(a, b);
    for (const status of new Set([...a.responses.keys(), ...b.responses.keys()])) {
      this.response(status, a.responses.get(status), b.responses.get(status));
    }
  }

  /** Compares texts and marks. `lists` for texts that define values. */
  private words(a: JsonObject, b: JsonObject, at: string, lists = false): void {
    const place = { where: at, fact: `${this.title} ${at}`, was: `${this.title} ${at}` };
    for (const found of compareWords(a, b, place, { lists })) this.sink.note(found, both);
  }

  private parameters(a: ModelOperation, b: ModelOperation): void {
    const named = (model: Model, all: ModelOperation['parameters'], others: ModelOperation['parameters']) =>
      [...all]
        .filter(([key]) => !others.has(key))
        .map(([key, { name, place, schema }]) => ({ key, label: name, summary: `${place} ${summary(model, schema)}` }));
    const renamed = pairRenamed(
      named(this.from, a.parameters, b.parameters),
      named(this.to, b.parameters, a.parameters),
    );
    const successors = new Set(renamed.values());
    for (const key of new Set([...a.parameters.keys(), ...b.parameters.keys()])) {
      const [x, y] = [a.parameters.get(key), b.parameters.get(key)];
      const successor = b.parameters.get(renamed.get(key) ?? '');
      if (x && y) this.parameter(x, y);
      else if (x && successor) {
        const message = `is called ${successor.name} now`;
        this.report('parameter-renamed', parameterTitle(x), message, ['request'], textsOf(x.source, successor.source));
      } else if (x) this.report('parameter-removed', parameterTitle(x), 'parameter is gone', ['request']);
      else if (y && !successors.has(key)) {
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
    this.words(a.source, b.source, at, a.place === 'query' || a.place === 'header');
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
    this.schemas.compare(
      a,
      b,
      { where: '', fact: `${this.title} ${at}`, was: `${this.title} ${at}` },
      {
        note: (found) => this.sink.note({ ...found, at: found.at === '' ? at : `${at} ${found.at}` }, [direction]),
        link: (unit, _place, only) => this.sink.reach(unit, direction, only),
      },
    );
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

  /** Whether one side makes no statement about the media type of the other side. */
  private isUnstated(type: string, a: ModelContent, b: ModelContent): boolean {
    const isLoose = (media: JsonObject): boolean => media.isStream === true || media.schema === undefined;
    const oneWay = (x: JsonObject | undefined, y: JsonObject | undefined, other: ModelContent, { streams }: Model) => {
      if (!x || !isLoose(x) || y?.schema !== undefined) return false;
      // A format may lack a form for streams and binary bodies, and a description may have no content at all.
      return !streams || (type === 'application/json' && other.size === 0);
    };
    return oneWay(a.get(type), b.get(type), b, this.to) || oneWay(b.get(type), a.get(type), a, this.from);
  }

  private content(a: ModelContent, b: ModelContent, at: string, direction: Direction): void {
    const compared: [JsonObject, JsonObject][] = [];
    const types = [...new Set([...a.keys(), ...b.keys()])].filter((type) => !this.isUnstated(type, a, b));
    const isRestated = types.some((type) => a.has(type) !== b.has(type)) && this.declares(types);
    if (isRestated) {
      this.report('media-restated', at, 'media types by operation in Swagger 2.0, by status in OpenAPI 3', [direction]);
    }
    for (const type of types) {
      const [x, y] = [a.get(type), b.get(type)];
      // Without a schema, an example is all that a restated body has.
      if (isRestated && !(x?.schema && y?.schema)) continue;
      if (!x) this.report(`${direction}-type-added`, at, `new media type ${type}`, [direction]);
      else if (!y) this.report(`${direction}-type-removed`, at, `media type ${type} is gone`, [direction]);
      else {
        // If one side has no example, the other side's example may be generated.
        if (x.example !== undefined && y.example !== undefined) this.words(x, y, at);
        const pair: [JsonObject, JsonObject] = [(x.schema ?? {}) as JsonObject, (y.schema ?? {}) as JsonObject];
        // Media types often share a schema. Its changes are reported once.
        if (compared.some((seen) => isDeepStrictEqual(seen, pair))) continue;
        compared.push(pair);
        this.schema(...pair, at, direction);
      }
    }
  }

  /** Whether only one side is Swagger 2.0, and its operation declares all these media types. */
  private declares(types: readonly string[]): boolean {
    const { declared } = this;
    return declared !== undefined && types.every((type) => declared.has(type));
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
