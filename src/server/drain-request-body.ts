import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** Bytes that are read of a body that nobody wanted, as in Go. */
const mostRest = 256 * 1024;

/** Milliseconds that it may take, and between two looks at how much came. */
const patience = 5000;
const look = 100;

/**
 * Keep a connection open that ends with its answer until the body of the request has come, where that has no length: a client that
 * is still sending would meet a broken pipe, and may never read its answer (docs/reference/behavior/content-service.md#connections).
 */
export function drainRequestBody(request: IncomingMessage): void {
  const { socket, headers } = request;
  const closes = /(?:^|[\s,])close(?:[\s,]|$)/i.test(headers.connection ?? '');
  if (!closes || headers['transfer-encoding'] === undefined) return;
  // What Node calls when such an answer has been written.
  const { destroySoon } = socket;
  socket.destroySoon = () => {
    socket.destroySoon = destroySoon;
    if (request.complete) socket.destroySoon();
    else endAfter(request, socket);
  };
}

function endAfter(request: IncomingMessage, socket: Socket): void {
  const [start, until] = [socket.bytesRead, performance.now() + patience];
  const end = (): void => {
    clearInterval(timer);
    socket.destroySoon();
  };
  const timer = setInterval(() => {
    if (socket.bytesRead - start > mostRest || performance.now() > until) end();
  }, look).unref();
  request.once('end', end);
  socket.once('close', () => clearInterval(timer));
  request.resume();
}
