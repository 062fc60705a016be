import { FileSystemError } from '../../fs/errors.js';
import { maxLineBytes } from '../../limits.js';
import { readLine, write } from '../../programs/io.js';
import { WordList } from '../../programs/word-list.js';
import { ShellError } from '../control.js';
import type { Executor } from '../execute.js';
import { namePattern } from '../variables.js';

/** Read a line into variables: the last takes what is left. */
export async function read(by: Executor, argv: readonly string[]): Promise<number> {
  const { shell } = by;
  let raw = false;
  let limit: number | undefined;
  const names: string[] = [];
  const words = new WordList(argv.slice(1));
  for (let word = words.take(); word !== undefined; word = words.take()) {
    if (word === '-r') raw = true;
    else if (word === '-s') continue;
    else if (word === '-p') await write(shell.task, words.take() ?? '', 2);
    else if (word === '-t' || word === '-u' || word === '-d') words.take();
    else if (word === '-n') limit = Number(words.take());
    else names.push(word);
  }
  const bad = names.find((name) => !namePattern.test(name));
  if (bad !== undefined) throw new ShellError(`read: line ${shell.line}: '${bad}': bad variable name`);
  const { text, ended } = await line(by, raw, limit);
  assign(by, names, text);
  return ended ? 1 : 0;
}

async function line(
  { shell }: Executor,
  raw: boolean,
  limit: number | undefined,
): Promise<{ text: string; ended: boolean }> {
  const input = shell.task.fds.need(0);
  if (limit !== undefined) {
    const bytes = await input.read(shell.task, Math.max(1, limit));
    return { text: Buffer.from(bytes).toString().split('\n', 1)[0] as string, ended: bytes.length === 0 };
  }
  let text = '';
  for (;;) {
    const next = await readLine(shell.task, input);
    if (next === undefined || !next.endsWith('\n')) return { text: text + (next ?? ''), ended: true };
    // A continued line ends in an odd number of backslashes. Earlier lines end in an even number, so only the new line
    // decides.
    const goesOn = !raw && /(^|[^\\])(\\\\)*\\\n$/.test(next);
    text += next.slice(0, goesOn ? -2 : -1);
    if (!goesOn) return { text, ended: false };
    if (text.length > maxLineBytes) throw new FileSystemError('EFBIG', '');
    const turn = shell.task.longStep();
    if (turn !== undefined) await turn;
  }
}

/** A quoted character is not a separator; it is marked until the fields are made. */
const mark = '\uE000';

function assign({ shell }: Executor, names: readonly string[], line: string): void {
  const { ifs, vars } = shell;
  const blank = (char: string | undefined): boolean => char !== undefined && /[ \t\n]/.test(char) && ifs.includes(char);
  let rest = line.replace(/\\([\s\S])/g, `${mark}$1`);
  const plain = (text: string): string => text.replaceAll(mark, '');
  const trim = (): void => {
    while (blank(rest[0])) rest = rest.slice(1);
  };
  const targets = names.length === 0 ? ['REPLY'] : names;
  for (const [index, name] of targets.entries()) {
    trim();
    if (index === targets.length - 1) {
      while (names.length > 0 && blank(rest.at(-1)) && rest.at(-2) !== mark) rest = rest.slice(0, -1);
      vars.set(name, plain(rest));
      return;
    }
    let at = 0;
    while (at < rest.length && !(ifs.includes(rest[at] as string) && rest[at - 1] !== mark)) at++;
    vars.set(name, plain(rest.slice(0, at)));
    rest = rest.slice(at);
    trim();
    if (rest !== '' && ifs.includes(rest[0] as string) && !blank(rest[0])) rest = rest.slice(1);
  }
}
