import type { Duplex } from 'node:stream';
import type { TerminalSize } from '../../../support/sandbox/types.js';
import type { Context } from '../../context.js';
import type { Container } from '../container.js';
import { logContainerEvent } from '../events.js';
import { frame } from '../io/frame.js';
import { Session } from '../run/session.js';
import type { Exec } from './exec.js';
import { startExec } from './exec-start.js';

/** How a client attaches to an exec. */
export interface ExecAttachOptions {
  /** Whether each piece of output says which stream it is of. */
  readonly multiplexed: boolean;
  readonly size: TerminalSize | undefined;
}

/**
 * Start an exec with a client attached (docs/reference/behavior/streams.md#exec). The client has been answered already: what goes wrong is
 * told on the connection.
 *
 * @returns when the client and the exec have parted; never rejects
 */
export async function attachExec(
  context: Context,
  container: Container,
  exec: Exec,
  { multiplexed, size }: ExecAttachOptions,
  connection: Duplex,
): Promise<void> {
  const { parts, streams } = exec;
  const session = new Session(streams, {
    stdin: parts.openStdin,
    stdout: parts.openStdout,
    stderr: parts.openStderr,
    tty: parts.tty,
    multiplexed,
    closeStdin: true,
    detachKeys: parts.detachKeys,
  });
  try {
    startExec(context, container, exec, size);
  } catch (error) {
    session.abandon();
    const text = Buffer.from(`${error instanceof Error ? error.message : String(error)}\r\n`);
    connection.write(multiplexed ? frame('stdout', text) : text);
    return;
  }
  const end = await session.run(connection);
  if (end === 'detached') logContainerEvent(context, container, 'exec_detach', { execID: exec.id });
}
