import type { Descriptor } from '../kernel/descriptor.js';
import { openPath } from '../kernel/open.js';
import type { Task } from '../kernel/task.js';
import { builtins, type Library } from './awk-functions.js';
import { AwkSyntaxError } from './awk-lex.js';
import { AwkRecord, divide } from './awk-record.js';
import type { Expression, Rule, Statement } from './awk-tree.js';
import { arithmetic, bounded, compare, format, isTrue, numberOf, textOf, type Value } from './awk-values.js';
import { type Output, write } from './io.js';
import type { Compiler, Regex } from './regex.js';

/** Estimated bytes of an array key. */
const keyBytes = 64;

type Flow = 'break' | 'continue' | 'next' | 'exit' | undefined;

/** A running awk program. Expressions are evaluated synchronously; the event loop is yielded between statements. */
export class AwkProgram implements Library {
  exitCode = 0;
  readonly vars = new Map<string, Value>([
    ['FS', ' '],
    ['OFS', ' '],
    ['ORS', '\n'],
    ['RS', '\n'],
    ['SUBSEP', '\x1c'],
  ]);
  readonly #arrays = new Map<string, Map<string, Value>>();
  readonly #regexes = new Map<string, Regex>();
  readonly #record: AwkRecord;
  readonly #files = new Map<string, Descriptor>();
  readonly #inRange = new Set<Rule>();
  #usedBytes = 0;

  constructor(
    readonly task: Task,
    private readonly rules: readonly Rule[],
    private readonly output: Output,
    private readonly compiler: Compiler,
  ) {
    this.#record = new AwkRecord(
      (text) => divide(text, textOf(this.vars.get('FS')), (source) => this.regex(source)),
      () => textOf(this.vars.get('OFS')),
    );
    const environment = this.array('ENVIRON');
    for (const [name, value] of task.env) environment.set(name, value);
  }

  /** Whether there is anything to do with records. */
  get reads(): boolean {
    return this.rules.some(({ when }) => when !== 'BEGIN');
  }

  /**
   * Runs the BEGIN or END rules.
   *
   * @returns whether the program has exited
   */
  async special(when: 'BEGIN' | 'END'): Promise<boolean> {
    for (const rule of this.rules)
      if (rule.when === when && rule.action !== undefined && (await this.#do(rule.action)) === 'exit') return true;
    return false;
  }

  /**
   * Runs the rules for a record.
   *
   * @returns whether the program has exited
   */
  async take(text: string): Promise<boolean> {
    this.#record.set(text);
    this.vars.set('NR', numberOf(this.vars.get('NR')) + 1);
    this.vars.set('FNR', numberOf(this.vars.get('FNR')) + 1);
    for (const rule of this.rules) {
      if (typeof rule.when === 'string' || !this.#fits(rule, rule.when)) continue;
      const flow = await this.#do(rule.action ?? { kind: 'print', formatted: false, items: [] });
      if (flow === 'exit') return true;
      if (flow === 'next') break;
    }
    return false;
  }

  /** Releases files and memory. */
  close(): void {
    for (const file of this.#files.values()) file.release();
    this.#files.clear();
    this.task.machine.account(this.task, -this.#usedBytes);
    this.#usedBytes = 0;
  }

  #fits(rule: Rule, [from, to]: readonly Expression[]): boolean {
    if (from === undefined) return true;
    if (to === undefined) return isTrue(this.value(from));
    if (!this.#inRange.has(rule) && !isTrue(this.value(from))) return false;
    if (isTrue(this.value(to))) this.#inRange.delete(rule);
    else this.#inRange.add(rule);
    return true;
  }

  async #do(statement: Statement): Promise<Flow> {
    const turn = this.task.step();
    if (turn !== undefined) await turn;
    switch (statement.kind) {
      case 'expression':
        this.value(statement.value);
        return undefined;
      case 'print':
        await this.#print(statement);
        return undefined;
      case 'block':
        for (const part of statement.body) {
          const flow = await this.#do(part);
          if (flow !== undefined) return flow;
        }
        return undefined;
      case 'if':
        if (isTrue(this.value(statement.test))) return this.#do(statement.yes);
        return statement.no && this.#do(statement.no);
      case 'loop':
        return this.#loop(statement);
      case 'each':
        return this.#each(statement);
      case 'delete':
        if (statement.keys.length === 0) this.array(statement.name).clear();
        else this.array(statement.name).delete(this.#key(statement.keys));
        return undefined;
      case 'exit':
        if (statement.code !== undefined) this.exitCode = numberOf(this.value(statement.code));
        return 'exit';
      default:
        return statement.kind;
    }
  }

  async #loop({ start, test, step, body, late }: Extract<Statement, { kind: 'loop' }>): Promise<Flow> {
    if (start !== undefined) await this.#do(start);
    for (let first = late; first || test === undefined || isTrue(this.value(test)); first = false) {
      const flow = await this.#do(body);
      if (flow === 'break') break;
      if (flow !== undefined && flow !== 'continue') return flow;
      if (step !== undefined) await this.#do(step);
    }
    return undefined;
  }

  async #each({ name, array, body }: Extract<Statement, { kind: 'each' }>): Promise<Flow> {
    for (const key of [...this.array(array).keys()]) {
      this.set(name, key);
      const flow = await this.#do(body);
      if (flow === 'break') break;
      if (flow !== undefined && flow !== 'continue') return flow;
    }
    return undefined;
  }

  async #print({ formatted, items, to }: Extract<Statement, { kind: 'print' }>): Promise<void> {
    const values = items.map((item) => this.value(item));
    const [pattern, ...rest] = values;
    const line = formatted
      ? format(textOf(pattern), rest)
      : (items.length === 0 ? [this.#record.get(0)] : values).map(textOf).join(textOf(this.vars.get('OFS'))) +
        textOf(this.vars.get('ORS'));
    if (to === undefined) {
      await this.output.add(line);
      return;
    }
    const path = textOf(this.value(to.path));
    await this.output.flush();
    if (path === '/dev/stdout' || path === '/dev/stderr') {
      await write(this.task, line, path === '/dev/stdout' ? 1 : 2);
      return;
    }
    let file = this.#files.get(path);
    if (file === undefined) {
      file = await openPath(this.task, path, { write: true, create: true, append: to.append, truncate: !to.append });
      file.retain();
      this.#files.set(path, file);
    }
    await file.write(this.task, Buffer.from(line));
  }

  /** The value of an expression. */
  value(expression: Expression): Value {
    switch (expression.kind) {
      case 'number':
      case 'string':
        return expression.value;
      case 'regex':
        return this.regex(expression.source).test(textOf(this.#record.get(0))) ? 1 : 0;
      case 'name':
        return expression.name === 'NF' ? this.#record.count : this.vars.get(expression.name);
      case 'field':
        return this.#record.get(this.#index(expression.index));
      case 'element': {
        const [array, key] = [this.array(expression.name), this.#key(expression.keys)];
        if (!array.has(key)) this.#store(array, key, undefined);
        return array.get(key);
      }
      case 'in':
        return this.array(expression.name).has(this.#key(expression.keys)) ? 1 : 0;
      case 'call': {
        const found = Object.hasOwn(builtins, expression.name) ? builtins[expression.name] : undefined;
        if (found === undefined) throw new AwkSyntaxError(`call to ${expression.name}, which is not simulated`);
        return bounded(found(this, expression.items));
      }
      case 'unary': {
        const operand = this.value(expression.operand);
        if (expression.sign === '!') return isTrue(operand) ? 0 : 1;
        return expression.sign === '-' ? -numberOf(operand) : numberOf(operand);
      }
      case 'step': {
        const before = numberOf(this.value(expression.target));
        const after = before + (expression.sign === '++' ? 1 : -1);
        this.assign(expression.target, after);
        return expression.before ? after : before;
      }
      case 'assign': {
        const { sign, target, value } = expression;
        const given = this.value(value);
        const result =
          sign === '=' ? given : arithmetic(sign.slice(0, -1), numberOf(this.value(target)), numberOf(given));
        this.assign(target, result);
        return result;
      }
      case 'choice':
        return this.value(isTrue(this.value(expression.test)) ? expression.yes : expression.no);
      case 'group':
        return this.#key(expression.items);
      case 'binary':
        return this.#binary(expression);
    }
  }

  #binary({ sign, left, right }: Extract<Expression, { kind: 'binary' }>): Value {
    if (sign === '&&') return isTrue(this.value(left)) && isTrue(this.value(right)) ? 1 : 0;
    if (sign === '||') return isTrue(this.value(left)) || isTrue(this.value(right)) ? 1 : 0;
    if (sign === '~' || sign === '!~')
      return this.pattern(right).test(textOf(this.value(left))) === (sign === '~') ? 1 : 0;
    const [a, b] = [this.value(left), this.value(right)];
    if (sign === ' ') return bounded(textOf(a) + textOf(b));
    const order = /^[<>=!]/.test(sign) ? compare(a, b) : 0;
    switch (sign) {
      case '<':
        return order < 0 ? 1 : 0;
      case '<=':
        return order <= 0 ? 1 : 0;
      case '>':
        return order > 0 ? 1 : 0;
      case '>=':
        return order >= 0 ? 1 : 0;
      case '==':
        return order === 0 ? 1 : 0;
      case '!=':
        return order !== 0 ? 1 : 0;
      default:
        return arithmetic(sign, numberOf(a), numberOf(b));
    }
  }

  /** Give a variable, a field or an element a value. */
  assign(target: Expression, value: Value): void {
    if (target.kind === 'name') this.set(target.name, value);
    else if (target.kind === 'field') this.#record.put(this.#index(target.index), value);
    else if (target.kind === 'element') this.#store(this.array(target.name), this.#key(target.keys), value);
    else throw new AwkSyntaxError('assignment to what is no variable');
  }

  set(name: string, value: Value): void {
    if (name === 'NF') this.#record.count = numberOf(value);
    else this.vars.set(name, value);
  }

  array(name: string): Map<string, Value> {
    const present = this.#arrays.get(name);
    if (present !== undefined) return present;
    const made = new Map<string, Value>();
    this.#arrays.set(name, made);
    return made;
  }

  /** Put something into an array; what arrays hold counts as the container's memory. */
  #store(array: Map<string, Value>, key: string, value: Value): void {
    const bytes = array.has(key) ? 0 : keyBytes + key.length;
    const grown = bytes + (typeof value === 'string' ? value.length : 0);
    this.#usedBytes += grown;
    this.task.machine.account(this.task, grown);
    array.set(key, value);
  }

  /** The expression that an operand is, or that its text makes. */
  pattern(expression: Expression): Regex {
    return this.regex(expression.kind === 'regex' ? expression.source : textOf(this.value(expression)));
  }

  regex(source: string): Regex {
    let regex = this.#regexes.get(source);
    if (regex === undefined) {
      regex = this.compiler(source, { extended: true });
      if (this.#regexes.size > 1000) this.#regexes.clear();
      this.#regexes.set(source, regex);
    }
    return regex;
  }

  #index(expression: Expression): number {
    const index = Math.trunc(numberOf(this.value(expression)));
    if (index < 0) throw new AwkSyntaxError('Access to negative field');
    return index;
  }

  #key(keys: readonly Expression[]): string {
    return keys.map((key) => textOf(this.value(key))).join(textOf(this.vars.get('SUBSEP')));
  }
}
