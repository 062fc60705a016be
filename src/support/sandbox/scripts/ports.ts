import type { Duplex } from 'node:stream';
import { maxPortRequestBytes } from '../limits.js';

/** The response of a port. */
interface PortAnswer {
  readonly greeting?: string;
  readonly response?: string;
}

const slowest = 10_000;

/**
 * Answer one connection: greet, wait until something was asked (of HTTP, to the end of the headers), respond, close.
 *
 * A connection that asks nothing for ten seconds is closed; without a response it stays until the other side closes it.
 */
export function serveConnection(socket: Duplex, { greeting, response }: PortAnswer): void {
  socket.on('error', () => socket.destroy());
  socket.on('end', () => socket.end());
  if (greeting !== undefined) socket.write(greeting);
  if (response === undefined) {
    socket.resume();
    return;
  }
  const timer = setTimeout(() => socket.destroy(), slowest);
  timer.unref();
  socket.on('close', () => clearTimeout(timer));
  let asked = '';
  const take = (chunk: Buffer): void => {
    asked += chunk.toString('latin1');
    const isHttp = /^[A-Z]+ \S+ HTTP\//.test(asked);
    if (isHttp && !asked.includes('\r\n\r\n') && asked.length < maxPortRequestBytes) return;
    socket.off('data', take);
    socket.resume();
    socket.end(response);
  };
  socket.on('data', take);
}
