import { AttestdError } from '../../support/foundation/errors.js';
import type { DescribedHandlers, OperationHandler, OperationRequest } from '../operation.js';

/** Why a connection stays as it is (docs/reference/behavior/content-service.md#connections). */
function refusal({ headers }: OperationRequest): string | undefined {
  const protocol = headers.upgrade ?? '';
  if (protocol === '') return 'no upgrade proto in request';
  return protocol === 'h2c' ? undefined : `protocol ${protocol} not supported`;
}

/** Answers `POST /grpc` where it does not upgrade the connection. */
export const grpc: OperationHandler = (request) => {
  throw new AttestdError('INTERNAL', refusal(request) ?? 'the connection cannot be upgraded');
};

/** Handlers of the operations that turn their connection into another one. */
export const handlers = {
  Session: (request) => {
    const reason = refusal(request);
    if (reason !== undefined) throw new AttestdError('INVALID_ARGUMENT', reason);
    throw new AttestdError('NOT_IMPLEMENTED', 'there is no builder that a session could serve');
  },
} satisfies DescribedHandlers;
