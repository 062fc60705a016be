import { FunctionReturn, LoopJump, ShellError, ShellExit } from './control.js';
import type { Executor } from './execute.js';
import { runExitTrap } from './traps.js';

/** Run a shell until it ends, its exit trap included, and give its exit code. */
export async function runToEnd(by: Executor, action: (by: Executor) => Promise<number>): Promise<number> {
  try {
    const status = await endOf(by, () => action(by));
    return await endOf(by, () => runExitTrap(by, status));
  } finally {
    by.shell.release();
  }
}

async function endOf({ shell }: Executor, action: () => Promise<number>): Promise<number> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof ShellExit || error instanceof FunctionReturn) return error.status;
    if (error instanceof LoopJump) return 0;
    if (error instanceof ShellError) {
      await shell.complain(error.message);
      return error.status;
    }
    throw error;
  }
}
