import { AttestdError, type ErrorCode } from '../foundation/errors.js';
import { quote } from '../go/quote.js';
import { parseChallenges } from './challenge.js';
import { readAtMost, statusText } from './response-errors.js';
import type { RegistryResponse } from './transport.js';

/** Codes of registries (distribution-spec, "Error Codes") with the text that registries send beside them. */
const codes: Readonly<Record<string, readonly [message: string, code: ErrorCode]>> = {
  BLOB_UNKNOWN: ['blob unknown to registry', 'NOT_FOUND'],
  BLOB_UPLOAD_INVALID: ['blob upload invalid', 'NOT_FOUND'],
  BLOB_UPLOAD_UNKNOWN: ['blob upload unknown to registry', 'NOT_FOUND'],
  DENIED: ['requested access to the resource is denied', 'FORBIDDEN'],
  DIGEST_INVALID: ['provided digest did not match uploaded content', 'INVALID_ARGUMENT'],
  MANIFEST_BLOB_UNKNOWN: ['blob unknown to registry', 'INVALID_ARGUMENT'],
  MANIFEST_INVALID: ['manifest invalid', 'INVALID_ARGUMENT'],
  MANIFEST_UNKNOWN: ['manifest unknown', 'NOT_FOUND'],
  NAME_INVALID: ['invalid repository name', 'INVALID_ARGUMENT'],
  NAME_UNKNOWN: ['repository name not known to registry', 'NOT_FOUND'],
  SIZE_INVALID: ['provided length did not match content length', 'INVALID_ARGUMENT'],
  TAG_INVALID: ['manifest tag did not match URI', 'INVALID_ARGUMENT'],
  TOOMANYREQUESTS: ['too many requests', 'TOO_MANY_REQUESTS'],
  UNAUTHORIZED: ['authentication required', 'UNAUTHORIZED'],
  UNAVAILABLE: ['service unavailable', 'UNAVAILABLE'],
  UNKNOWN: ['unknown error', 'INTERNAL'],
  UNSUPPORTED: ['The operation is unsupported.', 'UNSUPPORTED'],
};

/** One error that a registry names. */
export interface NamedError {
  /** From the specification's table; `UNKNOWN` for any other. */
  readonly code: string;
  readonly message: string;
  readonly detail: unknown;
}

/** The text that goes with a code when the registry gives none. */
export const defaultMessage = (code: string): string => (codes[code] ?? codes.UNKNOWN)?.[0] ?? '';

/**
 * The errors that a registry names in the body of an answer.
 *
 * @returns undefined for a body of another form
 */
export function namedErrors(body: string): readonly NamedError[] | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return undefined;
  }
  const list = (parsed as { errors?: unknown } | null)?.errors;
  if (list === undefined) return [];
  if (!Array.isArray(list)) return undefined;
  return list.map((one: unknown) => {
    const { code, message, detail } = (one ?? {}) as Record<string, unknown>;
    const known = typeof code === 'string' && Object.hasOwn(codes, code) ? code : 'UNKNOWN';
    return { code: known, message: typeof message === 'string' ? message : '', detail };
  });
}

/** Longest body of a refusal that is read. */
const longest = 1 << 20;

/** The error for a refusal, as dockerd words it where it inspects, logs in and lists tags. */
export async function refusalError(response: RegistryResponse): Promise<AttestdError> {
  const { status } = response;
  const body = (await readAtMost(response, longest).catch(() => Buffer.alloc(0))).toString();
  if (status < 400 || status >= 500)
    return new AttestdError('INTERNAL', `received unexpected HTTP status: ${statusText(status)}`, {
      cause: { status, body },
    });
  const token = tokenError(response);
  const errors = [...(token ? [token] : []), ...bodyErrors(response, body)];
  const [first] = errors;
  const texts = errors.map(textOf);
  const code = codes[first?.code ?? 'UNKNOWN']?.[1] ?? 'INTERNAL';
  const text = texts.length === 1 ? (texts[0] as string) : `errors:\n${texts.map((one) => `${one}\n`).join('')}`;
  return new AttestdError(code, text, { cause: { status, body } });
}

function textOf({ code, message, detail }: NamedError): string {
  const plain = code.toLowerCase().replaceAll('_', ' ');
  const usual = message === '' || message === defaultMessage(code);
  return usual && (detail === undefined || detail === null) ? plain : `${plain}: ${message}`;
}

/** What a bearer challenge says was wrong with the token (RFC 6750, section 3.1). */
function tokenError({ headers }: RegistryResponse): NamedError | undefined {
  const values = headers['www-authenticate'] ?? [];
  for (const { scheme, parameters } of parseChallenges(Array.isArray(values) ? values : [values])) {
    const { error, error_description: description } = parameters;
    const code = error === 'invalid_token' ? 'UNAUTHORIZED' : error === 'insufficient_scope' ? 'DENIED' : undefined;
    if (scheme !== 'bearer' || code === undefined) continue;
    return { code, message: description || `${defaultMessage(code)}`, detail: description ?? '' };
  }
  return undefined;
}

function bodyErrors({ headers, status }: RegistryResponse, body: string): readonly NamedError[] {
  const type = String(headers['content-type'] ?? '').split(';', 1)[0];
  const byStatus = { 401: 'UNAUTHORIZED', 403: 'DENIED', 429: 'TOOMANYREQUESTS' }[status] ?? 'UNKNOWN';
  const worded = (message: string): NamedError => ({ code: byStatus, message, detail: message });
  if (type !== 'application/json' && type !== 'application/vnd.api+json') return [worded(body)];
  const details = detailsOf(body);
  if (details !== undefined) return [worded(details)];
  const errors = namedErrors(body);
  if (errors !== undefined && errors.length > 0) return errors;
  if (status === 401) return [{ code: 'UNAUTHORIZED', message: defaultMessage('UNAUTHORIZED'), detail: body }];
  const why = errors === undefined ? 'invalid JSON' : 'no error details found in HTTP response body';
  return [worded(`error parsing HTTP ${status} response body: ${why}: ${quote(body)}`)];
}

/** The text of a form of errors that is older than the specification. */
export function detailsOf(body: string): string | undefined {
  try {
    const { details } = (JSON.parse(body) ?? {}) as { details?: unknown };
    return typeof details === 'string' && details !== '' ? details : undefined;
  } catch {
    return undefined;
  }
}
