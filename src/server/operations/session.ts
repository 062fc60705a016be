import type { OperationEntry } from '../../spec/table.js';
import { AttestdError } from '../../support/foundation/errors.js';
import type { OperationHandlers, OperationRequest } from '../operation.js';

/** `POST /grpc`, which the daemon has and no description knows; what upgrades is taken before it comes here. */
export const grpcOperation: OperationEntry = {
  operationId: 'Grpc',
  tag: 'Session',
  method: 'POST',
  path: '/grpc',
  parameters: [],
  responses: {},
};

/** Why a connection stays as it is (docs/reference/behavior/content-service.md#connections). */
function refusal({ headers }: OperationRequest): string | undefined {
  const protocol = headers.upgrade ?? '';
  if (protocol === '') return 'no upgrade proto in request';
  return protocol === 'h2c' ? undefined : `protocol ${protocol} not supported`;
}

/** Handlers of the operations that turn their connection into another one. */
export const handlers: OperationHandlers = {
  Grpc: (request) => {
    throw new AttestdError('INTERNAL', refusal(request) ?? 'the connection cannot be upgraded');
  },
  Session: (request) => {
    const reason = refusal(request);
    if (reason !== undefined) throw new AttestdError('INVALID_ARGUMENT', reason);
    throw new AttestdError('NOT_IMPLEMENTED', 'there is no builder that a session could serve');
  },
};
