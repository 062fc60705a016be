import type { Task } from '../kernel/task.js';
import { complain, write } from './io.js';
import { compile, RegexSyntaxError } from './regex.js';
import { WordList } from './word-list.js';

class ExpressionSyntaxError extends Error {}

const levels: readonly (readonly string[])[] = [
  ['|'],
  ['&'],
  ['<', '<=', '=', '==', '!=', '>=', '>'],
  ['+', '-'],
  ['*', '/', '%'],
  [':'],
];

/** `expr ARGUMENT…` */
export async function expr(task: Task, argv: readonly string[]): Promise<number> {
  try {
    const words = new WordList(argv.slice(1));
    const value = await level(words, 0);
    if (words.length > 0) throw new ExpressionSyntaxError('syntax error');
    await write(task, `${value}\n`);
    return value === '' || value === '0' ? 1 : 0;
  } catch (error) {
    if (!(error instanceof ExpressionSyntaxError) && !(error instanceof RegexSyntaxError)) throw error;
    await complain(task, `expr: ${error.message}`);
    return 2;
  }
}

async function level(words: WordList, at: number): Promise<string> {
  const operators = levels[at];
  if (operators === undefined) return primary(words);
  let value = await level(words, at + 1);
  while (operators.includes(words.peek() ?? '')) {
    const operator = words.take() as string;
    value = await apply(operator, value, await level(words, at + 1));
  }
  return value;
}

async function primary(words: WordList): Promise<string> {
  const word = words.take();
  // A fresh stack: expressions may be nested as deeply as there are words.
  await null;
  if (word === undefined) throw new ExpressionSyntaxError('syntax error');
  if (word === '(') {
    const value = await level(words, 0);
    if (words.take() !== ')') throw new ExpressionSyntaxError('syntax error');
    return value;
  }
  if (word === 'length') return String([...(await primary(words))].length);
  if (word === 'match') return match(await primary(words), await primary(words));
  if (word === 'substr') {
    const [text, start, length] = [await primary(words), Number(await primary(words)), Number(await primary(words))];
    return start < 1 || length < 1 ? '' : text.slice(start - 1, start - 1 + length);
  }
  return word;
}

async function match(text: string, pattern: string): Promise<string> {
  const found = (await compile(`^${pattern.replace(/^\^/, '')}`)).find(text);
  if (/\\\(/.test(pattern)) return found?.groups[1] ?? '';
  return String(found === undefined ? 0 : found.end);
}

async function apply(operator: string, a: string, b: string): Promise<string> {
  const empty = (text: string): boolean => text === '' || text === '0';
  if (operator === '|') return empty(a) ? b : a;
  if (operator === '&') return empty(a) || empty(b) ? '0' : a;
  if (operator === ':') return match(a, b);
  const numbers = /^-?\d+$/.test(a) && /^-?\d+$/.test(b);
  if ('<= >= == !='.includes(operator) || operator === '<' || operator === '>')
    return compare(operator, a, b, numbers) ? '1' : '0';
  if (!numbers) throw new ExpressionSyntaxError('non-numeric argument');
  const [x, y] = [BigInt(a), BigInt(b)];
  if (operator === '+') return String(x + y);
  if (operator === '-') return String(x - y);
  if (operator === '*') return String(x * y);
  if (y === 0n) throw new ExpressionSyntaxError('division by zero');
  return String(operator === '/' ? x / y : x % y);
}

function compare(operator: string, a: string, b: string, numbers: boolean): boolean {
  const [x, y] = numbers ? [BigInt(a), BigInt(b)] : [a, b];
  switch (operator) {
    case '<':
      return x < y;
    case '<=':
      return x <= y;
    case '>':
      return x > y;
    case '>=':
      return x >= y;
    case '!=':
      return x !== y;
    default:
      return x === y;
  }
}
