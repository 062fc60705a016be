/** A syntax error, or a feature that is not simulated. */
export class AwkSyntaxError extends Error {}

/** A word of a program. */
export interface Token {
  readonly kind: 'number' | 'string' | 'regex' | 'name' | 'call' | 'word' | 'sign' | 'newline' | 'end';
  /** The value: without quotes, with escapes replaced. */
  readonly text: string;
}

const words = new Set(
  'BEGIN END if else while for do break continue next exit return delete in print printf function func getline'.split(
    ' ',
  ),
);
const signs = /^(?:\*\*=|\*\*|&&|\|\||==|!=|<=|>=|!~|\+\+|--|\+=|-=|\*=|\/=|%=|\^=|>>|[-+*/%^!<>=?:;,~(){}[\]$|])/;
const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '/': '/',
  '"': '"',
  '\\': '\\',
};

/** Escapes of a text between quotes. */
export function unescaped(text: string): string {
  return text.replace(/\\([0-7]{1,3}|[\s\S])/g, (whole, code: string) =>
    /^[0-7]/.test(code) ? String.fromCharCode(Number.parseInt(code, 8)) : (escapes[code] ?? whole),
  );
}

/**
 * The words of a program.
 *
 * @throws BadAwk
 */
export function tokens(source: string): Token[] {
  const found: Token[] = [];
  let rest = source;
  const take = (length: number): string => {
    const taken = rest.slice(0, length);
    rest = rest.slice(length);
    return taken;
  };
  const add = (kind: Token['kind'], text: string): void => void found.push({ kind, text });
  for (;;) {
    take(/^(?:[ \t\r]|\\\n|#[^\n]*)*/.exec(rest)?.[0].length ?? 0);
    if (rest === '') break;
    const number = /^(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/.exec(rest);
    const name = /^[A-Za-z_]\w*/.exec(rest);
    const text = /^"((?:[^"\\\n]|\\[\s\S])*)"/.exec(rest);
    const regexEnd = rest.startsWith('/') && mayBegin(found.at(-1)) ? endOfRegex(rest) : undefined;
    if (rest.startsWith('\n')) add('newline', take(1));
    else if (number !== null) add('number', take(number[0].length));
    else if (name !== null) {
      const word = take(name[0].length);
      add(words.has(word) ? 'word' : rest.startsWith('(') ? 'call' : 'name', word);
    } else if (text !== null) {
      take(text[0].length);
      add('string', unescaped(text[1] as string));
    } else if (regexEnd !== undefined) {
      add(
        'regex',
        take(regexEnd + 1)
          .slice(1, -1)
          .replaceAll('\\/', '/'),
      );
    } else {
      const sign = signs.exec(rest)?.[0];
      if (sign === undefined) throw new AwkSyntaxError(`unexpected character '${rest[0]}'`);
      add('sign', take(sign.length));
    }
  }
  add('end', '');
  return found;
}

/**
 * Returns the index of the slash that ends a regular expression, ignoring brackets and escapes. Undefined if it is
 * missing.
 */
function endOfRegex(source: string): number | undefined {
  for (let at = 1; at < source.length; at++) {
    const char = source[at];
    if (char === '/') return at;
    if (char === '\\') at++;
    if (source[at] === '\n') return undefined;
    if (char !== '[') continue;
    const [bracket] = /^\[\^?\]?[^\]\n]*\]/.exec(source.slice(at)) ?? [];
    if (bracket === undefined) return undefined;
    at += bracket.length - 1;
  }
  return undefined;
}

/** Whether an expression may begin behind a word, so that a slash begins a regular expression there. */
function mayBegin(before: Token | undefined): boolean {
  if (before === undefined || before.kind === 'word' || before.kind === 'newline') return true;
  return before.kind === 'sign' && ![')', ']', '$', '++', '--'].includes(before.text);
}
