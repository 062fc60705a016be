import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { AttestdError } from '../support/foundation/errors.js';
import { type Address, formatAddress, parseAddress } from './address.js';
import { listen } from './listener.js';

/** Answers a request to the control socket. */
export type ControlHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

/** What the control socket answers, by method and path: `GET /healthz`. */
export type ControlRoutes = Readonly<Record<string, ControlHandler>>;

/** A control socket that answers. */
export interface Control {
  /** As `--control` has it. */
  readonly host: string;
  close(): Promise<void>;
}

/** End an answer with a text. */
export function answerText(
  response: ServerResponse,
  status: number,
  text: string,
  contentType = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(text) }).end(text);
}

/**
 * Answer those who run the server, on a socket of their own: the API's clients never reach it, and what it says is not
 * the daemon's.
 *
 * @param address `unix:///path`; only this user can connect
 * @throws AttestdError USAGE for another kind of address, and what `listen` throws
 */
export async function startControl(address: string, routes: ControlRoutes): Promise<Control> {
  const parsed: Address = parseAddress(address);
  if (parsed.kind !== 'unix') throw new AttestdError('USAGE', `'${address}': the control socket is a unix:///path`);
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?', 1)[0];
    const handler = routes[`${request.method} ${path}`];
    if (handler === undefined) return answerText(response, 404, `no ${request.method} ${path} here\n`);
    Promise.resolve(handler(request, response)).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else {
        const status = error instanceof AttestdError ? error.httpStatus : 500;
        answerText(response, status, `${error instanceof Error ? error.message : String(error)}\n`);
      }
    });
  });
  const listener = await listen(parsed, { http1: (socket) => server.emit('connection', socket), mode: 0o600 });
  return {
    host: formatAddress(listener.address),
    close: async () => {
      server.close();
      await listener.close();
    },
  };
}
