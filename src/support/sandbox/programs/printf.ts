import { trimRight } from '../../go/strings.js';
import type { Task } from '../kernel/task.js';
import { unescaped } from './echo.js';
import { octal, simpleEscapes } from './escapes.js';
import { complain, write } from './io.js';
import { WordList } from './word-list.js';

const conversion = /^%([-+ #0]*)(\*|[1-9]\d*)?(?:\.(\*|\d+))?(?:[hlLqjzt]*)([diouxXeEfFgGcsbq%])/;
/** Widest field. */
const widest = 65_536;

/** `printf FORMAT [ARGUMENT]…`: the format again and again until there are no more arguments. */
export async function printf(task: Task, argv: readonly string[]): Promise<number> {
  const [, format, ...operands] = argv;
  if (format === undefined) {
    await complain(task, 'printf: usage: printf FORMAT [ARG]...');
    return 2;
  }
  const run = new Formatter(operands);
  do {
    const before = run.left;
    await write(task, run.format(format));
    if (run.stopped || run.left === before) break;
  } while (run.left > 0);
  for (const error of run.errors) await complain(task, `${task.argv[0] === 'printf' ? 'printf' : 'sh'}: ${error}`);
  return run.errors.length > 0 ? 1 : 0;
}

/** A format with its arguments, once. Nothing is said of what is wrong with them. */
export function formatted(format: string, operands: readonly string[]): string {
  return new Formatter(operands).format(format).toString();
}

class Formatter {
  readonly errors: string[] = [];
  stopped = false;
  readonly #arguments: WordList;

  constructor(operands: readonly string[]) {
    this.#arguments = new WordList(operands);
  }

  get left(): number {
    return this.#arguments.length;
  }

  format(format: string): Buffer {
    const parts: Buffer[] = [];
    for (let rest = format; rest !== '' && !this.stopped; ) {
      const found = rest.startsWith('%') ? conversion.exec(rest) : null;
      const sequence = rest.startsWith('\\') ? /^\\([0-7]{1,3}|x[0-9a-fA-F]{1,2}|[\s\S])/.exec(rest) : null;
      if (found !== null) {
        parts.push(this.#convert(found));
        rest = rest.slice(found[0].length);
      } else if (rest.startsWith('%') && rest.length > 1) {
        this.errors.push(`${rest}: invalid format`);
        this.stopped = true;
      } else if (sequence !== null) {
        if (sequence[1] === 'c') this.stopped = true;
        else parts.push(escaped(sequence));
        rest = rest.slice(sequence[0].length);
      } else {
        const plain = /^[\s\S][^%\\]*/.exec(rest)?.[0] as string;
        parts.push(Buffer.from(plain));
        rest = rest.slice(plain.length);
      }
    }
    return Buffer.concat(parts);
  }

  #next(): string {
    return this.#arguments.take() ?? '';
  }

  #convert(found: RegExpExecArray): Buffer {
    const [, flags = '', widthText, precisionText, letter = 's'] = found;
    if (letter === '%') return Buffer.from('%');
    let width = widthText === '*' ? this.#number(this.#next()) : Number(widthText ?? 0);
    const left = flags.includes('-') || width < 0;
    width = Math.min(Math.abs(width), widest);
    const precision =
      precisionText === undefined
        ? undefined
        : precisionText === '*'
          ? this.#number(this.#next())
          : Number(precisionText);
    if (letter === 'b') {
      const { bytes, stopped } = unescaped(this.#next());
      this.stopped = stopped;
      return bytes;
    }
    const text = this.#text(letter, flags, precision);
    const zeros = flags.includes('0') && !left && !'scq'.includes(letter);
    if (!zeros) return Buffer.from(left ? text.padEnd(width) : text.padStart(width));
    const sign = /^[-+ ]|^0[xX]/.exec(text)?.[0] ?? '';
    return Buffer.from(sign + text.slice(sign.length).padStart(width - sign.length, '0'));
  }

  #text(letter: string, flags: string, precision: number | undefined): string {
    if (letter === 's' || letter === 'q') return [...this.#next()].slice(0, precision).join('');
    if (letter === 'c') return this.#next().slice(0, 1);
    const sign = flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
    if ('eEfFgG'.includes(letter)) {
      const text = this.#next();
      if (text === '' || Number.isNaN(Number(text))) this.errors.push(`invalid number '${text}'`);
      const value = Number(text) || 0;
      const places = Math.min(precision ?? 6, 100);
      const shown = 'fF'.includes(letter)
        ? value.toFixed(places)
        : 'eE'.includes(letter)
          ? exponent(value, places)
          : general(value, places || 1);
      return (value >= 0 ? sign : '') + (letter === letter.toUpperCase() ? shown.toUpperCase() : shown);
    }
    const value = this.#integer(this.#next());
    if (letter === 'd' || letter === 'i') {
      const digits = String(value < 0n ? -value : value).padStart(precision ?? 0, '0');
      return (value < 0n ? '-' : sign) + digits;
    }
    const unsigned = BigInt.asUintN(64, value);
    const base = letter === 'o' ? 8 : letter === 'u' ? 10 : 16;
    const digits = unsigned.toString(base).padStart(precision ?? 0, '0');
    const prefix = flags.includes('#') && unsigned !== 0n ? (base === 8 ? '0' : base === 16 ? '0x' : '') : '';
    return letter === 'X' ? (prefix + digits).toUpperCase() : prefix + digits;
  }

  #integer(text: string): bigint {
    if (/^['"]./.test(text)) return BigInt(text.codePointAt(1) as number);
    const found = /^\s*([-+]?)(0[xX][0-9a-fA-F]+|\d+)$/.exec(text);
    if (found === null) {
      if (text !== '') this.errors.push(`invalid number '${text}'`);
      return BigInt(/^\s*[-+]?\d+/.exec(text)?.[0] ?? 0);
    }
    const digits = found[2] as string;
    const value = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits.replace(/^0+(?=\d)/, ''));
    return found[1] === '-' ? -value : value;
  }

  #number(text: string): number {
    return Number(this.#integer(text));
  }
}

/** `%g`: the shorter form of a number with this precision. */
export function general(value: number, digits: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const [mantissa = '', power = '0'] = value.toExponential(digits - 1).split('e');
  const size = Number(power);
  const bare = (text: string): string => (text.includes('.') ? trimRight(trimRight(text, '0'), '.') : text);
  if (size >= -4 && size < digits) return bare(value.toFixed(digits - 1 - size));
  return `${bare(mantissa)}e${size < 0 ? '-' : '+'}${String(Math.abs(size)).padStart(2, '0')}`;
}

function exponent(value: number, places: number): string {
  return value.toExponential(places).replace(/e([-+])(\d)$/, 'e$10$2');
}

function escaped([, code = '']: RegExpExecArray): Buffer {
  if (/^[0-7]/.test(code)) return Buffer.from([octal(code)]);
  if (code.startsWith('x') && code.length > 1) return Buffer.from([Number.parseInt(code.slice(1), 16)]);
  const simple = simpleEscapes[code] ?? (code === '"' || code === "'" ? code : undefined);
  return Buffer.from(simple ?? `\\${code}`);
}
