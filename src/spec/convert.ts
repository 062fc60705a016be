/**
 * Converts Swagger 2.0 to OpenAPI 3: 3.0 for older tools, 3.1 for tools that read its schemas as JSON Schema, 3.2 for the
 * messages of streams.
 * A nullable `$ref` becomes an `anyOf` with null, which validators and type generators interpret alike.
 */

import type {
  Description,
  Header,
  Json,
  JsonObject,
  Operation,
  Parameter,
  PathItem,
  Response,
  Schema,
} from './document.js';
import { responseExample } from './example.js';

/** The supported OpenAPI versions. */
export type Dialect = '3.0' | '3.1' | '3.2';

const versions: Record<Dialect, string> = { '3.0': '3.0.3', '3.1': '3.1.0', '3.2': '3.2.0' };

/** The media types whose content is a sequence of JSON values. */
const sequential = new Set(['application/jsonl', 'application/x-ndjson', 'application/json-seq']);

const replaced = new Set(['x-nullable', 'x-deprecated', 'type', 'enum', '$ref', 'properties', 'items', 'allOf']);
const annotations = ['title', 'description', 'example', 'x-since', 'x-omitempty', 'deprecated'];

function reference(ref: string): string {
  return ref.replace(/^#\/definitions\//, '#/components/schemas/');
}

function mapValues<T>(object: Record<string, T>, convert: (value: T) => Json): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, convert(value)]));
}

function nullable(out: JsonObject, dialect: Dialect): JsonObject {
  if (typeof out.type === 'string') {
    const { enum: values } = out;
    if (Array.isArray(values) && !values.includes(null)) out.enum = [...values, null];
    return dialect !== '3.0' ? { ...out, type: [out.type, 'null'] } : { ...out, nullable: true };
  }
  const outer: JsonObject = {};
  const inner: JsonObject = {};
  for (const [key, value] of Object.entries(out)) (annotations.includes(key) ? outer : inner)[key] = value;
  const none: JsonObject = dialect !== '3.0' ? { type: 'null' } : { type: 'object', nullable: true, enum: [null] };
  return { ...outer, anyOf: [inner, none] };
}

/**
 * Converts a schema.
 *
 * @param schema a Swagger 2.0 schema with this API's `x-nullable`. Siblings of `$ref` apply
 * @param dialect the OpenAPI version of the result
 * @returns the OpenAPI schema
 */
export function convertSchema(schema: Schema, dialect: Dialect): JsonObject {
  const convert = (part: Schema): JsonObject => convertSchema(part, dialect);
  const out: JsonObject = {};
  if (schema.$ref !== undefined) out.$ref = reference(schema.$ref);
  for (const [key, value] of Object.entries(schema)) {
    if (!replaced.has(key) && value !== undefined) out[key] = value as Json;
  }
  if (schema['x-deprecated']) out.deprecated = true;
  // A type next to a $ref repeats the type of the referenced schema.
  if (schema.type !== undefined && schema.$ref === undefined) out.type = schema.type;
  if (schema.enum) out.enum = schema.enum;
  if (schema.allOf) out.allOf = schema.allOf.map(convert);
  if (schema.items) out.items = convert(schema.items);
  if (schema.properties) out.properties = mapValues(schema.properties, convert);
  if (typeof schema.additionalProperties === 'object') out.additionalProperties = convert(schema.additionalProperties);
  if (schema['x-nullable']) return nullable(out, dialect);
  // OpenAPI 3.0 allows no siblings of $ref.
  if (dialect !== '3.0' || out.$ref === undefined || Object.keys(out).length === 1) return out;
  const { $ref, ...siblings } = out;
  return { ...siblings, allOf: [{ $ref }] };
}

const parameterKeywords = new Set([
  'name',
  'in',
  'description',
  'required',
  'collectionFormat',
  'x-since',
  'x-deprecated',
  'allowEmptyValue',
]);

function convertParameter(parameter: Parameter, dialect: Dialect): JsonObject {
  const { name, in: place, description, required, collectionFormat } = parameter;
  const schema = Object.fromEntries(Object.entries(parameter).filter(([key]) => !parameterKeywords.has(key)));
  return {
    name,
    in: place,
    ...(description !== undefined && { description }),
    ...(required && { required }),
    ...(parameter['x-since'] !== undefined && { 'x-since': parameter['x-since'] }),
    ...(parameter['x-deprecated'] && { deprecated: true }),
    ...(parameter.type === 'array' && place === 'query' && { style: 'form', explode: collectionFormat === 'multi' }),
    schema: convertSchema(schema as Schema, dialect),
  };
}

/** The context of a conversion. */
export interface Context {
  readonly description: Description;
  readonly dialect: Dialect;
}

function convertBody(body: Parameter, operation: Operation, { description, dialect }: Context): JsonObject {
  const schema = body.schema ?? {};
  const binary = schema.type === 'string' && schema.format === 'binary';
  const fallback = binary ? ['application/octet-stream'] : (description.consumes ?? []).slice(0, 1);
  return {
    ...(body.description !== undefined && { description: body.description }),
    ...(body.required && { required: true }),
    content: Object.fromEntries(
      (operation.consumes ?? fallback).map((type) => [type, { schema: convertSchema(schema, dialect) }]),
    ),
  };
}

/**
 * Returns the media types of a response. As with real daemons, errors are JSON regardless of `produces`, and a global
 * `text/plain` applies to strings only.
 *
 * @param status the response's status
 * @param response the response
 * @param operation its operation
 * @param description the description, for its own `produces`
 * @returns media types; empty if the response has no body
 */
export function responseTypes(
  status: string,
  response: Response,
  operation: Operation,
  description: Description,
): string[] {
  if (!response.schema) return Object.keys(response.examples ?? {});
  if (Number(status) >= 400 && response.schema.type !== 'string') return ['application/json'];
  if (operation.produces) return operation.produces;
  return response.schema.type === 'string' ? ['text/plain'] : (description.produces ?? []).slice(0, 1);
}

function convertHeader(header: Header, dialect: Dialect): JsonObject {
  const { description, ...schema } = header;
  return { ...(description !== undefined && { description }), schema: convertSchema(schema, dialect) };
}

/** Returns the content of a response by media type. */
function convertContent(
  types: readonly string[],
  response: Response,
  { description, dialect }: Context,
): Record<string, JsonObject> {
  const item = response['x-item-schema'] as Schema | undefined;
  return Object.fromEntries(
    types.map((type) => {
      const example = type === 'application/json' ? responseExample(response, description) : response.examples?.[type];
      const schema = response.schema ?? (dialect === '3.2' ? item : undefined);
      const isSequence = dialect === '3.2' && (sequential.has(type) || schema === item);
      return [
        type,
        {
          ...(schema && { [isSequence ? 'itemSchema' : 'schema']: convertSchema(schema, dialect) }),
          ...(example !== undefined && { example }),
        },
      ];
    }),
  );
}

function convertResponse(status: string, response: Response, operation: Operation, context: Context): JsonObject {
  const { description, dialect } = context;
  let types = responseTypes(status, response, operation, description);
  if (dialect === '3.2' && types.length === 0 && Number(status) < 300) {
    // A binary body has a media type and no schema. A response without a body has neither.
    if (response['x-item-schema'] !== undefined) types = ['application/json'];
    else if (status !== '204' && operation.produces?.[0] !== 'text/plain') {
      types = (operation.produces ?? []).filter((type) => type !== 'application/json');
    }
  }
  const content = convertContent(types, response, context);
  return {
    description: response.description ?? '',
    ...(response.headers && { headers: mapValues(response.headers, (header) => convertHeader(header, dialect)) }),
    ...(types.length > 0 && { content }),
  };
}

function convertOperation(operation: Operation, context: Context): JsonObject {
  const { operationId, summary, description, tags, deprecated, parameters = [], responses } = operation;
  const body = parameters.find((p) => p.in === 'body');
  const others = parameters.filter((p) => p.in !== 'body');
  return {
    ...(tags && { tags }),
    ...(summary !== undefined && { summary }),
    ...(description !== undefined && { description }),
    operationId,
    ...(operation['x-since'] !== undefined && { 'x-since': operation['x-since'] }),
    ...((deprecated || operation['x-deprecated']) && { deprecated: true }),
    ...(others.length > 0 && { parameters: others.map((p) => convertParameter(p, context.dialect)) }),
    ...(body && { requestBody: convertBody(body, operation, context) }),
    responses: Object.fromEntries(
      Object.entries(responses).map(([status, r]) => [status, convertResponse(status, r, operation, context)]),
    ),
  };
}

/**
 * Converts the operations of a path.
 *
 * @param item the path item
 * @param context the description, and the OpenAPI version of the result
 * @returns the OpenAPI path item
 */
export function convertPathItem(item: PathItem, context: Context): JsonObject {
  return mapValues(item as Record<string, Operation>, (operation) => convertOperation(operation, context));
}

/**
 * Converts a description.
 *
 * @param description Swagger 2.0
 * @param dialect the OpenAPI version of the result. Default: 3.0, which openapi-backend requires
 * @returns the same API as OpenAPI 3
 */
export function toOpenApi(description: Description, dialect: Dialect = '3.0'): JsonObject {
  const context = { description, dialect };
  const { title = '', version, description: text } = description.info;
  return {
    openapi: versions[dialect],
    info: { title, version, ...(text !== undefined && { description: text }) },
    // A generated client needs a host. Over a socket it has no effect.
    servers: [
      { url: `http://127.0.0.1:2375${description.basePath ?? '/'}`, description: 'A daemon that listens on TCP.' },
    ],
    ...(description.security !== undefined && { security: description.security }),
    ...(description.tags && { tags: description.tags.map((tag) => ({ ...tag })) }),
    paths: mapValues(description.paths, (item) => convertPathItem(item, context)),
    components: { schemas: mapValues(description.definitions, (schema) => convertSchema(schema, dialect)) },
  };
}
