import { joinPath, withoutSlashes } from '../fs/paths.js';
import type { Stat } from '../fs/types.js';
import type { Task } from '../kernel/task.js';
import { Pattern } from '../shell/pattern.js';
import { at, lookup } from './files.js';
import { complain, Output, reason } from './io.js';
import { Nesting } from './nesting.js';
import { Usage, withUsage } from './options.js';
import { runChild } from './run-others.js';
import { WordList } from './word-list.js';

/** One node that is looked at. */
interface VisitedFile {
  readonly path: string;
  readonly stat: Stat;
}

type Test = (seen: VisitedFile) => boolean | Promise<boolean>;

const typeLetters: Readonly<Record<string, string>> = {
  f: 'file',
  d: 'directory',
  l: 'symlink',
  p: 'fifo',
  c: 'character',
  b: 'block',
};

/** `find [PATH]… [TEST]… [ACTION]` */
export const find = withUsage(async (task, argv) => {
  const words = new WordList(argv.slice(1));
  const paths: string[] = [];
  while (/^(?![-(!])/.test(words.peek() ?? '-')) paths.push(words.take() as string);
  const output = new Output(task);
  const parser = new Expression(task, words, output);
  const test = parser.all();
  let status = 0;
  const visit = async (path: string, depth: number): Promise<void> => {
    const stat = lookup(task, path);
    if (stat === undefined) {
      await output.flush();
      await complain(task, `find: ${path}: No such file or directory`);
      status = 1;
      return;
    }
    const turn = task.step();
    if (turn !== undefined) await turn;
    parser.pruned = false;
    if (!parser.depthFirst && depth >= parser.minDepth) await test({ path, stat });
    if (stat.type === 'directory' && depth < parser.maxDepth && !parser.pruned) {
      try {
        for (const name of task.fs.names(at(task, path)))
          await visit(path.endsWith('/') ? `${path}${name}` : joinPath(path, name), depth + 1);
      } catch (error) {
        await output.flush();
        await complain(task, `find: ${path}: ${reason(error)}`);
        status = 1;
      }
    }
    if (parser.depthFirst && depth >= parser.minDepth) await test({ path, stat });
  };
  for (const path of paths.length === 0 ? ['.'] : paths) await visit(path, 0);
  await output.flush();
  return status;
});

/** One test after the other until one has an outcome, which is that of all. */
function until(outcome: boolean, tests: readonly Test[]): Test {
  return async (seen) => {
    for (const test of tests) if ((await test(seen)) === outcome) return outcome;
    return !outcome;
  };
}

class Expression {
  depthFirst = false;
  minDepth = 0;
  maxDepth = Number.POSITIVE_INFINITY;
  pruned = false;
  readonly #task: Task;
  readonly #words: WordList;
  readonly #output: Output;
  readonly #nesting = new Nesting();
  #acts = false;

  constructor(task: Task, words: WordList, output: Output) {
    this.#task = task;
    this.#words = words;
    this.#output = output;
  }

  all(): Test {
    if (this.#words.length === 0) return this.#print('\n');
    const test = this.#or();
    if (this.#words.length > 0) throw new Usage(`unrecognized: ${this.#words.peek()}`);
    if (this.#acts) return test;
    const print = this.#print('\n');
    return async (seen) => (await test(seen)) && print(seen);
  }

  #or(): Test {
    const tests = [this.#and()];
    while (this.#words.peek() === '-o' || this.#words.peek() === '-or') {
      this.#words.take();
      tests.push(this.#and());
    }
    return until(true, tests);
  }

  #and(): Test {
    const tests = [this.#not()];
    while (!['-o', '-or', ')', undefined].includes(this.#words.peek())) {
      if (this.#words.peek() === '-a' || this.#words.peek() === '-and') this.#words.take();
      tests.push(this.#not());
    }
    return until(false, tests);
  }

  #not(): Test {
    let negated = false;
    for (; this.#words.peek() === '!' || this.#words.peek() === '-not'; this.#words.skip(1)) negated = !negated;
    const test = this.#primary();
    return negated ? async (seen) => !(await test(seen)) : test;
  }

  #value(name: string): string {
    const value = this.#words.take();
    if (value === undefined) throw new Usage(`${name}: missing argument`);
    return value;
  }

  #print(end: string): Test {
    return async ({ path }) => {
      await this.#output.add(`${path}${end}`);
      return true;
    };
  }

  #primary(): Test {
    const name = this.#words.take() ?? '';
    switch (name) {
      case '(': {
        const test = this.#nesting.within(() => this.#or());
        if (this.#words.take() !== ')') throw new Usage('missing )');
        return test;
      }
      case '-name':
      case '-iname': {
        const lower = name === '-iname';
        const value = this.#value(name);
        const pattern = new Pattern(lower ? value.toLowerCase() : value);
        return ({ path }) => {
          const base = withoutSlashes(path).split('/').at(-1) || '/';
          return pattern.matches(lower ? base.toLowerCase() : base);
        };
      }
      case '-path':
      case '-wholename': {
        const pattern = new Pattern(this.#value(name));
        return ({ path }) => pattern.matches(path);
      }
      case '-type': {
        const type = typeLetters[this.#value(name)];
        return ({ stat }) => stat.type === type;
      }
      case '-maxdepth':
        this.maxDepth = Number(this.#value(name));
        return () => true;
      case '-mindepth':
        this.minDepth = Number(this.#value(name));
        return () => true;
      case '-depth':
        this.depthFirst = true;
        return () => true;
      case '-xdev':
      case '-follow':
        return () => true;
      case '-print':
      case '-print0':
        this.#acts = true;
        return this.#print(name === '-print' ? '\n' : '\0');
      case '-prune':
        return () => {
          this.pruned = true;
          return true;
        };
      case '-delete':
        this.#acts = true;
        this.depthFirst = true;
        return ({ path }) => {
          this.#task.fs.remove(at(this.#task, path));
          return true;
        };
      case '-exec':
        return this.#exec();
      case '-empty':
        return ({ path, stat }) =>
          stat.type === 'directory'
            ? this.#task.fs.isEmpty(at(this.#task, path))
            : stat.type === 'file' && stat.size === 0;
      case '-user':
      case '-uid':
        return this.#number(name, ({ stat }) => stat.uid);
      case '-size':
        return this.#number(name, ({ stat }) => Math.ceil(stat.size / 512));
      case '-perm': {
        const value = this.#value(name);
        const mode = Number.parseInt(value.replace(/^[-/]/, ''), 8);
        return ({ stat }) =>
          value.startsWith('-')
            ? (stat.mode & mode) === mode
            : value.startsWith('/')
              ? (stat.mode & mode) !== 0
              : stat.mode === mode;
      }
      case '-newer': {
        const time = lookup(this.#task, this.#value(name))?.mtime ?? 0n;
        return ({ stat }) => stat.mtime > time;
      }
      case '-mtime':
      case '-mmin': {
        const unit = name === '-mtime' ? 86_400_000 : 60_000;
        return this.#number(name, ({ stat }) =>
          Math.floor((this.#task.machine.clock.now() - Number(stat.mtime / 1_000_000n)) / unit),
        );
      }
      default:
        throw new Usage(`unrecognized: ${name}`);
    }
  }

  #number(name: string, of: (seen: VisitedFile) => number): Test {
    const value = this.#value(name);
    const wanted =
      Number.parseInt(value.replace(/^[-+]/, ''), 10) * (value.endsWith('k') ? 2 : value.endsWith('M') ? 2048 : 1);
    return (seen) =>
      value.startsWith('+') ? of(seen) > wanted : value.startsWith('-') ? of(seen) < wanted : of(seen) === wanted;
  }

  #exec(): Test {
    this.#acts = true;
    const command: string[] = [];
    for (let word = this.#words.take(); word !== ';' && word !== '+'; word = this.#words.take()) {
      if (word === undefined) throw new Usage('-exec: missing argument');
      command.push(word);
    }
    return async ({ path }) => {
      await this.#output.flush();
      const ended = await runChild(
        this.#task,
        'find',
        command.map((word) => word.replaceAll('{}', path)),
      );
      return ended?.code === 0;
    };
  }
}
