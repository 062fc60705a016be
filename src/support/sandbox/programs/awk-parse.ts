import { AwkSyntaxError, type Token, tokens } from './awk-lex.js';
import type { Expression, Rule, Statement } from './awk-tree.js';
import { Nesting } from './nesting.js';

const levels: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['in'],
  ['~', '!~'],
  ['<', '<=', '==', '!=', '>', '>='],
  [' '],
  ['+', '-'],
  ['*', '/', '%'],
];
const comparing = 4;
const joining = 5;
const assignments = ['=', '+=', '-=', '*=', '/=', '%=', '^=', '**='];

/**
 * Read a program.
 *
 * @throws BadAwk
 */
export function parseAwk(source: string): Rule[] {
  return new Parser(tokens(source)).program();
}

class Parser {
  #at = 0;
  /** Whether `>` is where output goes, not a comparison. */
  #printing = false;
  readonly #nesting = new Nesting();

  constructor(private readonly tokens: readonly Token[]) {}

  program(): Rule[] {
    const rules: Rule[] = [];
    for (this.#skip(); this.#token.kind !== 'end'; this.#skip()) rules.push(this.#rule());
    return rules;
  }

  get #token(): Token {
    return this.tokens[this.#at] as Token;
  }

  #is(...texts: string[]): boolean {
    const { kind, text } = this.#token;
    return (kind === 'sign' || kind === 'word') && texts.includes(text);
  }

  #next(): Token {
    return this.tokens[this.#at++] as Token;
  }

  #accept(...texts: string[]): string | undefined {
    return this.#is(...texts) ? this.#next().text : undefined;
  }

  #expect(text: string): void {
    if (this.#accept(text) === undefined) this.#fail();
  }

  #fail(): never {
    const { text } = this.#token;
    if (text === 'function' || text === 'func') throw new AwkSyntaxError('functions are not simulated');
    if (text === 'getline') throw new AwkSyntaxError('getline is not simulated');
    throw new AwkSyntaxError('Unexpected token');
  }

  /** Leave out what separates statements. */
  #skip(): void {
    while (this.#token.kind === 'newline' || this.#is(';')) this.#at++;
  }

  #newlines(): void {
    while (this.#token.kind === 'newline') this.#at++;
  }

  #rule(): Rule {
    const special = this.#accept('BEGIN', 'END');
    if (special !== undefined) {
      this.#newlines();
      return { when: special as 'BEGIN' | 'END', action: this.#block() };
    }
    const when: Expression[] = [];
    if (!this.#is('{')) {
      when.push(this.#expression());
      if (this.#accept(',') !== undefined) {
        this.#newlines();
        when.push(this.#expression());
      }
    }
    return { when, action: this.#is('{') ? this.#block() : undefined };
  }

  #block(): Statement {
    this.#expect('{');
    const body: Statement[] = [];
    for (this.#skip(); !this.#is('}'); this.#skip()) body.push(this.#statement());
    this.#expect('}');
    return { kind: 'block', body };
  }

  /** The statement that belongs to an `if` or a loop; it may be empty. */
  #body(): Statement {
    this.#newlines();
    if (this.#accept(';') !== undefined) return { kind: 'block', body: [] };
    return this.#statement();
  }

  #statement(): Statement {
    return this.#nesting.within(() => (this.#is('{') ? this.#block() : this.#other()));
  }

  /** Any but a block. */
  #other(): Statement {
    const word = this.#accept('if', 'while', 'do', 'for', 'break', 'continue', 'next', 'exit', 'delete');
    switch (word) {
      case 'if':
        return this.#if();
      case 'while': {
        const test = this.#condition();
        return { kind: 'loop', test, body: this.#body(), late: false };
      }
      case 'do': {
        const body = this.#body();
        this.#skip();
        this.#expect('while');
        return { kind: 'loop', test: this.#condition(), body, late: true };
      }
      case 'for':
        return this.#for();
      case 'break':
      case 'continue':
      case 'next':
        return { kind: word };
      case 'exit':
        return this.#ends() ? { kind: 'exit' } : { kind: 'exit', code: this.#expression() };
      case 'delete': {
        const name = this.#next().text;
        return { kind: 'delete', name, keys: this.#accept('[') === undefined ? [] : this.#list(']') };
      }
      default:
        return this.#simple();
    }
  }

  #ends(): boolean {
    return this.#is(';', '}', ')') || ['newline', 'end'].includes(this.#token.kind);
  }

  #condition(): Expression {
    this.#expect('(');
    const test = this.#expression();
    this.#expect(')');
    return test;
  }

  #if(): Statement {
    const test = this.#condition();
    const yes = this.#body();
    const mark = this.#at;
    this.#skip();
    if (this.#accept('else') !== undefined) return { kind: 'if', test, yes, no: this.#body() };
    this.#at = mark;
    return { kind: 'if', test, yes };
  }

  #for(): Statement {
    this.#expect('(');
    const [name, word, array, end] = this.tokens.slice(this.#at, this.#at + 4);
    if (name?.kind === 'name' && word?.text === 'in' && array?.kind === 'name' && end?.text === ')') {
      this.#at += 4;
      return { kind: 'each', name: name.text, array: array.text, body: this.#body() };
    }
    const start = this.#is(';') ? undefined : this.#simple();
    this.#expect(';');
    const test = this.#is(';') ? undefined : this.#expression();
    this.#expect(';');
    const step = this.#is(')') ? undefined : this.#simple();
    this.#expect(')');
    const body = this.#body();
    return { kind: 'loop', ...(start && { start }), ...(test && { test }), ...(step && { step }), body, late: false };
  }

  #simple(): Statement {
    const word = this.#accept('print', 'printf');
    if (word === undefined) return { kind: 'expression', value: this.#expression() };
    this.#printing = true;
    const items = this.#ends() || this.#is('>', '>>', '|') ? [] : this.#items();
    this.#printing = false;
    const [only] = items;
    const printed = items.length === 1 && only?.kind === 'group' ? only.items : items;
    const sign = this.#accept('>', '>>', '|');
    if (sign === '|') throw new AwkSyntaxError('output to commands is not simulated');
    const to = sign && { append: sign === '>>', path: this.#level(joining) };
    return { kind: 'print', formatted: word === 'printf', items: printed, ...(to && { to }) };
  }

  #items(): Expression[] {
    const items = [this.#expression()];
    while (this.#accept(',') !== undefined) {
      this.#newlines();
      items.push(this.#expression());
    }
    return items;
  }

  /** Expressions up to a bracket; inside, `>` compares. */
  #list(end: string): Expression[] {
    const printing = this.#printing;
    this.#printing = false;
    this.#newlines();
    const items = this.#is(end) ? [] : this.#items();
    this.#newlines();
    this.#expect(end);
    this.#printing = printing;
    return items;
  }

  #expression(): Expression {
    const left = this.#level(0);
    if (this.#accept('?') !== undefined) {
      this.#newlines();
      const yes = this.#expression();
      this.#newlines();
      this.#expect(':');
      this.#newlines();
      return { kind: 'choice', test: left, yes, no: this.#expression() };
    }
    if (!this.#is(...assignments) || !['name', 'field', 'element'].includes(left.kind)) return left;
    const sign = this.#next().text;
    this.#newlines();
    return { kind: 'assign', sign, target: left, value: this.#expression() };
  }

  #level(level: number): Expression {
    if (level === levels.length) return this.#unary();
    let left = this.#level(level + 1);
    for (;;) {
      const sign = this.#operator(level);
      if (sign === undefined) return left;
      if (sign === 'in')
        left = { kind: 'in', keys: left.kind === 'group' ? left.items : [left], name: this.#next().text };
      else left = { kind: 'binary', sign, left, right: this.#level(level + 1) };
    }
  }

  #operator(level: number): string | undefined {
    const of = levels[level] as readonly string[];
    if (level === joining) return this.#begins() ? ' ' : undefined;
    if (this.#printing && level === comparing && this.#is('>')) return undefined;
    const sign = this.#accept(...of);
    if (sign === '||' || sign === '&&') this.#newlines();
    return sign;
  }

  /** Whether what comes now is joined to what was before it. */
  #begins(): boolean {
    const { kind } = this.#token;
    if (['number', 'string', 'regex', 'name', 'call'].includes(kind)) return true;
    return this.#is('$', '(', '!', '++', '--') && !this.#is('!=', '!~');
  }

  #unary(): Expression {
    const sign = this.#accept('!', '-', '+');
    if (sign !== undefined) return { kind: 'unary', sign, operand: this.#unary() };
    const base = this.#postfix();
    if (this.#accept('^', '**') === undefined) return base;
    // A power binds from the right, and tighter than a sign before it.
    return { kind: 'binary', sign: '^', left: base, right: this.#unary() };
  }

  #postfix(): Expression {
    const before = this.#accept('++', '--');
    if (before !== undefined) return { kind: 'step', sign: before, before: true, target: this.#primary() };
    const target = this.#primary();
    if (!['name', 'field', 'element'].includes(target.kind)) return target;
    const after = this.#accept('++', '--');
    return after === undefined ? target : { kind: 'step', sign: after, before: false, target };
  }

  #primary(): Expression {
    const token = this.#next();
    switch (token.kind) {
      case 'number':
        return { kind: 'number', value: Number(token.text) };
      case 'string':
        return { kind: 'string', value: token.text };
      case 'regex':
        return { kind: 'regex', source: token.text };
      case 'call':
        this.#expect('(');
        return { kind: 'call', name: token.text, items: this.#list(')') };
      case 'name':
        if (this.#accept('[') !== undefined) return { kind: 'element', name: token.text, keys: this.#list(']') };
        return token.text === 'length'
          ? { kind: 'call', name: 'length', items: [] }
          : { kind: 'name', name: token.text };
      default:
        break;
    }
    if (token.text === '$' && token.kind === 'sign') {
      const step = this.#is('++', '--') ? this.#postfix() : this.#is('-') ? this.#unary() : this.#primary();
      return { kind: 'field', index: step };
    }
    if (token.text === '(' && token.kind === 'sign') {
      const items = this.#list(')');
      return items.length === 1 ? (items[0] as Expression) : { kind: 'group', items };
    }
    this.#at--;
    return this.#fail();
  }
}
