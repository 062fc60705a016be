import type { AndOr, CommandNode, CompoundList, Pipeline, Statement } from 'unbash';
import type { Task } from '../kernel/task.js';
import { evaluate } from './arithmetic.js';
import { builtins } from './builtins/index.js';
import { ShellError, ShellExit } from './control.js';
import { Expander } from './expand.js';
import { runCase, runFor, runIf, runWhile } from './flow.js';
import { fork, startBackground, substitute } from './jobs.js';
import { redirect } from './redirect.js';
import type { FunctionBody, Shell } from './shell.js';
import { runNamed, runSimple } from './simple.js';
import { testStatus } from './test-command.js';
import { runTraps } from './traps.js';

/** Runs the commands of one shell. */
export class Executor {
  readonly shell: Shell;
  readonly expander: Expander;

  constructor(shell: Shell) {
    this.shell = shell;
    this.expander = new Expander(shell, { substitute: (statements) => substitute(this, statements) });
  }

  /**
   * Run statements one after the other.
   *
   * @param last whether the shell ends with them, so that the last program may take its place
   * @returns the status of the last
   */
  async run(statements: readonly Statement[], last = false): Promise<number> {
    const { shell } = this;
    for (const [index, statement] of statements.entries()) {
      if (statement.background) {
        // A copy of a shell with many variables takes long.
        const turn = shell.task.yieldIfDue();
        if (turn !== undefined) await turn;
        shell.status = startBackground(this, statement);
      } else shell.status = await this.#guarded(statement.command, last && index === statements.length - 1);
      if (shell.hasCaught) await runTraps(this);
    }
    return shell.status;
  }

  runBody(list: CompoundList): Promise<number> {
    return this.run(list.commands);
  }

  /** An executor of another shell. */
  of(shell: Shell): Executor {
    return new Executor(shell);
  }

  /** Whether the shell runs a command itself. */
  hasBuiltin(name: string): boolean {
    return builtins.has(name);
  }

  /** Run a builtin or a program, never a function. */
  runUnhidden(argv: readonly string[]): Promise<number> {
    return runNamed(this, argv, [], false, { functions: false });
  }

  /** Run something whose failure is looked at. */
  async tested(action: () => Promise<number>): Promise<number> {
    this.shell.tested++;
    try {
      return await action();
    } finally {
      this.shell.tested--;
    }
  }

  async command(node: CommandNode | Pipeline | FunctionBody, last = false): Promise<number> {
    const turn = this.shell.task.step();
    if (turn !== undefined) await turn;
    switch (node.type) {
      case 'Command':
        return runSimple(this, node, last);
      case 'Pipeline':
        return this.#pipeline(node);
      case 'Redirected':
        return this.#redirected(node);
      case 'CompoundList':
        return this.runBody(node);
      case 'BraceGroup':
        return this.runBody(node.body);
      case 'Subshell':
        return this.#wait(fork(this, (inner) => inner.run(node.body.commands, true)));
      case 'If':
        return runIf(this, node);
      case 'For':
        return runFor(this, node);
      case 'While':
        return runWhile(this, node);
      case 'Case':
        return runCase(this, node);
      case 'Function':
        this.shell.functions.set(node.name.value, node.body);
        return 0;
      case 'TestCommand':
        return testStatus(this, node.expression);
      case 'ArithmeticCommand':
        return (await evaluate(node.expression, this.expander.scope)) === 0n ? 1 : 0;
      case 'ArithmeticFor': {
        await evaluate(node.initialize, this.expander.scope);
        const test = async (): Promise<boolean> =>
          node.test === undefined || (await evaluate(node.test, this.expander.scope)) !== 0n;
        return runWhile(this, { body: node.body, test, update: () => evaluate(node.update, this.expander.scope) });
      }
      case 'Select':
      case 'Coproc':
        throw new ShellError(`syntax error: unexpected "${node.type.toLowerCase()}"`);
    }
  }

  async #guarded(node: Statement['command'], last: boolean): Promise<number> {
    const status = node.type === 'AndOr' ? await this.#andOr(node, last) : await this.command(node, last);
    return this.#checked(status, node);
  }

  /** With `set -e`, a failure that nothing looks at ends the shell. */
  #checked(status: number, node: Statement['command']): number {
    const { shell } = this;
    if (status === 0 || !shell.options.has('e') || shell.tested > 0) return status;
    const negated = node.type === 'Pipeline' && node.prefixes.some(({ type }) => type === 'Negation');
    if (negated || node.type === 'AndOr' || node.type === 'If' || node.type === 'While') return status;
    throw new ShellExit(status);
  }

  async #andOr({ commands, operators }: AndOr, last: boolean): Promise<number> {
    let status = 0;
    for (const [index, node] of commands.entries()) {
      const operator = operators[index - 1];
      if (operator === '&&' && status !== 0) continue;
      if (operator === '||' && status === 0) continue;
      const final = index === commands.length - 1;
      status = final
        ? this.#checked(await this.command(node, last), node)
        : await this.tested(() => this.command(node));
      this.shell.status = status;
    }
    return status;
  }

  async #pipeline({ commands, prefixes, operators }: Pipeline): Promise<number> {
    const negated = prefixes.filter(({ type }) => type === 'Negation').length % 2 === 1;
    const run = (): Promise<number> => {
      const [only] = commands;
      if (only === undefined) return Promise.resolve(0);
      return commands.length === 1 ? this.command(only) : this.#pipe(commands, operators);
    };
    const status = negated ? await this.tested(run) : await run();
    return negated ? (status === 0 ? 1 : 0) : status;
  }

  async #pipe(commands: readonly CommandNode[], operators: readonly string[]): Promise<number> {
    const { shell } = this;
    const pipes = operators.map(() => shell.task.machine.pipe());
    for (const { reader, writer } of pipes) {
      reader.retain();
      writer.retain();
    }
    const tasks: Task[] = [];
    for (const [index, node] of commands.entries()) {
      const [before, after] = [pipes[index - 1], pipes[index]];
      tasks.push(
        fork(
          this,
          (inner) => inner.run([statementOf(node)], true),
          ({ fds }) => {
            if (before !== undefined) fds.set(0, before.reader);
            if (after !== undefined) fds.set(1, after.writer);
            if (after !== undefined && operators[index] === '|&') fds.set(2, after.writer);
          },
        ),
      );
    }
    for (const { reader, writer } of pipes) {
      reader.release();
      writer.release();
    }
    const codes: number[] = [];
    for (const task of tasks) codes.push(await this.#wait(task));
    const failed = shell.options.has('pipefail') ? codes.findLast((code) => code !== 0) : undefined;
    return failed ?? (codes.at(-1) as number);
  }

  async #redirected(node: Extract<CommandNode, { readonly type: 'Redirected' }>): Promise<number> {
    let undo: () => void;
    try {
      undo = await redirect(this.expander, node.redirects);
    } catch (error) {
      if (!(error instanceof ShellError) || error.status !== 1) throw error;
      await this.shell.complain(error.message);
      return 1;
    }
    try {
      return await this.command(node.command);
    } finally {
      undo();
    }
  }

  async #wait(task: Task): Promise<number> {
    return (await this.shell.task.waitFor(task)).code;
  }
}

function statementOf(command: CommandNode): Statement {
  return { type: 'Statement', pos: command.pos, end: command.end, command, background: undefined };
}
