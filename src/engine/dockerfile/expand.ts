// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what stands for variables is described
import { AttestdError } from '../../support/foundation/errors.js';
import { quote } from '../../support/go/quote.js';
import { Pattern, PatternTooCostly, replacePattern } from '../../support/sandbox/shell/pattern.js';

/** How a text is expanded. */
export interface Expansion {
  /** The value of a variable; undefined when it is not set. Without it, `$` stands for itself. */
  readonly lookup?: (name: string) => string | undefined;
  /** Most characters that may come out. */
  readonly limit: number;
  /** What makes the next character stand for itself; a backslash without it. */
  readonly escapeChar?: string | undefined;
}

/**
 * The text without quotes and escapes, and with its variables replaced, except within single quotes
 * (docs/reference/behavior/builder.md#dockerfile-words): `$name`, `${name}`, and `:-`, `-`, `:+`, `+`, `:?`, `?`, `#`, `##`, `%`, `%%`, `/`,
 * `//` after a name, whose words are expanded in their turn.
 *
 * @throws AttestdError INVALID_ARGUMENT when more comes out than may, and for what is not closed or not known
 */
export function expand(text: string, expansion: Expansion): string {
  const { limit, escapeChar = '\\' } = expansion;
  if (text.length <= limit && !/['"$]/.test(text) && !text.includes(escapeChar)) return text;
  try {
    return new Expander(text, expansion).whole();
  } catch (error) {
    if (!(error instanceof Fault || error instanceof PatternTooCostly)) throw error;
    throw new AttestdError('INVALID_ARGUMENT', `failed to process ${quote(text)}: ${error.message}`, { cause: error });
  }
}

/** What is wrong with a text. */
class Fault extends Error {}

const unfinished = (what: string): Fault => new Fault(`unexpected end of statement while looking for matching ${what}`);

/** What nested words may be deep. */
const deepest = 100;

/** A pattern in which brackets stand for themselves: in a Dockerfile only `*` and `?` stand for others. */
const withoutSets = (pattern: string): string =>
  pattern.replace(/\\.|\[/gs, (piece) => (piece === '[' ? '\\[' : piece));

class Expander {
  readonly #chars: readonly string[];
  readonly #lookup: Expansion['lookup'];
  readonly #limit: number;
  readonly #escapeChar: string;
  #at = 0;
  #depth = 0;
  #length = 0;

  constructor(text: string, { lookup, limit, escapeChar = '\\' }: Expansion) {
    this.#chars = [...text];
    this.#lookup = lookup;
    this.#limit = limit;
    this.#escapeChar = escapeChar;
  }

  whole(): string {
    return this.#until(undefined);
  }

  /** @param raw whether escapes stay, for a pattern */
  #until(stop: string | undefined, raw = false): string {
    if (this.#depth++ > deepest) throw new Fault('variables are nested too deeply');
    let out = '';
    for (;;) {
      const char = this.#chars[this.#at++];
      if (char === undefined) {
        if (stop !== undefined) throw unfinished(stop);
        break;
      }
      if (char === stop) break;
      if (char === "'") out += this.#singleQuoted();
      else if (char === '"') out += this.#doubleQuoted();
      else if (char === '$') out += this.#dollar();
      else if (char === this.#escapeChar) {
        const next = this.#chars[this.#at++];
        if (next !== undefined) out += this.#grown(raw ? `\\${next}` : next);
      } else out += this.#grown(char);
    }
    this.#depth--;
    return out;
  }

  #singleQuoted(): string {
    const end = this.#chars.indexOf("'", this.#at);
    if (end < 0) throw unfinished('single-quote');
    const quoted = this.#chars.slice(this.#at, end).join('');
    this.#at = end + 1;
    return this.#grown(quoted);
  }

  #doubleQuoted(): string {
    let out = '';
    for (;;) {
      const char = this.#chars[this.#at++];
      if (char === undefined) throw unfinished('double-quote');
      if (char === '"') return out;
      if (char === '$') out += this.#dollar();
      else if (char === this.#escapeChar) {
        const next = this.#chars[this.#at++] ?? '';
        out += this.#grown(['"', '$', this.#escapeChar].includes(next) ? next : char + next);
      } else out += this.#grown(char);
    }
  }

  #dollar(): string {
    if (this.#lookup === undefined) return this.#grown('$');
    if (this.#chars[this.#at] !== '{') {
      const name = this.#name();
      return this.#grown(name === '' ? '$' : this.#value(name));
    }
    this.#at++;
    const next = this.#chars[this.#at];
    if (next === undefined) throw new Fault("syntax error: missing '}'");
    if (next === '{' || next === '}' || next === ':') throw new Fault('syntax error: bad substitution');
    return this.#braced(this.#name());
  }

  #braced(name: string): string {
    let modifier = this.#chars[this.#at++];
    if (modifier === '}') return this.#grown(this.#value(name));
    const colon = modifier === ':';
    if (colon) modifier = this.#chars[this.#at++];
    const value = this.#lookup?.(name);
    const missing = value === undefined || (colon && value === '');
    switch (modifier) {
      case '-': {
        const word = this.#until('}');
        return missing ? word : this.#grown(value);
      }
      case '+': {
        const word = this.#until('}');
        return missing ? '' : word;
      }
      case '?': {
        const word = this.#until('}');
        if (!missing) return this.#grown(value);
        throw new Fault(`${name}: ${word || `is not allowed to be ${colon ? 'empty' : 'unset'}`}`);
      }
    }
    if (!colon && (modifier === '#' || modifier === '%')) return this.#trimmed(modifier, value ?? '');
    if (!colon && modifier === '/') return this.#replaced(value ?? '');
    throw new Fault(`unsupported modifier (${colon ? ':' : ''}${modifier ?? '\uFFFD'}) in substitution`);
  }

  /** Without what a pattern matches at one end. */
  #trimmed(modifier: '#' | '%', value: string): string {
    const longest = this.#chars[this.#at] === modifier;
    if (longest) this.#at++;
    const pattern = new Pattern(withoutSets(this.#until('}', true)));
    if (modifier === '#') return this.#grown(value.slice(pattern.prefix(value, longest) ?? 0));
    return this.#grown(value.slice(0, pattern.suffix(value, longest) ?? value.length));
  }

  #replaced(value: string): string {
    const all = this.#chars[this.#at] === '/';
    if (all) this.#at++;
    const source = withoutSets(this.#until('/', true));
    const replacement = this.#until('}');
    const made = replacePattern(value, source, replacement, all ? '//' : '/');
    return this.#grown(made ?? ' '.repeat(this.#limit + 1));
  }

  /** A name, or one of the parameters that are a digit or a sign and never set. */
  #name(): string {
    const first = this.#chars[this.#at] ?? '';
    if (/[@*#?$!\-0]/.test(first)) {
      this.#at++;
      return first;
    }
    const part = /[0-9]/.test(first) ? /[0-9]/ : /[A-Za-z0-9_]/;
    let name = '';
    for (let char = first; char !== '' && part.test(char); char = this.#chars[this.#at] ?? '') {
      name += char;
      this.#at++;
    }
    return name;
  }

  #value(name: string): string {
    return this.#lookup?.(name) ?? '';
  }

  #grown(piece: string): string {
    this.#length += piece.length;
    if (this.#length > this.#limit)
      throw new AttestdError('INVALID_ARGUMENT', 'the changes make too large a configuration');
    return piece;
  }
}
