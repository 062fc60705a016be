/** Validates responses against the description of their API version. */
import { readFileSync } from 'node:fs';
import { Ajv, type AnySchema, type ErrorObject, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import { AttestdError } from '../support/foundation/errors.js';
import { isObject, type Json, type JsonObject } from './document.js';
import { toPointer } from './pointer.js';
import { unknownFields } from './unknown.js';
import { compareVersions, schemaAtVersion } from './versions.js';

/** A deviation of a response from the description. */
export interface Violation {
  /** JSON Pointer into the body; '' for the whole body. */
  readonly pointer: string;
  /** The schema keyword that failed, or `status`, `json`, `operation-since`. */
  readonly code: string;
  readonly message: string;
}

/** The findings of a response check. */
export interface ResponseCheck {
  /** All violations, in the order of the body. */
  readonly violations: readonly Violation[];
  /** JSON Pointers to members that the description lacks. */
  readonly unknown: readonly string[];
}

interface Prepared {
  readonly validate: ValidateFunction;
  readonly schema: JsonObject;
  readonly components: JsonObject;
}

let openApi: JsonObject | undefined;

/**
 * Returns the OpenAPI form of api/swagger.yaml. It is read once.
 *
 * @returns the shared document. Callers must not change it
 */
export function openApiDocument(): JsonObject {
  openApi ??= JSON.parse(readFileSync(new URL('../generated/openapi.json', import.meta.url), 'utf8')) as JsonObject;
  return openApi;
}

const prepared = new Map<string, Prepared>();
const atVersion = new Map<string, { readonly ajv: Ajv; readonly components: JsonObject }>();

/** Returns the validator of an API version. It compiles the schemas that responses share once. */
function validatorAt(version: string): { readonly ajv: Ajv; readonly components: JsonObject } {
  let entry = atVersion.get(version);
  if (!entry) {
    const components = schemaAtVersion(openApiDocument().components as Json, version) as JsonObject;
    const ajv = new Ajv({ allErrors: true, strict: false, logger: false });
    formats.default(ajv, ['date-time', 'uri']);
    ajv.addSchema({ $id: 'api', components });
    entry = { ajv, components };
    atVersion.set(version, entry);
  }
  return entry;
}

function operationOf(operationId: string): JsonObject {
  for (const item of Object.values(openApiDocument().paths as JsonObject)) {
    for (const operation of Object.values(item as JsonObject)) {
      if ((operation as JsonObject).operationId === operationId) return operation as JsonObject;
    }
  }
  throw new AttestdError('NOT_FOUND', `no operation ${operationId} in the description`);
}

/** Rewrites the references of a schema to the components of the validator. */
function absolute(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(absolute);
  if (!isObject(schema)) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === '$ref' ? `api${String(value)}` : absolute(value as Json),
    ]),
  );
}

function prepare(key: string, schema: Json, version: string): Prepared {
  let entry = prepared.get(key);
  if (!entry) {
    const { ajv, components } = validatorAt(version);
    const own = schemaAtVersion(schema, version) as JsonObject;
    entry = { validate: ajv.compile(absolute(own) as AnySchema), schema: own, components };
    prepared.set(key, entry);
  }
  return entry;
}

function violation(error: ErrorObject): Violation {
  const params = error.params as { missingProperty?: string; additionalProperty?: string };
  const member = params.missingProperty ?? params.additionalProperty;
  return {
    pointer: error.instancePath + (member === undefined ? '' : toPointer([member])),
    code: error.keyword,
    message: error.message ?? 'does not fit the schema',
  };
}

/** Keeps the errors of the first branch of an anyOf. The converter writes anyOf only for `schema or null`. */
function relevant(errors: readonly ErrorObject[]): ErrorObject[] {
  return errors.filter((e) => e.keyword !== 'anyOf' && !e.schemaPath.includes('/anyOf/1/'));
}

/** Returns the media type of a JSON body: application/json, or the type of a stream of JSON messages. */
function jsonType(content: unknown): string | undefined {
  return isObject(content) ? Object.keys(content).find((name) => /\bjson/.test(name)) : undefined;
}

/** Splits a JSON stream into messages: one per line. In json-seq, a record separator precedes each. */
function streamMessages(body: string): string[] {
  return body
    .split('\n')
    .map((line) => (line.charCodeAt(0) === 0x1e ? line.slice(1) : line).trim())
    .filter((line) => line !== '');
}

function checkValue(body: unknown, { validate, schema, components }: Prepared): ResponseCheck {
  let value = body;
  if (typeof body === 'string') {
    try {
      value = JSON.parse(body);
    } catch (error) {
      const message = `the body is no JSON: ${(error as Error).message}`;
      return { violations: [{ pointer: '', code: 'json', message }], unknown: [] };
    }
  }
  const violations = validate(value) ? [] : relevant(validate.errors ?? []).map(violation);
  return { violations, unknown: unknownFields(value, schema, components.schemas as JsonObject) };
}

/**
 * Checks a response against the description.
 *
 * @param operationId the operation, such as `ImageInspect`
 * @param status the status code of the response
 * @param body the parsed body or its text; undefined without a body. The text of a stream of JSON messages (events) is
 *   checked message by message, and the pointers lead into a message
 * @param apiVersion the API version of the request. Default: the version of the description
 * @returns all violations, and the members that the description lacks
 * @throws AttestdError NOT_FOUND if the operation does not exist
 */
export function validateResponse(
  operationId: string,
  status: number,
  body: unknown,
  apiVersion: string = String((openApiDocument().info as JsonObject).version),
): ResponseCheck {
  const operation = operationOf(operationId);
  const since = operation['x-since'];
  if (typeof since === 'string' && compareVersions(since, apiVersion) > 0 && status < 400) {
    const message = `${operationId} exists since API ${since}, and answered ${status} at ${apiVersion}`;
    return { violations: [{ pointer: '', code: 'operation-since', message }], unknown: [] };
  }
  const response = (operation.responses as JsonObject)[String(status)];
  if (!isObject(response)) {
    const message = `the description of ${operationId} has no status ${status}`;
    return { violations: [{ pointer: '', code: 'status', message }], unknown: [] };
  }
  const type = jsonType(response.content);
  const schema = type === undefined ? undefined : ((response.content as JsonObject)[type] as JsonObject).schema;
  if (schema === undefined) return { violations: [], unknown: [] };
  const key = `${operationId} ${status} ${apiVersion}`;
  const messages = typeof body === 'string' && type !== 'application/json' ? streamMessages(body) : [body];
  const checks = messages.map((message) => checkValue(message, prepare(key, schema, apiVersion)));
  return { violations: checks.flatMap((c) => c.violations), unknown: checks.flatMap((c) => c.unknown) };
}
