import { inDirectory } from '../fs/paths.js';
import type { Stat } from '../fs/types.js';
import { isStandardDevice } from '../kernel/descriptor.js';
import type { Task } from '../kernel/task.js';
import { complain } from './io.js';
import { WordList } from './word-list.js';

class TestSyntaxError extends Error {}

/** `test EXPRESSION` and `[ EXPRESSION ]`. */
export async function test(task: Task, argv: readonly string[]): Promise<number> {
  const words = argv.slice(1);
  const name = task.argv[0] === argv[0] ? (argv[0] as string) : 'sh';
  if (argv[0]?.endsWith('[') && words.pop() !== ']') {
    await complain(task, `${name}: missing ]`);
    return 2;
  }
  try {
    const parser = new Parser(task, words);
    return parser.all() ? 0 : 1;
  } catch (error) {
    if (!(error instanceof TestSyntaxError)) throw error;
    await complain(task, `${name}: ${error.message}`);
    return 2;
  }
}

const unary = /^-[bcdefghknprstuwxzGLOS]$/;
const binary: ReadonlySet<string> = new Set([
  '=',
  '==',
  '!=',
  '<',
  '>',
  '-eq',
  '-ne',
  '-lt',
  '-le',
  '-gt',
  '-ge',
  '-nt',
  '-ot',
  '-ef',
]);

/** Reads an expression by the number of its words where POSIX fixes it, and by precedence otherwise. */
class Parser {
  readonly #task: Task;
  readonly #words: WordList;

  constructor(task: Task, words: readonly string[]) {
    this.#task = task;
    this.#words = new WordList(words);
  }

  all(): boolean {
    if (this.#words.length === 0) return false;
    const value = this.#or();
    const left = this.#words.peek();
    if (left !== undefined) throw new TestSyntaxError(`${left}: unknown operand`);
    return value;
  }

  #or(): boolean {
    let value = this.#and();
    while (this.#words.peek() === '-o') {
      this.#words.take();
      value = this.#and() || value;
    }
    return value;
  }

  #and(): boolean {
    let value = this.#not();
    while (this.#words.peek() === '-a') {
      this.#words.take();
      value = this.#not() && value;
    }
    return value;
  }

  #not(): boolean {
    if (
      this.#words.peek() !== '!' ||
      this.#words.length < 2 ||
      (binary.has(this.#words.peek(1) as string) && this.#words.length > 2)
    )
      return this.#primary();
    this.#words.take();
    return !this.#not();
  }

  #primary(): boolean {
    const [first = '', second, third] = [this.#words.peek(), this.#words.peek(1), this.#words.peek(2)];
    if (second !== undefined && third !== undefined && binary.has(second)) {
      this.#words.skip(3);
      return binaryTest(this.#task, first, second, third);
    }
    if (first === '(' && this.#words.length > 1) {
      this.#words.take();
      const value = this.#or();
      if (this.#words.take() !== ')') throw new TestSyntaxError('closing paren expected');
      return value;
    }
    if (second !== undefined && third === undefined && binary.has(second))
      throw new TestSyntaxError(`${second}: argument expected`);
    if (unary.test(first) && second !== undefined) {
      this.#words.skip(2);
      return unaryTest(this.#task, first, second);
    }
    this.#words.take();
    return first !== '';
  }
}

/** `-f FILE` and the like. */
export function unaryTest(
  task: Task,
  operator: string,
  text: string,
  isSet: (name: string) => boolean = () => false,
): boolean {
  if (operator === '-z') return text === '';
  if (operator === '-n') return text !== '';
  if (operator === '-v') return isSet(text);
  if (operator === '-t') return task.fds.get(Number(text))?.terminal === true;
  const path = inDirectory(task.cwd, text);
  if (text === '') return false;
  if (operator === '-L' || operator === '-h') return linkOf(task, path);
  const stat = statOf(task, path);
  if (stat === undefined) return false;
  switch (operator) {
    case '-e':
      return true;
    case '-f':
      return stat.type === 'file';
    case '-d':
      return stat.type === 'directory';
    case '-b':
      return stat.type === 'block';
    case '-c':
      return stat.type === 'character';
    case '-p':
      return stat.type === 'fifo';
    case '-s':
      return stat.size > 0;
    case '-r':
      return task.fs.access(path, 4);
    case '-w':
      return task.fs.access(path, 2);
    case '-x':
      return task.fs.access(path, 1);
    case '-u':
      return (stat.mode & 0o4000) !== 0;
    case '-g':
      return (stat.mode & 0o2000) !== 0;
    case '-k':
      return (stat.mode & 0o1000) !== 0;
    case '-O':
      return stat.uid === task.credentials.uid;
    case '-G':
      return stat.gid === task.credentials.gid;
    default:
      return false;
  }
}

/** Stats a path. The standard devices exist even without a file. */
function statOf(task: Task, path: string): Pick<Stat, 'type' | 'size' | 'mode' | 'uid' | 'gid'> | undefined {
  const present = task.fs.find(path);
  if (present !== undefined) return present;
  if (!isStandardDevice(path)) return undefined;
  return { type: 'character', size: 0, mode: 0o666, uid: 0, gid: 0 };
}

function linkOf(task: Task, path: string): boolean {
  try {
    return task.fs.lstat(path).type === 'symlink';
  } catch {
    return false;
  }
}

/** `a = b`, `1 -lt 2` and the like. */
export function binaryTest(task: Task, left: string, operator: string, right: string): boolean {
  switch (operator) {
    case '=':
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '>':
      return left > right;
    case '-nt':
      return compareTimes(task, left, right) > 0;
    case '-ot':
      return compareTimes(task, left, right) < 0;
    case '-ef':
      return task.fs.find(inDirectory(task.cwd, left))?.inode === task.fs.find(inDirectory(task.cwd, right))?.inode;
  }
  const [a, b] = [integer(left), integer(right)];
  switch (operator) {
    case '-eq':
      return a === b;
    case '-ne':
      return a !== b;
    case '-lt':
      return a < b;
    case '-le':
      return a <= b;
    case '-gt':
      return a > b;
    case '-ge':
      return a >= b;
    default:
      throw new TestSyntaxError(`${operator}: unknown operand`);
  }
}

function compareTimes(task: Task, left: string, right: string): number {
  const time = (path: string): bigint => task.fs.find(inDirectory(task.cwd, path))?.mtime ?? -1n;
  const [a, b] = [time(left), time(right)];
  return a > b ? 1 : a < b ? -1 : 0;
}

function integer(text: string): bigint {
  if (!/^\s*[-+]?\d+\s*$/.test(text)) throw new TestSyntaxError(`${text}: bad number`);
  return BigInt(text.trim().replace(/^\+/, ''));
}
