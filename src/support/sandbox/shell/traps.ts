import { ShellExit } from './control.js';
import type { Executor } from './execute.js';
import { readScript } from './parse.js';

/** Run what was set for the signals that came. */
export async function runTraps(by: Executor): Promise<void> {
  const { shell } = by;
  for (let signal = shell.nextCaught(); signal !== undefined; signal = shell.nextCaught()) {
    const action = shell.traps.get(signal);
    if (action === undefined || action === '') continue;
    const { status } = shell;
    await shell.nested(() => by.run(readScript(action).statements));
    shell.status = status;
  }
}

/** Run what was set for the end of the shell; it may change the exit code. */
export async function runExitTrap(by: Executor, status: number): Promise<number> {
  const { shell } = by;
  const action = shell.traps.get(0);
  if (action === undefined || action === '') return status;
  shell.traps.delete(0);
  shell.status = status;
  try {
    await by.run(readScript(action).statements);
  } catch (error) {
    if (error instanceof ShellExit) return error.status;
    throw error;
  }
  return status;
}
