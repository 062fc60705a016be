import { joinPath, withoutSlashes } from '../fs/paths.js';
import type { Stat } from '../fs/types.js';
import type { Task } from '../kernel/task.js';
import { Pattern } from '../shell/pattern.js';
import { at, lookup } from './files.js';
import { complain, Output, reason } from './io.js';
import { Usage, withUsage } from './options.js';
import { runChild } from './run-others.js';

/** One node that is looked at. */
interface Seen {
  readonly path: string;
  readonly stat: Stat;
}

type Test = (seen: Seen) => boolean | Promise<boolean>;

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
  const words = argv.slice(1);
  const paths: string[] = [];
  while (words[0] !== undefined && !/^[-(!]/.test(words[0])) paths.push(words.shift() as string);
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
    if (!parser.depthFirst && depth >= parser.least) await test({ path, stat });
    if (stat.type === 'directory' && depth < parser.most && !parser.pruned) {
      try {
        for (const name of task.fs.list(at(task, path)))
          await visit(path.endsWith('/') ? `${path}${name}` : joinPath(path, name), depth + 1);
      } catch (error) {
        await output.flush();
        await complain(task, `find: ${path}: ${reason(error)}`);
        status = 1;
      }
    }
    if (parser.depthFirst && depth >= parser.least) await test({ path, stat });
  };
  for (const path of paths.length === 0 ? ['.'] : paths) await visit(path, 0);
  await output.flush();
  return status;
});

class Expression {
  depthFirst = false;
  least = 0;
  most = Number.POSITIVE_INFINITY;
  pruned = false;
  readonly #task: Task;
  readonly #words: string[];
  readonly #output: Output;
  #acts = false;

  constructor(task: Task, words: string[], output: Output) {
    this.#task = task;
    this.#words = words;
    this.#output = output;
  }

  all(): Test {
    if (this.#words.length === 0) return this.#print('\n');
    const test = this.#or();
    if (this.#words.length > 0) throw new Usage(`unrecognized: ${this.#words[0]}`);
    if (this.#acts) return test;
    const print = this.#print('\n');
    return async (seen) => (await test(seen)) && print(seen);
  }

  #or(): Test {
    let test = this.#and();
    while (this.#words[0] === '-o' || this.#words[0] === '-or') {
      this.#words.shift();
      const [left, right] = [test, this.#and()];
      test = async (seen) => (await left(seen)) || right(seen);
    }
    return test;
  }

  #and(): Test {
    let test = this.#not();
    while (this.#words[0] !== undefined && !['-o', '-or', ')'].includes(this.#words[0])) {
      if (this.#words[0] === '-a' || this.#words[0] === '-and') this.#words.shift();
      const [left, right] = [test, this.#not()];
      test = async (seen) => (await left(seen)) && right(seen);
    }
    return test;
  }

  #not(): Test {
    if (this.#words[0] !== '!' && this.#words[0] !== '-not') return this.#primary();
    this.#words.shift();
    const test = this.#not();
    return async (seen) => !(await test(seen));
  }

  #value(name: string): string {
    const value = this.#words.shift();
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
    const name = this.#words.shift() ?? '';
    switch (name) {
      case '(': {
        const test = this.#or();
        if (this.#words.shift() !== ')') throw new Usage('missing )');
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
        const wanted = typeLetters[this.#value(name)];
        return ({ stat }) => stat.type === wanted;
      }
      case '-maxdepth':
        this.most = Number(this.#value(name));
        return () => true;
      case '-mindepth':
        this.least = Number(this.#value(name));
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
            ? this.#task.fs.list(at(this.#task, path)).length === 0
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

  #number(name: string, of: (seen: Seen) => number): Test {
    const value = this.#value(name);
    const wanted =
      Number.parseInt(value.replace(/^[-+]/, ''), 10) * (value.endsWith('k') ? 2 : value.endsWith('M') ? 2048 : 1);
    return (seen) =>
      value.startsWith('+') ? of(seen) > wanted : value.startsWith('-') ? of(seen) < wanted : of(seen) === wanted;
  }

  #exec(): Test {
    this.#acts = true;
    const end = this.#words.findIndex((word) => word === ';' || word === '+');
    if (end < 0) throw new Usage('-exec: missing argument');
    const command = this.#words.splice(0, end + 1).slice(0, -1);
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
