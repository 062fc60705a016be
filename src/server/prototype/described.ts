import { Readable } from 'node:stream';
import type { ErrorObject } from 'ajv';
import formats from 'ajv-formats';
import { OpenAPIBackend, type Request } from 'openapi-backend';
import type { Json, JsonObject } from '../../spec/document.js';
import type { OperationEntry } from '../../spec/table.js';
import { AttestdError } from '../../support/foundation/errors.js';
import type { JsonValue } from '../../support/go/json/render.js';
import { checkForJson, readBody } from '../json-body.js';
import type { OperationRequest, OperationResult } from '../operation.js';
import type { Document } from './additions.js';
import { lookupIn, referring } from './examples.js';

/** Marks an answer that is made, in whole or in part, from the description, so that nobody takes it for state. */
export const mark = { 'X-Attestd-Source': 'spec' };

/** A request whose parameters and body fit the description. */
export interface Checked {
  /** The request, to hand on: its body can be read once more. */
  readonly request: OperationRequest;
  /** Query and path parameters by name, of their types. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** The JSON body, if there is one. */
  readonly body: unknown;
}

/** `a/0/b` as `a.0.b`. */
const dotted = (steps: readonly string[]): string =>
  steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~')).join('.');

const kinds: Readonly<Record<string, string>> = { query: 'query parameter', path: 'path parameter', header: 'header' };

/** What is wrong, by name. */
function explain({ instancePath, keyword, params, message }: ErrorObject, operationId: string): string {
  const [part = '', ...steps] = instancePath.split('/').slice(1);
  const { missingProperty, additionalProperty, allowedValues } = params as Record<string, unknown>;
  const named = missingProperty ?? additionalProperty;
  const inner = part === '' ? [] : [...steps, ...(named === undefined ? [] : [String(named)])];
  const isBody = part === 'requestBody' || (part === '' && named === 'requestBody');
  const kind = isBody ? 'body' : (kinds[part] ?? 'parameter');
  const subject = isBody && inner.length === 0 ? 'the body' : `${kind} '${dotted(inner)}'`;
  if (keyword === 'required') return `${subject} is missing`;
  if (keyword === 'additionalProperties') return `${subject} is not known to ${operationId}`;
  if (Array.isArray(allowedValues)) return `${subject} is none of ${allowedValues.join(', ')}`;
  return `${subject} ${message ?? 'does not fit the description'}`;
}

/** A description that requests are checked against, and that has examples. */
export class Described {
  private constructor(private readonly backend: OpenAPIBackend) {}

  /**
   * @param document a description in OpenAPI 3
   */
  static async of(document: Document): Promise<Described> {
    const backend = new OpenAPIBackend({
      definition: document as unknown as ConstructorParameters<typeof OpenAPIBackend>[0]['definition'],
      quick: true,
      ajvOpts: { allErrors: true, logger: false },
      customizeAjv: (ajv) => formats.default(ajv as never, ['date-time', 'uri', 'uuid', 'email']) as never,
    });
    await backend.init();
    return new Described(backend);
  }

  /** Whether anything about the requests of an operation is described. */
  private operation(operationId: string): JsonObject {
    return (this.backend.router.getOperation(operationId) ?? {}) as unknown as JsonObject;
  }

  /**
   * Check a request against the description.
   *
   * @param entry the operation
   * @param whole whether parameters that the description does not have are refused
   * @throws AttestdError INVALID_ARGUMENT that names what is wrong
   */
  async check(request: OperationRequest, entry: OperationEntry, whole: boolean): Promise<Checked> {
    const { requestBody, parameters = [] } = this.operation(entry.operationId);
    const form = await request.form();
    const described = (parameters as JsonObject[]).filter((one) => one.in === 'query');
    const names = whole ? [...form.names()] : described.map(({ name }) => String(name));
    const query: Record<string, string | string[]> = {};
    for (const name of names.filter((one) => form.has(one))) {
      const schema = described.find((one) => one.name === name)?.schema as JsonObject | undefined;
      const values = form.all(name).map((value) => (schema?.type === 'boolean' ? flag(value) : value));
      query[name] = values.length > 1 || schema?.type === 'array' ? [...values] : (values[0] as string);
    }
    const [body, onward] = requestBody === undefined ? [undefined, request] : await readOnce(request);
    const asked: Request = {
      method: entry.method,
      path: entry.path.replace(/\{([^{}]*)\}/g, (_, name: string) => encodeURIComponent(request.params[name] ?? '')),
      headers: { ...(request.headers as Record<string, string>), ...(body !== undefined && json) },
      query,
      body,
    };
    const { errors } = this.backend.validateRequest(asked, entry.operationId);
    if (errors != null && errors.length > 0) {
      const reasons = new Set(errors.map((error) => explain(error as ErrorObject, entry.operationId)));
      throw new AttestdError('INVALID_ARGUMENT', [...reasons].join('; '));
    }
    return { request: onward, parameters: typed({ ...request.params, ...query }, parameters as JsonObject[]), body };
  }

  /** The description's example of an operation's answer, its references to the request resolved. */
  example({ operationId }: OperationEntry, { parameters, body }: Checked): OperationResult {
    const { responses } = this.operation(operationId) as { responses: JsonObject };
    const { status, mock } = this.backend.mockResponseForOperation(operationId) as { status: number; mock: Json };
    const { content } = (responses[String(status)] ?? {}) as { content?: JsonObject };
    const [type] = Object.keys(content ?? {});
    if (type === undefined) return { kind: 'empty', status, headers: mark };
    const value = referring(mock, lookupIn(parameters, body));
    if (typeof value !== 'string' || /\bjson/.test(type))
      return { kind: 'json', status, value: value as JsonValue, headers: mark };
    const bytes = Buffer.from(value);
    return { kind: 'body', status, contentType: type, body: { length: bytes.length, content: bytes }, headers: mark };
  }
}

const json = { 'content-type': 'application/json' };

/** The spellings of a flag that clients of the Engine API use. */
function flag(text: string): string {
  if (text === '1') return 'true';
  return text === '0' ? 'false' : text;
}

/** Parameters as their schemas have them, so that an example that refers to a number holds one. */
function typed(values: Readonly<Record<string, unknown>>, parameters: readonly JsonObject[]): Record<string, unknown> {
  const out: Record<string, unknown> = { ...values };
  for (const { name, schema } of parameters) {
    const { type } = (schema ?? {}) as JsonObject;
    const value = out[String(name)];
    if (typeof value !== 'string') continue;
    if (type === 'integer' || type === 'number') out[String(name)] = Number(value);
    if (type === 'boolean') out[String(name)] = value === 'true';
  }
  return out;
}

/** A request's JSON body, and the request with that body to be read again. */
async function readOnce(request: OperationRequest): Promise<[unknown, OperationRequest]> {
  checkForJson(request);
  const bytes = await readBody(request);
  const onward: OperationRequest = {
    operationId: request.operationId,
    apiVersion: request.apiVersion,
    params: request.params,
    headers: request.headers,
    body: Readable.from([bytes]),
    get signal() {
      return request.signal;
    },
    query: () => request.query(),
    form: () => request.form(),
  };
  if (bytes.toString('latin1').trim() === '') return [undefined, onward];
  try {
    return [JSON.parse(bytes.toString()), onward];
  } catch (cause) {
    throw new AttestdError('INVALID_ARGUMENT', `invalid JSON: ${(cause as Error).message}`, { cause });
  }
}
