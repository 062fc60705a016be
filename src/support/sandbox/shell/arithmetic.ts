import { type ArithmeticExpression, parse, type WordPart } from 'unbash';
import { maxArithmeticDepth, maxArithmeticDigits, maxScriptLength } from '../limits.js';
import { ShellError } from './control.js';

/** The variables used by arithmetic. */
export interface ArithmeticScope {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
  /** The text of a word, expanded. */
  expand(parts: readonly WordPart[] | undefined, text: string): Promise<string>;
}

const syntax = (): ShellError => new ShellError('arithmetic syntax error');

/**
 * Work out an expression with 64 bits, as C does.
 *
 * @throws ShellError for what is none, and for a division by zero
 */
export async function evaluate(
  expression: ArithmeticExpression | undefined,
  scope: ArithmeticScope,
  depth = 0,
): Promise<bigint> {
  if (expression === undefined) return 0n;
  if (depth > maxArithmeticDepth) throw new ShellError('expression recursion loop detected');
  switch (expression.type) {
    case 'ArithmeticGroup':
      return evaluate(expression.expression, scope, depth + 1);
    case 'ArithmeticTernary': {
      const chosen = (await evaluate(expression.test, scope, depth + 1)) !== 0n;
      return evaluate(chosen ? expression.consequent : expression.alternate, scope, depth + 1);
    }
    case 'ArithmeticUnary':
      return unary(expression, scope, depth + 1);
    case 'ArithmeticBinary':
      return binary(expression, scope, depth + 1);
    case 'ArithmeticWord':
      return wordValue(await scope.expand(expression.parts, expression.value), scope, depth + 1);
    case 'ArithmeticCommandExpansion':
      return wordValue(
        await scope.expand([{ ...expression, type: 'CommandExpansion' }], expression.text),
        scope,
        depth + 1,
      );
  }
}

const isName = (text: string): boolean => /^[A-Za-z_]\w*$/.test(text);

/** Parses a number, or evaluates a variable, whose value may be an expression. */
async function wordValue(text: string, scope: ArithmeticScope, depth: number): Promise<bigint> {
  const word = text.trim();
  const number = parseNumber(word);
  if (number !== undefined) return number;
  if (isName(word)) {
    const value = scope.get(word)?.trim() ?? '';
    return value === '' ? 0n : (parseNumber(value) ?? evaluateText(value, scope, depth));
  }
  return evaluateText(word, scope, depth);
}

/** Work out an expression that is only known when it is run. */
export async function evaluateText(text: string, scope: ArithmeticScope, depth = 0): Promise<bigint> {
  if (depth > maxArithmeticDepth) throw new ShellError('expression recursion loop detected');
  const word = text.trim();
  if (parseNumber(word) !== undefined || isName(word)) return wordValue(word, scope, depth + 1);
  if (text.length > maxScriptLength) throw new ShellError('out of memory');
  const command = parse(`((${text}\n))`).commands[0]?.command;
  if (command?.type !== 'ArithmeticCommand' || command.expression === undefined) throw syntax();
  const { expression } = command;
  if (expression.type === 'ArithmeticWord' && expression.value.trim() === word) throw syntax();
  return evaluate(expression, scope, depth + 1);
}

function parseNumber(text: string): bigint | undefined {
  if (/^-\d/.test(text)) {
    const positive = parseNumber(text.slice(1));
    return positive === undefined ? undefined : BigInt.asIntN(64, -positive);
  }
  // Of what is a power of two only the last digits are within 64 bits.
  if (/^0[xX][0-9a-fA-F]+$/.test(text)) return BigInt.asIntN(64, BigInt(`0x${text.slice(2).slice(-16)}`));
  if (/^[1-9]\d*$/.test(text)) return wrapped(text, 10);
  if (/^0[0-7]*$/.test(text)) return BigInt.asIntN(64, BigInt(text === '0' ? 0 : `0o${text.slice(1).slice(-22)}`));
  const based = /^(\d+)#([0-9a-zA-Z]+)$/.exec(text);
  if (based === null) return undefined;
  const base = Number(based[1]);
  if (base > largestBase) throw syntax();
  return wrapped((based[2] as string).toLowerCase(), base);
}

const largestBase = 64;

/** The last 64 bits of a number, however long it is: BigInt itself takes much longer for a text that is ten times as long. */
function wrapped(digits: string, base: number): bigint {
  if (!digitsOf(base).test(digits)) throw syntax();
  const step = Math.floor(53 / Math.log2(Math.max(base, 2)));
  let value = 0n;
  for (let at = base % 2 === 0 ? Math.max(0, digits.length - maxArithmeticDigits) : 0; at < digits.length; at += step) {
    const piece = digits.slice(at, at + step);
    let amount = 0;
    for (const digit of piece) amount = amount * base + Number.parseInt(digit, 36);
    value = BigInt.asIntN(64, value * BigInt(base) ** BigInt(piece.length) + BigInt(amount));
  }
  return value;
}

/** Returns the digits of a base. Above 36, the case of letters is ignored. */
const digitsOf = (base: number): RegExp => {
  const all = '0123456789abcdefghijklmnopqrstuvwxyz'.slice(0, base);
  return new RegExp(all === '' ? '^$' : `^[${all}]*$`);
};

type Of<T extends ArithmeticExpression['type']> = Extract<ArithmeticExpression, { readonly type: T }>;

function nameOf(expression: ArithmeticExpression): string {
  if (expression.type === 'ArithmeticWord' && isName(expression.value)) return expression.value;
  throw syntax();
}

async function unary(
  { operator, operand, prefix }: Of<'ArithmeticUnary'>,
  scope: ArithmeticScope,
  depth: number,
): Promise<bigint> {
  if (operator === '++' || operator === '--') {
    const name = nameOf(operand);
    const before = await wordValue(name, scope, depth);
    const after = BigInt.asIntN(64, before + (operator === '++' ? 1n : -1n));
    scope.set(name, String(after));
    return prefix ? after : before;
  }
  const value = await evaluate(operand, scope, depth);
  if (operator === '-') return BigInt.asIntN(64, -value);
  if (operator === '!') return value === 0n ? 1n : 0n;
  return operator === '~' ? ~value : value;
}

async function binary(
  { operator, left, right }: Of<'ArithmeticBinary'>,
  scope: ArithmeticScope,
  depth: number,
): Promise<bigint> {
  if (operator === '=') return assign(left, await evaluate(right, scope, depth), scope);
  if (/^(?:[-+*/%&|^]|<<|>>)=$/.test(operator)) {
    const before = await wordValue(nameOf(left), scope, depth);
    return assign(left, calculate(operator.slice(0, -1), before, await evaluate(right, scope, depth)), scope);
  }
  const first = await evaluate(left, scope, depth);
  if (operator === '&&') return first !== 0n && (await evaluate(right, scope, depth)) !== 0n ? 1n : 0n;
  if (operator === '||') return first !== 0n || (await evaluate(right, scope, depth)) !== 0n ? 1n : 0n;
  return calculate(operator, first, await evaluate(right, scope, depth));
}

function assign(target: ArithmeticExpression, value: bigint, scope: ArithmeticScope): bigint {
  scope.set(nameOf(target), String(value));
  return value;
}

const booleanValue = (value: boolean): bigint => (value ? 1n : 0n);

function calculate(operator: string, a: bigint, b: bigint): bigint {
  switch (operator) {
    case '+':
      return BigInt.asIntN(64, a + b);
    case '-':
      return BigInt.asIntN(64, a - b);
    case '*':
      return BigInt.asIntN(64, a * b);
    case '**':
      return power(a, b);
    case '/':
    case '%':
      if (b === 0n) throw new ShellError('divide by zero');
      return BigInt.asIntN(64, operator === '/' ? a / b : a % b);
    case '<<':
      return BigInt.asIntN(64, a << (b & 63n));
    case '>>':
      return a >> (b & 63n);
    case '&':
      return a & b;
    case '|':
      return a | b;
    case '^':
      return a ^ b;
    case '<':
      return booleanValue(a < b);
    case '<=':
      return booleanValue(a <= b);
    case '>':
      return booleanValue(a > b);
    case '>=':
      return booleanValue(a >= b);
    case '==':
      return booleanValue(a === b);
    case '!=':
      return booleanValue(a !== b);
    case ',':
      return b;
    default:
      throw syntax();
  }
}

function power(base: bigint, exponent: bigint): bigint {
  if (exponent < 0n) throw new ShellError('exponent less than 0');
  let result = 1n;
  let factor = base;
  for (let left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = BigInt.asIntN(64, result * factor);
    factor = BigInt.asIntN(64, factor * factor);
  }
  return result;
}
