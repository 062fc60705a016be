import type { Duplex } from 'node:stream';
import { AttestdError } from '../../../support/foundation/errors.js';
import type { Context } from '../../context.js';
import type { Container } from '../container.js';
import { logContainerEvent } from '../events.js';
import { isReadable } from '../logs/log-config.js';
import { Session } from '../run/session.js';
import { closed, drained } from './connection.js';
import { parseDetachKeys } from './detach-keys.js';
import { frame } from './frame.js';

/** What a client attaches to. */
export interface AttachOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** Begin with what was logged. */
  readonly logs: boolean;
  /** Go on with what is written from now on, and take input. */
  readonly stream: boolean;
  /** As in the query; empty for ctrl-p ctrl-q. */
  readonly detachKeys: string;
  /** Whether the connection can say which stream a piece of output is of. */
  readonly multiplexed: boolean;
}

/** An attachment that waits for its connection. */
export interface Attachment {
  /** Whether each piece of output is framed: not with a terminal. */
  readonly multiplexed: boolean;
  /** Carry bytes until the attachment ends; never rejects. */
  run(connection: Duplex): Promise<void>;
  /** The client has gone before it had a connection. */
  abandon(): void;
}

/**
 * `POST /containers/{id}/attach` (docs/reference/behavior/streams.md#container-attach). What is written from this call on is not lost.
 *
 * @throws INVALID_ARGUMENT for detach keys that are none; NOT_FOUND; CONFLICT when it is paused or restarts
 */
export function attachContainer(context: Context, name: string, options: AttachOptions): Attachment {
  const keys = parseDetachKeys(options.detachKeys);
  if (keys === undefined)
    throw new AttestdError('INVALID_ARGUMENT', `Invalid detach keys (${options.detachKeys}) provided`);
  const container = context.containers.resolve(name);
  const { state, config } = container;
  if (state.paused)
    throw new AttestdError('CONFLICT', `container ${name} is paused, unpause the container before attach`);
  if (state.restarting)
    throw new AttestdError('CONFLICT', `container ${name} is restarting, wait until the container is running`);
  const multiplexed = options.multiplexed && !config.Tty;
  const session = new Session(container.streams, {
    stdin: options.stdin && config.OpenStdin,
    stdout: options.stdout,
    stderr: options.stderr,
    tty: config.Tty,
    multiplexed,
    closeStdin: config.StdinOnce,
    detachKeys: keys,
  });
  const run = (connection: Duplex): Promise<void> =>
    serve(context, container, { ...options, multiplexed }, session, connection);
  return { multiplexed, run, abandon: () => session.abandon() };
}

async function serve(
  context: Context,
  container: Container,
  options: AttachOptions,
  session: Session,
  connection: Duplex,
): Promise<void> {
  try {
    if (options.logs && !(await writeLog(container, options, connection))) return;
    logContainerEvent(context, container, 'attach');
    if (!options.stream) return;
    const { StdinOnce: isOnce, Tty: tty } = container.config;
    const disconnected = new AbortController();
    // Whoever gave such a container its input stays until it has ended.
    const exited = isOnce && !tty ? container.state.wait('not-running', disconnected.signal) : undefined;
    const end = await session.run(connection);
    if (end === 'detached') logContainerEvent(context, container, 'detach');
    if (end === 'ended') await Promise.race([exited, closed(connection)]);
    disconnected.abort();
  } finally {
    session.abandon();
  }
}

/** @returns false when there is no log, which the client is told */
async function writeLog(container: Container, options: AttachOptions, connection: Duplex): Promise<boolean> {
  const { multiplexed } = options;
  if (!isReadable(container.hostConfig.LogConfig)) {
    if (container.hostConfig.LogConfig.Type === 'none') return false;
    const text = Buffer.from('Error attaching: configured logging driver does not support reading\n');
    connection.write(multiplexed ? frame('stdout', text) : text);
    return false;
  }
  const never = new AbortController();
  for await (const entries of container.log.read({ follow: false }, never.signal))
    for (const { stream, bytes } of entries) {
      if (!options[stream] || connection.destroyed) continue;
      if (!connection.write(multiplexed ? frame(stream, bytes) : bytes)) await drained(connection);
    }
  return true;
}
