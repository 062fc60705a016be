import type { OpenAPIBackend } from 'openapi-backend';
import type { JsonValue } from '../engine/types.js';
import type { OperationHandler, OperationResult } from './operation.js';

/** Marks an answer that was made from the description, so that nobody takes it for state. */
const mark = { 'X-Attestd-Source': 'spec' };

let loaded: Promise<OpenAPIBackend> | undefined;

/** Loaded with the first request that needs it: it costs memory and start-up time that most runs never need. */
async function load(): Promise<OpenAPIBackend> {
  const [{ OpenAPIBackend: Backend }, { openApiDocument }] = await Promise.all([
    import('openapi-backend'),
    import('../spec/index.js'),
  ]);
  const definition = openApiDocument() as unknown as ConstructorParameters<typeof Backend>[0]['definition'];
  const backend = new Backend({ definition, quick: true, validate: false });
  await backend.init();
  return backend;
}

/** Answers an operation that has no handler from the description: its examples, then its schema. */
export const answerFromDescription: OperationHandler = async (request): Promise<OperationResult> => {
  loaded ??= load();
  const backend = await loaded;
  const { status, mock } = backend.mockResponseForOperation(request.operationId) as { status: number; mock: unknown };
  if (mock === undefined) return { kind: 'empty', status, headers: mark };
  return { kind: 'json', status, value: mock as JsonValue, headers: mark };
};
