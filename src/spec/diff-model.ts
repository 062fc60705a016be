/** Reads descriptions in Swagger 2.0 and OpenAPI 3 into one model. */
import { AttestdError } from '../support/foundation/errors.js';
import { toOpenApi } from './convert.js';
import { type Description, httpMethods, isObject, type Json, type JsonObject } from './document.js';
import { getAt } from './pointer.js';

/** A parameter other than a body. */
export interface ModelParameter {
  readonly name: string;
  readonly place: string;
  readonly required: boolean;
  /** The serialization of several values. */
  readonly form: string;
  readonly schema: JsonObject;
  /** The whole parameter, for texts and marks. */
  readonly source: JsonObject;
}

/** A body by media type. */
export type ModelContent = ReadonlyMap<string, JsonObject>;

/** A response. */
export interface ModelResponse {
  readonly headers: ReadonlyMap<string, JsonObject>;
  readonly content: ModelContent;
  readonly source: JsonObject;
}

/** An operation. */
export interface ModelOperation {
  /** Method and path, such as `GET /images/{name}/json`. */
  readonly title: string;
  /** By place and name. Path parameters are keyed by position, since their names are not sent. */
  readonly parameters: ReadonlyMap<string, ModelParameter>;
  readonly body?: { readonly required: boolean; readonly content: ModelContent; readonly source: JsonObject };
  readonly responses: ReadonlyMap<string, ModelResponse>;
  /** The media types of the operation in Swagger 2.0, which has none by status; undefined in OpenAPI 3. */
  readonly declared?: ReadonlySet<string>;
  readonly source: JsonObject;
}

/** A description. */
export interface Model {
  /** The description's name in reports. */
  readonly name: string;
  readonly version: string;
  readonly basePath: string;
  /** By method and path, without the names of path parameters. */
  readonly operations: ReadonlyMap<string, ModelOperation>;
  readonly schemas: Readonly<Record<string, JsonObject>>;
  /** Whether its format can describe bodies that are not one JSON value: streams and binary content. */
  readonly streams: boolean;
  /** Whether it uses `x-nullable`. */
  readonly hints: boolean;
  readonly source: JsonObject;
}

function objectAt(value: Json | undefined): JsonObject {
  return isObject(value) ? (value as JsonObject) : {};
}

function listAt(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

const json = 'application/json';

/** Resolves a reference to a parameter, response, header or body. */
function resolve(root: JsonObject, value: Json | undefined): JsonObject {
  let node = objectAt(value);
  for (let hops = 0; typeof node.$ref === 'string' && hops < 32; hops += 1) {
    node = objectAt(getAt(root, node.$ref) as Json | undefined);
  }
  return node;
}

/** Returns the name of the schema that a reference points to. */
export function schemaName(ref: string): string {
  return ref
    .slice(ref.lastIndexOf('/') + 1)
    .replaceAll('~1', '/')
    .replaceAll('~0', '~');
}

/** Removes empty lists from an object, such as an empty `produces`. */
function withoutEmptyLists(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => !Array.isArray(value) || value.length > 0));
}

/** Prevents the conversion from generating an example for a response. */
function withoutMadeExample(response: JsonObject): JsonObject {
  const examples = objectAt(response.examples);
  if (response.schema === undefined || examples[json] !== undefined) return response;
  return { ...response, examples: { ...examples, [json]: null } };
}

/** Moves path-level parameters into operations, and resolves references to parameters and responses. */
function flattenSwagger(root: JsonObject): Description {
  const paths: JsonObject = {};
  for (const [path, item] of Object.entries(objectAt(root.paths))) {
    const shared = listAt(objectAt(item).parameters).map((parameter) => resolve(root, parameter));
    const operations: JsonObject = {};
    for (const method of httpMethods) {
      const operation = objectAt(item)[method];
      if (!isObject(operation)) continue;
      const own = listAt(operation.parameters as Json).map((parameter) => resolve(root, parameter));
      const inherited = shared.filter((s) => !own.some((o) => o.name === s.name && o.in === s.in));
      const responses = Object.entries(objectAt(operation.responses as Json));
      operations[method] = {
        ...withoutEmptyLists(operation as JsonObject),
        parameters: [...inherited, ...own],
        responses: Object.fromEntries(
          responses.map(([status, response]) => [status, withoutMadeExample(resolve(root, response))]),
        ),
      };
    }
    paths[path] = operations;
  }
  // A description without media types is assumed to mean JSON.
  const types = (key: string): Json[] => (listAt(root[key]).length > 0 ? listAt(root[key]) : [json]);
  const definitions = objectAt(root.definitions);
  return {
    ...root,
    consumes: types('consumes'),
    produces: types('produces'),
    paths,
    definitions,
  } as unknown as Description;
}

/** The name of `x-nullable` after the conversion. It is a hint for Go's code generator, not a statement about the wire. */
export const nullHint = 'x-null-hint';

function withHints(value: Json): Json {
  if (Array.isArray(value)) return value.map(withHints);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key === 'x-nullable' && typeof member === 'boolean' ? nullHint : key,
      withHints(member as Json),
    ]),
  );
}

function contentOf(value: Json | undefined): ModelContent {
  const content = Object.entries(objectAt(value)).map(([type, media]): [string, JsonObject] => {
    const { example, itemSchema, ...rest } = objectAt(media);
    // Streams are compared by their messages, in every format.
    if (itemSchema !== undefined) Object.assign(rest, { schema: itemSchema, isStream: true });
    return [type, example === undefined || example === null ? rest : { ...rest, example }];
  });
  return new Map(content);
}

/** The form of a parameter with a single value. */
export const oneValue = 'one value';

function formOf(root: JsonObject, parameter: JsonObject): string {
  const schema = resolve(root, parameter.schema);
  const types = [schema.type].flat();
  if (!types.includes('array')) return oneValue;
  const style = parameter.style ?? (parameter.in === 'query' || parameter.in === 'cookie' ? 'form' : 'simple');
  const repeated = parameter.explode ?? style === 'form';
  if (style === 'form') return repeated ? 'one parameter each' : 'separated by commas';
  return `${style}${repeated ? ', exploded' : ''}`;
}

function readParameters(
  root: JsonObject,
  path: string,
  parameters: readonly JsonObject[],
): Map<string, ModelParameter> {
  const slots = [...path.matchAll(/\{([^}]*)\}/g)].map(([, name]) => name as string);
  const declared = parameters.filter((each) => each.in === 'path').map(({ name }) => String(name));
  const free = slots.filter((name) => !declared.includes(name));
  // A parameter with a wrong name stands for the next unnamed part of the path.
  const slotOf = (name: string): number => slots.indexOf(slots.includes(name) ? name : (free.shift() ?? ''));
  return new Map(
    parameters.map((source) => {
      const [name, place] = [String(source.name), String(source.in)];
      const key =
        place === 'path' ? `path ${slotOf(name)}` : `${place} ${place === 'header' ? name.toLowerCase() : name}`;
      const media = Object.values(objectAt(source.content))[0];
      const schema = objectAt(source.schema ?? objectAt(media).schema);
      const form = formOf(root, source);
      return [key, { name, place, required: source.required === true, form, schema, source }];
    }),
  );
}

function readResponse(root: JsonObject, value: Json): ModelResponse {
  const source = resolve(root, value);
  const headers = Object.entries(objectAt(source.headers)).map(
    ([name, header]) => [name.toLowerCase(), resolve(root, header)] as const,
  );
  return { headers: new Map(headers), content: contentOf(source.content), source };
}

/** Returns the media types that Swagger 2.0 declares for an operation. */
function declaredTypes(given: JsonObject, path: string, method: string): ReadonlySet<string> {
  const operation = objectAt(objectAt(objectAt(given.paths)[path])[method]);
  const types = ['consumes', 'produces'].flatMap((key) => listAt(operation[key] ?? given[key]));
  return new Set([json, 'text/plain', ...types.map(String)]);
}

function readOperation(root: JsonObject, path: string, method: string, item: JsonObject): ModelOperation {
  const source = objectAt(item[method]);
  const own = listAt(source.parameters).map((parameter) => resolve(root, parameter));
  const shared = listAt(item.parameters).map((parameter) => resolve(root, parameter));
  const inherited = shared.filter((s) => !own.some((o) => o.name === s.name && o.in === s.in));
  const body = source.requestBody === undefined ? undefined : resolve(root, source.requestBody);
  const responses = Object.entries(objectAt(source.responses));
  return {
    title: `${method.toUpperCase()} ${path}`,
    parameters: readParameters(root, path, [...inherited, ...own]),
    ...(body && { body: { required: body.required === true, content: contentOf(body.content), source: body } }),
    responses: new Map(responses.map(([status, response]) => [status, readResponse(root, response)])),
    source,
  };
}

function basePathOf(root: JsonObject): string {
  const url = String(objectAt(listAt(root.servers)[0]).url ?? '/');
  return url.replace(/^[a-z]+:\/\/[^/]*/i, '') || '/';
}

/**
 * Reads a description into the model for comparisons.
 *
 * @param value a parsed Swagger 2.0 or OpenAPI 3.x description
 * @param name its name in reports and errors
 * @returns the model
 * @throws AttestdError INVALID_ARGUMENT for any other value
 */
export function readModel(value: Json, name: string): Model {
  if (!isObject(value)) throw new AttestdError('INVALID_ARGUMENT', `${name}: not a mapping`);
  const given = value as JsonObject;
  const isSwagger = given.swagger === '2.0';
  if (!isSwagger && !/^3\.[012]\./.test(String(given.openapi))) {
    throw new AttestdError('INVALID_ARGUMENT', `${name}: neither Swagger 2.0 nor OpenAPI 3.0, 3.1 or 3.2`);
  }
  if (!isObject(given.paths) || !isObject(given.info)) {
    throw new AttestdError('INVALID_ARGUMENT', `${name}: 'info' or 'paths' is no mapping`);
  }
  const root = isSwagger ? toOpenApi(flattenSwagger(withHints(given) as JsonObject), '3.2') : given;
  const operations = new Map<string, ModelOperation>();
  for (const [path, item] of Object.entries(objectAt(root.paths))) {
    const members = { ...objectAt(item), ...objectAt(objectAt(item).additionalOperations) };
    const others = Object.keys(objectAt(objectAt(item).additionalOperations));
    for (const method of [...httpMethods, ...others]) {
      if (!isObject(members[method])) continue;
      const operation = readOperation(root, path, method, members);
      const key = `${method} ${path.replaceAll(/\{[^}]*\}/g, '{}')}`;
      operations.set(key, isSwagger ? { ...operation, declared: declaredTypes(given, path, method) } : operation);
    }
  }
  return {
    name,
    version: String(objectAt(root.info).version ?? ''),
    basePath: basePathOf(root),
    operations,
    schemas: objectAt(objectAt(root.components).schemas) as Record<string, JsonObject>,
    streams: isSwagger || String(given.openapi).startsWith('3.2.'),
    hints: isSwagger || JSON.stringify(root).includes('"x-nullable"'),
    source: root,
  };
}
