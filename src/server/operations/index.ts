import { operations } from '../../generated/operations.js';
import type { ParameterEntry } from '../../spec/table.js';
import type { Route } from '../app.js';
import { notImplemented } from '../not-implemented.js';
import type { OperationHandler, OperationHandlers } from '../operation.js';
import { routes } from './routes.js';

/** A row without the types of its own operation, which the table has checked. */
interface AnyRow {
  readonly method: string;
  readonly path: string;
  readonly since?: string;
  readonly handler: (
    use: (file: { readonly handlers: OperationHandlers }) => ReturnType<OperationHandler>,
  ) => ReturnType<OperationHandler>;
}

const rows = Object.entries(routes as unknown as Readonly<Record<string, AnyRow>>);

function handlerOf(operationId: string, { handler }: AnyRow): OperationHandler {
  return (request, context) => handler(({ handlers }) => (handlers[operationId] as OperationHandler)(request, context));
}

/** The handlers of all operations of the description. */
export const allHandlers: OperationHandlers = Object.fromEntries(rows.map(([id, row]) => [id, handlerOf(id, row)]));

/** The routes of the description, to the given handlers. */
export function describedRoutes(handlers: OperationHandlers): readonly Route[] {
  const described = new Map(operations.map((entry) => [entry.operationId, entry]));
  return rows.map(([operationId, { method, path, since }]) => {
    const { tag = '', parameters = [] as readonly ParameterEntry[] } = described.get(operationId) ?? {};
    const handler = handlers[operationId] ?? notImplemented({ operationId, method, path });
    return { operationId, method, path, since, tag, parameters, handler };
  });
}
