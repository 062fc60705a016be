import type { Task } from '../kernel/task.js';
import { eachInput } from './cat.js';
import { at } from './files.js';
import { complain, lines, Output, write } from './io.js';
import { parseOptions, Usage, withUsage } from './options.js';
import { compile, type Regex, type RegexOptions, RegexSyntaxError } from './regex.js';

/** `grep`, `egrep` and `fgrep`. */
export const grep = withUsage(async (task, argv) => {
  try {
    return await run(task, argv);
  } catch (error) {
    if (!(error instanceof RegexSyntaxError)) throw error;
    await complain(task, `grep: ${error.message}`);
    return 2;
  }
}, 2);

async function run(task: Task, argv: readonly string[]): Promise<number> {
  const long = {
    quiet: 'q',
    'ignore-case': 'i',
    'line-number': 'n',
    count: 'c',
    'invert-match': 'v',
    'fixed-strings': 'F',
    'extended-regexp': 'E',
    recursive: 'r',
    'only-matching': 'o',
    color: 's',
  };
  const options = parseOptions(argv, 'EFGivqnchHlLosxwrRae:f:m:A:B:C:', { long });
  const { words, has, value, values } = options;
  const patterns = [
    ...values('e'),
    ...(value('f') === undefined
      ? []
      : task.fs
          .readFile(at(task, value('f') as string))
          .toString()
          .replace(/\n$/, '')
          .split('\n')),
  ];
  const paths = [...words];
  if (patterns.length === 0) {
    const [pattern] = paths.splice(0, 1);
    if (pattern === undefined) throw new Usage('missing pattern');
    for (const line of pattern.split('\n')) patterns.push(line);
  }
  const name = (argv[0] ?? '').split('/').at(-1);
  const settings: RegexOptions = {
    extended: has('E') || name === 'egrep',
    fixed: has('F') || name === 'fgrep',
    ignoreCase: has('i'),
    whole: has('x') ? 'line' : has('w') ? 'word' : undefined,
  };
  const regex = await compile(patterns, settings);
  const recursive = has('r') || has('R');
  const inputs = recursive ? await filesBelow(task, paths.length === 0 ? ['.'] : paths) : paths;
  const found = { any: false };
  const titled = has('H') || (!has('h') && (inputs.length > 1 || recursive));
  const context = { before: Number(value('B') ?? value('C') ?? 0), after: Number(value('A') ?? value('C') ?? 0) };
  const failed = await search(
    task,
    inputs,
    regex,
    { has, limit: Number(value('m') ?? Number.POSITIVE_INFINITY), titled, context },
    found,
  );
  if (found.any && (has('q') || failed === 0)) return 0;
  return failed === 0 ? 1 : 2;
}

async function filesBelow(task: Task, paths: readonly string[], found: string[] = []): Promise<string[]> {
  for (const path of paths) {
    await task.step();
    if (task.fs.find(at(task, path))?.type !== 'directory') found.push(path);
    else {
      const above = path.replace(/\/$/, '');
      for (const name of task.fs.names(at(task, path))) await filesBelow(task, [`${above}/${name}`], found);
    }
  }
  return found;
}

interface Search {
  readonly has: (letter: string) => boolean;
  readonly limit: number;
  readonly titled: boolean;
  readonly context: { readonly before: number; readonly after: number };
}

async function search(
  task: Task,
  paths: readonly string[],
  regex: Regex,
  how: Search,
  found: { any: boolean },
): Promise<number> {
  const { has, limit, titled, context } = how;
  const quiet = has('q');
  return eachInput(task, 'grep', paths, async (input, path) => {
    const title = titled ? `${path === '-' ? '(standard input)' : path}:` : '';
    const output = new Output(task);
    let hits = 0;
    let number = 0;
    let after = 0;
    const before: string[] = [];
    for await (const line of lines(task, input)) {
      number++;
      const text = line.replace(/\n$/, '');
      const hit = regex.test(text) !== has('v');
      if (!hit) {
        if (after-- > 0) await output.add(`${title.replace(/:$/, '-')}${has('n') ? `${number}-` : ''}${text}\n`);
        else if (context.before > 0) {
          before.push(`${title.replace(/:$/, '-')}${has('n') ? `${number}-` : ''}${text}\n`);
          if (before.length > context.before) before.shift();
        }
        continue;
      }
      hits++;
      found.any = true;
      if (quiet) return;
      if (has('l') || has('L')) break;
      if (!has('c')) {
        for (const earlier of before.splice(0)) await output.add(earlier);
        after = context.after;
        const prefix = `${title}${has('n') ? `${number}:` : ''}`;
        if (has('o')) for (const part of matches(text, regex)) await output.add(`${prefix}${part}\n`);
        else await output.add(`${prefix}${text}\n`);
      }
      if (hits >= limit) break;
    }
    await output.flush();
    if (has('c')) await write(task, `${title}${hits}\n`);
    if ((has('l') && hits > 0) || (has('L') && hits === 0)) await write(task, `${path}\n`);
  });
}

function* matches(text: string, regex: Regex): Generator<string> {
  for (let from = 0; from <= text.length; ) {
    const next = regex.find(text, from);
    if (next === undefined) return;
    if (next.end > next.start) yield text.slice(next.start, next.end);
    from = Math.max(next.end, next.start + 1);
  }
}
