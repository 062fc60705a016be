import { compile, type Regex } from './regex.js';

/** Which lines a command is for. */
export type Address =
  | { readonly kind: 'line'; readonly line: number }
  | { readonly kind: 'last' }
  | { readonly kind: 'regex'; readonly regex: Regex }
  | { readonly kind: 'step'; readonly first: number; readonly step: number }
  | { readonly kind: 'more'; readonly count: number };

/** A command of a sed script. */
export interface SedCommand {
  readonly from: Address | undefined;
  readonly to: Address | undefined;
  readonly negated: boolean;
  readonly name: string;
  /** Of `a`, `i`, `c`, `r`, `w`, labels, and both sides of `y`. */
  readonly text: string;
  readonly other: string;
  readonly regex: Regex | undefined;
  /** Of `s`: `g`, `p`, a number. */
  readonly flags: string;
  /** Of `{`: where the block ends. */
  end: number;
}

/** A syntax error in a sed script. */
export class SedSyntaxError extends Error {}

/** Read a sed script. */
export async function parseSed(source: string, extended: boolean): Promise<SedCommand[]> {
  const reader = new Reader(source, extended);
  const commands: SedCommand[] = [];
  const open: number[] = [];
  for (let command = await reader.next(); command !== undefined; command = await reader.next()) {
    if (command.name === '{') open.push(commands.length);
    if (command.name === '}') {
      const start = open.pop();
      if (start === undefined) throw new SedSyntaxError('unexpected }');
      (commands[start] as SedCommand).end = commands.length;
    }
    commands.push(command);
  }
  if (open.length > 0) throw new SedSyntaxError('unmatched {');
  return commands;
}

class Reader {
  #rest: string;
  readonly #extended: boolean;

  constructor(source: string, extended: boolean) {
    this.#rest = source;
    this.#extended = extended;
  }

  async next(): Promise<SedCommand | undefined> {
    this.#take(/^[\s;]+/);
    while (this.#take(/^#[^\n]*\n?[\s;]*/) !== undefined);
    if (this.#rest === '') return undefined;
    const from = await this.#address();
    const to = from !== undefined && this.#take(/^\s*,\s*/) !== undefined ? await this.#address() : undefined;
    const negated = this.#take(/^\s*!\s*/) !== undefined;
    const name = this.#take(/^\s*[a-zA-Z{}=:]/)?.trim();
    if (name === undefined) throw new SedSyntaxError('missing command');
    const command = { from, to, negated, name, text: '', other: '', regex: undefined, flags: '', end: -1 };
    if (name === 's') return { ...command, ...(await this.#substitution()) };
    if (name === 'y') {
      const [text, other] = this.#delimited(2);
      return { ...command, text: text as string, other: other as string };
    }
    if ('aic'.includes(name)) return { ...command, text: this.#textArgument() };
    if (':btTrwR'.includes(name)) return { ...command, text: (this.#take(/^[^\n;}]*/) ?? '').trim() };
    if (name === 'q' || name === 'Q') return { ...command, text: (this.#take(/^\s*\d*/) ?? '').trim() };
    if (!'{}=dDgGhHlnNpPx'.includes(name)) throw new SedSyntaxError(`unsupported command ${name}`);
    return command;
  }

  #take(pattern: RegExp): string | undefined {
    const found = pattern.exec(this.#rest)?.[0];
    if (found === undefined) return undefined;
    this.#rest = this.#rest.slice(found.length);
    return found;
  }

  async #address(): Promise<Address | undefined> {
    const step = this.#take(/^\d+~\d+/);
    if (step !== undefined) {
      const [first = 0, by = 0] = step.split('~').map(Number);
      return { kind: 'step', first, step: by };
    }
    const number = this.#take(/^\d+/);
    if (number !== undefined) return { kind: 'line', line: Number(number) };
    const more = this.#take(/^\+\d+/);
    if (more !== undefined) return { kind: 'more', count: Number(more) };
    if (this.#take(/^\$/) !== undefined) return { kind: 'last' };
    if (!/^[/\\]/.test(this.#rest)) return undefined;
    if (this.#rest.startsWith('\\')) this.#rest = this.#rest.slice(1);
    const [source = ''] = this.#delimited(1);
    const ignoreCase = this.#take(/^I/) !== undefined;
    return { kind: 'regex', regex: await compile(source, { extended: this.#extended, ignoreCase }) };
  }

  async #substitution(): Promise<Pick<SedCommand, 'regex' | 'text' | 'flags'>> {
    const [source = '', text = ''] = this.#delimited(2);
    const flags = this.#take(/^[gpiIeMm0-9]*/) ?? '';
    return { regex: await compile(source, { extended: this.#extended, ignoreCase: /i/i.test(flags) }), text, flags };
  }

  /** Parses texts between delimiters. The first character is the delimiter. */
  #delimited(count: number): string[] {
    const delimiter = this.#rest[0];
    if (delimiter === undefined || delimiter === '\n') throw new SedSyntaxError('unterminated text');
    this.#rest = this.#rest.slice(1);
    return Array.from({ length: count }, () => {
      let text = '';
      for (let at = 0; at < this.#rest.length; at++) {
        const char = this.#rest[at] as string;
        if (char === delimiter) {
          this.#rest = this.#rest.slice(at + 1);
          return text;
        }
        if (char === '[' && delimiter !== '[') {
          const bracket = /^\[\^?\]?[^\]]*\]/.exec(this.#rest.slice(at))?.[0] ?? '[';
          text += bracket;
          at += bracket.length - 1;
        } else if (char === '\\') {
          const next = this.#rest[++at] ?? '';
          text += next === delimiter && !/[.*+?()|{}[\]^$]/.test(delimiter) ? next : `\\${next}`;
        } else text += char;
      }
      throw new SedSyntaxError('unterminated text');
    });
  }

  #textArgument(): string {
    this.#take(/^[ \t]*(\\\n)?[ \t]*/);
    const text = this.#take(/^(?:\\[\s\S]|[^\n\\])*\n?/) ?? '';
    return `${text.replace(/\n$/, '').replace(/\\([\s\S])/g, '$1')}\n`;
  }
}
