import { AttestdError, type ErrorCode } from '../../support/foundation/errors.js';
import { defaultMessage, detailsOf, type NamedError, namedErrors } from '../../support/registry-client/error-codes.js';
import { refusalOf } from '../../support/registry-client/types.js';

const codes: Readonly<Record<string, ErrorCode>> = {
  UNSUPPORTED: 'NOT_IMPLEMENTED',
  UNAUTHORIZED: 'UNAUTHORIZED',
  DENIED: 'FORBIDDEN',
  UNAVAILABLE: 'UNAVAILABLE',
};

/**
 * Converts a registry's error response into dockerd's error: the registry's own errors instead of the failed request
 * (docs/reference/registries.md#errors).
 *
 * @returns the error itself if it is not an error response
 */
export function explainRejection(error: unknown): unknown {
  const refusal = refusalOf(error);
  if (!(error instanceof AttestdError) || refusal === undefined) return error;
  const { status, body } = refusal;
  const named = namedErrors(body);
  if (named === undefined) return new AttestdError('INTERNAL', `unknown: ${error.message}`, { cause: error });
  const details = named.length === 0 && (status === 401 || status === 403) ? detailsOf(body) : undefined;
  if (details !== undefined) {
    const code = status === 401 ? 'UNAUTHORIZED' : 'DENIED';
    return new AttestdError(codes[code] ?? 'INTERNAL', `${defaultMessage(code)} - ${details}`, { cause: error });
  }
  const [first] = named;
  const text = first === undefined ? error.message : named.map(textOf).join('\n');
  return new AttestdError(codes[first?.code ?? ''] ?? 'INTERNAL', `error from registry: ${text}`, { cause: error });
}

function textOf({ code, message, detail }: NamedError): string {
  const text = message === '' ? defaultMessage(code) : message;
  return typeof detail === 'string' ? `${text} - ${detail}` : text;
}
