import type { Executor } from './execute.js';

/** The shell's task becomes a program: what the shell caught has its default again. */
export async function become(by: Executor, argv: readonly string[], env: ReadonlyMap<string, string>): Promise<void> {
  const { task } = by.shell;
  for (const [signal, handler] of task.handlers) if (handler !== null) task.handlers.delete(signal);
  task.become(argv, env);
}
