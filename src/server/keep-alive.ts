import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Leave out the keep-alive headers, which the daemon does not send either. To a client that wants the connection closed, it says
 * that it will be (docs/reference/behavior/content-service.md#connections).
 */
export function leaveOutKeepAlive(request: IncomingMessage, response: ServerResponse): void {
  if (request.httpVersion === '1.1' && response.shouldKeepAlive) response.removeHeader('Connection');
}
