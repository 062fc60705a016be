import { AttestdError } from '../support/foundation/errors.js';
import { decodeJson, firstJson, type GoType, mostElementsOfRequest } from '../support/go/json.js';
import type { OperationRequest } from './operation.js';

/** Longest JSON body that is read, in bytes: more than any client sends, and what is decoded without keeping others waiting. */
const maximumBody = 1024 * 1024;

/**
 * All bytes of a request's body.
 *
 * @throws INVALID_ARGUMENT when it is too long
 */
export async function readBody({ body }: OperationRequest, limit = maximumBody): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of body as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > limit) throw new AttestdError('INVALID_ARGUMENT', 'http: request body too large');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** Whether a request says that it has no body. */
function isBodiless({ headers }: OperationRequest): boolean {
  const { 'content-length': length, 'transfer-encoding': coding } = headers;
  return coding === undefined && (length === undefined || length === '0');
}

/**
 * Refuse a body that is not said to be JSON (docs/reference/behavior/http.md#json-bodies).
 *
 * @throws INVALID_ARGUMENT with dockerd's texts
 */
export function checkForJson(request: OperationRequest): void {
  const type = request.headers['content-type'] ?? '';
  if (type === '' && isBodiless(request)) return;
  const [media = ''] = type.split(';');
  if (media.trim() === '')
    throw new AttestdError('INVALID_ARGUMENT', `malformed Content-Type header (${type}): mime: no media type`);
  if (media.trim().toLowerCase() !== 'application/json')
    throw new AttestdError('INVALID_ARGUMENT', `unsupported Content-Type header (${type}): must be 'application/json'`);
}

/**
 * Decode a request's JSON body; no body is an empty value.
 *
 * @param absent the value where there is no body
 * @param limit longest body in bytes; as is usual without it
 * @throws INVALID_ARGUMENT for another type, malformed JSON, and anything after it
 */
export async function readJson<T>(
  request: OperationRequest,
  type: GoType<T>,
  absent: () => T,
  limit?: number,
): Promise<T> {
  checkForJson(request);
  if (isBodiless(request)) return absent();
  const body = await readBody(request, limit);
  if (body.toString('latin1').trim() === '')
    throw new AttestdError('INVALID_ARGUMENT', 'invalid JSON: got EOF while reading request body');
  try {
    const first = firstJson(body);
    const value = decodeJson(first, type, mostElementsOfRequest);
    if (/^\s*[^\s\]}]/.test(body.toString('latin1', first.length)))
      throw new AttestdError('INVALID_ARGUMENT', 'unexpected content after JSON');
    return value;
  } catch (error) {
    if (!(error instanceof AttestdError) || error.code !== 'INVALID_JSON') throw error;
    throw new AttestdError('INVALID_ARGUMENT', `invalid JSON: ${error.message}`, { cause: error });
  }
}
