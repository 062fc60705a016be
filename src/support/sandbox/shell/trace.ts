import { write } from '../programs/io.js';
import type { Shell } from './shell.js';

const plain = /^[A-Za-z0-9_@%+=:,./-]+$/;

/** A word as a shell would have to be given it. */
export function quoteWord(text: string): string {
  return plain.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** With `set -x`, show a command before it is run. */
export function traceCommand(shell: Shell, argv: readonly string[]): void {
  if (!shell.options.has('x')) return;
  void Promise.resolve(
    write(shell.task, `${shell.vars.get('PS4') ?? '+ '}${argv.map(quoteWord).join(' ')}\n`, 2),
  ).catch(() => {});
}
