import type { Duplex } from 'node:stream';

/** Milliseconds that a client is given to leave. */
const patience = 5000;

/**
 * Send what is left, and give the client some time to close its side. What it still sends is read and thrown away: a connection
 * that nobody reads from never shows that its client has gone.
 *
 * @param last bytes to send before
 */
export function closeGracefully(connection: Duplex, last?: string): void {
  if (connection.destroyed) return;
  connection.resume();
  const sent = (): void => destroyAfterGrace(connection);
  if (last === undefined) connection.end(sent);
  else connection.end(last, sent);
}

/** Give a client that has been sent everything the time to close its side. */
export function destroyAfterGrace(connection: Duplex): void {
  const timer = setTimeout(() => connection.destroy(), patience).unref();
  connection.once('close', () => clearTimeout(timer));
}
