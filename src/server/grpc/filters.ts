import { RE2JS } from 're2js';
import { AttestdError } from '../../support/foundation/errors.js';

/** Looks a field up; undefined when the object has no such field. */
export type FieldLookup = (path: readonly string[]) => string | undefined;

/** Whether an object matches. */
export type Filter = (lookup: FieldLookup) => boolean;

type Token = 'field' | 'quoted' | 'value' | 'separator' | 'operator' | 'illegal' | 'end' | 'other';

const fieldStart = /[A-Za-z0-9_]/;
const operatorSign = /[=!~]/;
const separator = /[,.]/;
const quoteSign = /[/|"]/;
const space = /[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;
/** What a bare value may hold: letters, marks, numbers, punctuation, symbols. */
const valueSign = /[\p{L}\p{M}\p{N}\p{P}\p{S}]/u;

const simpleEscapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};

/** Reads tokens; after an operator a bare value may hold more than a field name. */
class Scanner {
  /** Code points, so that positions never split one. */
  readonly #signs: readonly string[];
  #next = 0;
  #valueExpected = false;
  /** Where the last token began. */
  start = 0;
  text = '';
  fault = '';

  constructor(input: string) {
    this.#signs = [...input];
  }

  peek(): string | undefined {
    return this.#signs[this.#next];
  }

  /** Let the next sign be where the fault is. */
  stay(): void {
    this.start = this.#next;
  }

  scan(): Token {
    while (space.test(this.peek() ?? '')) this.#next++;
    const sign = this.peek();
    this.start = this.#next;
    if (sign === undefined) return 'end';
    this.#next++;
    const token = this.#classify(sign);
    this.text = this.#signs.slice(this.start, this.#next).join('');
    return token;
  }

  #classify(sign: string): Token {
    if (sign === '\0') return this.#illegal('unexpected null');
    if (sign === '\ufffd') return this.#illegal('rune error');
    if (quoteSign.test(sign)) return this.#quoted(sign);
    if (separator.test(sign)) {
      this.#valueExpected = false;
      return 'separator';
    }
    if (operatorSign.test(sign)) {
      this.#while(operatorSign);
      this.#valueExpected = true;
      return 'operator';
    }
    if (this.#valueExpected) {
      this.#while(valueSign, ',');
      this.#valueExpected = false;
      return 'value';
    }
    if (!fieldStart.test(sign)) return 'other';
    this.#while(fieldStart);
    return 'field';
  }

  #while(signs: RegExp, except = ''): void {
    for (let sign = this.peek(); sign !== undefined && sign !== except && signs.test(sign); sign = this.peek())
      this.#next++;
  }

  #illegal(fault: string): Token {
    this.fault ||= fault;
    return 'illegal';
  }

  #quoted(quote: string): Token {
    for (;;) {
      const sign = this.peek();
      if (sign === undefined || sign === '\n') return this.#illegal('quoted literal not terminated');
      this.#next++;
      if (sign === quote) return 'quoted';
      if (sign === '\\') this.#next++;
    }
  }
}

/** The text within quotes, its escapes resolved as in a Go string. */
function unquote(quoted: string): string {
  const quote = quoted[0] as string;
  const escapes = /\\(?:([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/gsu;
  return quoted.slice(1, -1).replace(escapes, (_all, octal, byte, short, long, simple) => {
    const hex: string | undefined = byte ?? short ?? long;
    if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (simple === quote) return quote;
    const found = Object.hasOwn(simpleEscapes, simple) ? simpleEscapes[simple] : undefined;
    if (found === undefined) throw new Error('illegal escape sequence');
    return found;
  });
}

/** Parses one filter: selectors joined by commas, all of which must match. */
class Parser {
  readonly #input: string;
  readonly #scanner: Scanner;

  constructor(input: string) {
    this.#input = input;
    this.#scanner = new Scanner(input);
  }

  parse(): Filter {
    const all = [this.#selector()];
    for (;;) {
      const next = this.#scanner.peek();
      if (next === undefined) return (lookup) => all.every((one) => one(lookup));
      if (next !== ',') {
        this.#scanner.stay();
        throw this.#fault(`unexpected input: ${next}`);
      }
      this.#scanner.scan();
      all.push(this.#selector());
    }
  }

  #selector(): Filter {
    const path = [this.#field()];
    while (this.#scanner.peek() === '.') {
      this.#scanner.scan();
      path.push(this.#field());
    }
    const next = this.#scanner.peek();
    if (next === undefined || next === ',') return (lookup) => lookup(path) !== undefined;
    const operator = this.#operator();
    const value = this.#value(operator === '~=');
    if (operator === '==') return (lookup) => lookup(path) === value;
    if (operator === '!=') return (lookup) => (lookup(path) ?? '') !== value;
    const pattern = compile(value);
    return (lookup) => pattern?.matcher(lookup(path) ?? '').find() ?? false;
  }

  #field(): string {
    const token = this.#scanner.scan();
    if (token === 'field') return this.#scanner.text;
    if (token === 'quoted') return this.#unquote(false);
    throw this.#fault(token === 'illegal' ? this.#scanner.fault : 'expected field or quoted');
  }

  #operator(): string {
    const token = this.#scanner.scan();
    const { text } = this.#scanner;
    if (token === 'illegal') throw this.#fault(this.#scanner.fault);
    if (token !== 'operator') throw this.#fault('expected an operator ("=="|"!="|"~=")');
    if (text !== '==' && text !== '!=' && text !== '~=') throw this.#fault(`unsupported operator "${text}"`);
    return text;
  }

  #value(anyQuotes: boolean): string {
    const token = this.#scanner.scan();
    if (token === 'value' || token === 'field') return this.#scanner.text;
    if (token === 'quoted') return this.#unquote(anyQuotes);
    throw this.#fault(token === 'illegal' ? this.#scanner.fault : 'expected value or quoted');
  }

  /** Slashes and bars quote regular expressions only. */
  #unquote(anyQuotes: boolean): string {
    const { text } = this.#scanner;
    if (!anyQuotes && text[0] !== '"') throw this.#fault('invalid quote encountered');
    try {
      return unquote(text);
    } catch (error) {
      throw this.#fault((error as Error).message);
    }
  }

  #fault(reason: string): AttestdError {
    const signs = [...this.#input];
    const at = this.#scanner.start;
    const where =
      at < signs.length
        ? `[${signs.slice(0, at).join('')} >|${signs[at]}|< ${signs.slice(at + 1).join('')}]`
        : `[${this.#input}]`;
    return new AttestdError('INVALID_ARGUMENT', `filters: parse error: ${where}: ${reason}: invalid argument`);
  }
}

/**
 * Go's regular expressions: its syntax, and linear time whatever the pattern. One that does not compile matches nothing,
 * as in the daemon.
 */
function compile(pattern: string): RE2JS | undefined {
  try {
    return RE2JS.compile(pattern);
  } catch {
    return undefined;
  }
}

/**
 * Parse expressions of containerd's filter grammar: `field.field==value`, `!=`, `~=` for a regular expression, a bare
 * field for its presence, joined by commas.
 *
 * @param filters an object matches when it matches one of them; no filters match everything, and so does an empty one
 * @throws AttestdError INVALID_ARGUMENT with the position of the fault, worded as containerd does
 */
export function parseFilters(filters: readonly string[]): Filter {
  if (filters.length === 0) return () => true;
  const any = filters.map((text): Filter => (text === '' ? () => true : new Parser(text).parse()));
  return (lookup) => any.some((one) => one(lookup));
}
