import type { Duplex } from 'node:stream';
import type { TerminalSize } from '../../../support/sandbox/types.js';
import type { Context } from '../../context.js';
import type { Container } from '../container.js';
import { logContainerEvent } from '../events.js';
import { frame } from '../io/frame.js';
import { Session } from '../run/session.js';
import type { Exec } from './exec.js';
import { startExec } from './exec-start.js';

/** Options of an attachment to an exec. */
export interface ExecAttachOptions {
  /** Whether each chunk of output has a header with its stream. */
  readonly multiplexed: boolean;
  readonly size: TerminalSize | undefined;
}

/**
 * Starts an exec with a client attached (docs/reference/behavior/streams.md#exec). The response has been sent before,
 * so errors are written to the connection.
 *
 * @returns when the client and the exec are disconnected; never rejects
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
