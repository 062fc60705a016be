import { AttestdError } from '../../support/foundation/errors.js';
import type { Route } from '../app.js';
import type { OperationHandler } from '../operation.js';
import { grpc } from './session.js';

const route = (operationId: string, method: string, path: string, handler: OperationHandler): Route => ({
  operationId,
  method,
  path,
  tag: 'Undescribed',
  parameters: [],
  handler,
});

/** BuildKit never has a build to cancel. */
const cancelBuild: OperationHandler = async (request) => {
  if ((await request.form()).get('id') === '') throw new AttestdError('INVALID_ARGUMENT', 'build ID not provided');
  return { kind: 'body', contentType: 'application/json', body: { length: 0, content: Buffer.alloc(0) } };
};

const experimental: OperationHandler = () => {
  const how = 'Start the Docker daemon in experimental mode in order to enable it.';
  throw new AttestdError('NOT_IMPLEMENTED', `This experimental feature is disabled by default. ${how}`);
};

const checkpoints = '/containers/{id}/checkpoints';

/** Operations of a daemon that the description lacks (docs/reference/behavior/http.md#paths-and-methods). */
export const undescribedRoutes: readonly Route[] = [
  route('Grpc', 'POST', '/grpc', grpc),
  route('BuildCancel', 'POST', '/build/cancel', cancelBuild),
  route('CheckpointList', 'GET', checkpoints, experimental),
  route('CheckpointCreate', 'POST', checkpoints, experimental),
  route('CheckpointDelete', 'DELETE', `${checkpoints}/{checkpoint}`, experimental),
];
