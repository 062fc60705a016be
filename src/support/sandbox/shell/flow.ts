import type { Case, CompoundList, For, If, While } from 'unbash';
import { LoopJump, ShellError } from './control.js';
import type { Executor } from './execute.js';
import { Pattern } from './pattern.js';
import { namePattern } from './variables.js';
import { Words } from './words.js';

export async function runIf(by: Executor, node: If): Promise<number> {
  for (const { clause, then } of [node, ...node.elif]) {
    if ((await by.tested(() => by.runBody(clause))) === 0) return by.runBody(then);
  }
  return node.else === undefined ? 0 : by.runBody(node.else);
}

export async function runCase(by: Executor, { word, items }: Case): Promise<number> {
  const text = await by.expander.text(word);
  let falls = false;
  let status = 0;
  for (const { pattern, body, terminator } of items) {
    if (!falls && !(await anyMatches(by, pattern, text))) continue;
    status = await by.runBody(body);
    if (terminator === ';&') falls = true;
    else if (terminator === ';;&') falls = false;
    else return status;
  }
  return status;
}

async function anyMatches(by: Executor, patterns: Case['items'][number]['pattern'], text: string): Promise<boolean> {
  for (const word of patterns) if (new Pattern(await by.expander.pattern(word)).matches(text)) return true;
  return false;
}

export async function runFor(by: Executor, { name, wordlist, body }: For): Promise<number> {
  const variable = name.value;
  if (!namePattern.test(variable)) throw new ShellError('syntax error: bad for loop variable');
  let words: readonly string[] = by.shell.positional;
  if (wordlist !== undefined) words = await expandAll(by, wordlist);
  return loop(by, async (run) => {
    for (const word of words) {
      by.shell.vars.set(variable, word);
      if (!(await run(body))) return;
    }
  });
}

async function expandAll(by: Executor, words: For['wordlist'] & {}): Promise<string[]> {
  const found = new Words();
  for (const word of words) found.add(await by.expander.words(word));
  return found.list;
}

/** A loop whose condition is not made of commands. */
interface Counted {
  readonly body: CompoundList;
  readonly test: () => Promise<boolean>;
  readonly update: () => Promise<unknown>;
}

export async function runWhile(by: Executor, node: While | Counted): Promise<number> {
  const holds =
    'test' in node
      ? node.test
      : async (): Promise<boolean> =>
          ((await by.tested(() => by.runBody(node.clause))) === 0) === (node.kind === 'while');
  return loop(by, async (run, guard) => {
    for (;;) {
      const go = await guard(holds);
      if (!go || !(await run(node.body))) return;
      if ('update' in node) await node.update();
    }
  });
}

/** Runs a body once; false when the loop is to end. */
type RunBody = (body: CompoundList) => Promise<boolean>;
/** Runs a condition, which may contain `break`. */
type Guard = (condition: () => Promise<boolean>) => Promise<boolean>;

async function loop(by: Executor, iterate: (run: RunBody, guard: Guard) => Promise<void>): Promise<number> {
  const { shell } = by;
  let status = 0;
  const jump = (error: unknown): boolean => {
    if (!(error instanceof LoopJump)) throw error;
    if (error.levels > 1 && shell.loops > 1) {
      error.levels--;
      throw error;
    }
    return error.kind === 'continue';
  };
  const run: RunBody = async (body) => {
    try {
      status = await by.runBody(body);
      return true;
    } catch (error) {
      status = 0;
      return jump(error);
    }
  };
  const guard: Guard = async (condition) => {
    try {
      const turnOver = shell.task.step();
      if (turnOver !== undefined) await turnOver;
      return await condition();
    } catch (error) {
      return jump(error);
    }
  };
  shell.loops++;
  try {
    await iterate(run, guard);
  } finally {
    shell.loops--;
  }
  return status;
}
