import type { OperationEntry } from '../../spec/table.js';
import { AttestdError } from '../../support/foundation/errors.js';
import type { OperationHandler, OperationHandlers } from '../operation.js';
import { grpcOperation } from './session.js';

const entry = (operationId: string, method: OperationEntry['method'], path: string): OperationEntry => ({
  operationId,
  tag: 'Undescribed',
  method,
  path,
  parameters: [],
  responses: {},
});

const checkpoints = '/containers/{id}/checkpoints';

/** What a daemon has and no description knows. */
export const undescribed: readonly OperationEntry[] = [
  grpcOperation,
  entry('BuildCancel', 'POST', '/build/cancel'),
  entry('CheckpointList', 'GET', checkpoints),
  entry('CheckpointCreate', 'POST', checkpoints),
  entry('CheckpointDelete', 'DELETE', `${checkpoints}/{checkpoint}`),
];

const experimental: OperationHandler = () => {
  const how = 'Start the Docker daemon in experimental mode in order to enable it.';
  throw new AttestdError('NOT_IMPLEMENTED', `This experimental feature is disabled by default. ${how}`);
};

/** Their handlers (docs/reference/behavior/http.md#paths-and-methods). */
export const handlers: OperationHandlers = {
  // No build of BuildKit is ever under way.
  BuildCancel: async (request) => {
    if ((await request.form()).get('id') === '') throw new AttestdError('INVALID_ARGUMENT', 'build ID not provided');
    return { kind: 'body', contentType: 'application/json', body: { length: 0, content: Buffer.alloc(0) } };
  },
  CheckpointList: experimental,
  CheckpointCreate: experimental,
  CheckpointDelete: experimental,
};
