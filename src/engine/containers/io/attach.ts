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

/** Options of an attachment to a container. */
export interface AttachOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** Whether to write the log first. */
  readonly logs: boolean;
  /** Whether to stream new output and accept input. */
  readonly stream: boolean;
  /** As in the query; empty for ctrl-p ctrl-q. */
  readonly detachKeys: string;
  /** Whether the connection supports output with stream headers. */
  readonly multiplexed: boolean;
}

/** An attachment that waits for its connection. */
export interface Attachment {
  /** Whether each chunk of output is framed. False with a terminal. */
  readonly multiplexed: boolean;
  /** Carry bytes until the attachment ends; never rejects. */
  run(connection: Duplex): Promise<void>;
  /** Called if the client disconnects before it has a connection. */
  abandon(): void;
}

/**
 * `POST /containers/{id}/attach` (docs/reference/behavior/streams.md#container-attach). Output written after this call
 * is not lost.
 *
 * @throws INVALID_ARGUMENT for invalid detach keys; NOT_FOUND; CONFLICT if the container is paused or restarting
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
    // A client that sent the input of a StdinOnce container stays attached until the container exits.
    const exited = isOnce && !tty ? container.state.wait('not-running', disconnected.signal) : undefined;
    const end = await session.run(connection);
    if (end === 'detached') logContainerEvent(context, container, 'detach');
    if (end === 'ended') await Promise.race([exited, closed(connection)]);
    disconnected.abort();
  } finally {
    session.abandon();
  }
}

/** @returns false if the container has no log, after an error message to the client */
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
