import { AttestdError } from '../../foundation/errors.js';
import { trim } from '../../go/strings.js';
import type { Task } from '../kernel/task.js';
import { maxAwkInputLength } from '../limits.js';
import { AwkSyntaxError, unescaped } from './awk-lex.js';
import { parseAwk } from './awk-parse.js';
import { AwkProgram } from './awk-run.js';
import { textOf, Untyped } from './awk-values.js';
import { openInput } from './cat.js';
import { at } from './files.js';
import { chunks, complain, lines, Output } from './io.js';
import { parseOptions, Usage, withUsage } from './options.js';
import { compiler, RegexSyntaxError } from './regex.js';

/** `awk [-F SEPARATOR] [-v NAME=VALUE] [-f FILE | PROGRAM] [FILE | NAME=VALUE]…`, without functions, getline and pipes. */
export const awk = withUsage(async (task, argv) => {
  const { words, value, values } = parseOptions(argv, 'F:v:f:', { stop: true });
  const operands = [...words];
  const files = values('f').map((path) => task.fs.readFile(at(task, path)).toString());
  const source = files.length > 0 ? files.join('\n') : operands.shift();
  if (source === undefined) throw new Usage('missing program');
  const output = new Output(task);
  let program: AwkProgram | undefined;
  try {
    program = new AwkProgram(task, parseAwk(source), output, await compiler());
    const separator = value('F');
    if (separator !== undefined) program.set('FS', separator === 't' ? '\t' : unescaped(separator));
    for (const pair of values('v')) if (!setPair(program, pair)) throw new Usage(`bad assignment '${pair}'`);
    const missing = await run(task, program, operands);
    await output.flush();
    return missing && program.exitCode === 0 ? 2 : program.exitCode & 0xff;
  } catch (error) {
    if (!(error instanceof AwkSyntaxError) && !(error instanceof RegexSyntaxError)) throw error;
    await output.flush();
    if (error.message.endsWith('not simulated')) task.machine.log.warn(`awk: ${error.message}`);
    await complain(task, `awk: cmd. line:1: ${error.message}`);
    return 1;
  } finally {
    program?.close();
  }
}, 1);

function setPair(program: AwkProgram, pair: string): boolean {
  const found = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(pair);
  if (found === null) return false;
  program.set(found[1] as string, new Untyped(unescaped(found[2] as string)));
  return true;
}

/** @returns whether a file could not be read */
async function run(task: Task, program: AwkProgram, operands: readonly string[]): Promise<boolean> {
  let missing = false;
  let hasExited = await program.special('BEGIN');
  const paths = operands.length === 0 ? ['-'] : operands;
  let read = false;
  for (const path of hasExited || !program.reads ? [] : paths) {
    if (path !== '-' && setPair(program, path)) continue;
    read = true;
    program.set('FILENAME', path === '-' ? '' : path);
    program.set('FNR', 0);
    const done = await readFile(task, program, path);
    missing ||= done === undefined;
    hasExited = done ?? false;
    if (hasExited) break;
  }
  // Assignments alone leave standard input to be read.
  if (!hasExited && !read && program.reads) hasExited = (await readFile(task, program, '-')) ?? false;
  await program.special('END');
  return missing;
}

/** @returns whether the program is over; undefined when the file cannot be read */
async function readFile(task: Task, program: AwkProgram, path: string): Promise<boolean | undefined> {
  try {
    const input = await openInput(task, 'awk', path);
    if (input === undefined) return undefined;
    if (path !== '-') input.retain();
    try {
      for await (const record of records(task, program, input)) if (await program.take(record)) return true;
    } finally {
      if (path !== '-') input.release();
    }
    return false;
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    await complain(task, `awk: ${path}: ${error.message.split(': ').at(-1)}`);
    return undefined;
  }
}

/** Lines, or what `RS` divides: a character, or empty lines where it is empty. */
async function* records(
  task: Task,
  program: AwkProgram,
  input: NonNullable<Awaited<ReturnType<typeof openInput>>>,
): AsyncGenerator<string> {
  const separator = textOf(program.vars.get('RS'));
  if (separator === '\n') {
    for await (const line of lines(task, input)) yield line.endsWith('\n') ? line.slice(0, -1) : line;
    return;
  }
  let text = '';
  for await (const chunk of chunks(task, input)) {
    text += Buffer.from(chunk).toString();
    if (text.length > maxAwkInputLength) throw new AwkSyntaxError('the input is too long');
  }
  const parts = separator === '' ? trim(text, '\n').split(/\n{2,}/) : text.split(separator.charAt(0));
  if (separator !== '' && parts.at(-1)?.replace(/\n$/, '') === '') parts.pop();
  yield* parts;
}
