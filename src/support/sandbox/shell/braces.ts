import { parse, type Word } from 'unbash';
import { maxBraceTextLength, maxBraceWords } from '../limits.js';
import { ShellError } from './control.js';

/**
 * Expands `{a,b}` and `{1..3}` in shells that support them.
 *
 * @param enabled false for shells that take braces literally
 * @throws ShellError for too many words
 */
export function expandBraces(word: Word, enabled: boolean): readonly Word[] {
  if (!enabled) return [word];
  const words: Word[] = [];
  let text = 0;
  for (const made of expansions(word, (length) => {
    text += length;
    if (text > maxBraceTextLength) throw new ShellError('out of memory');
  })) {
    words.push(made);
    if (words.length > maxBraceWords) throw new ShellError('out of memory');
  }
  return words;
}

/** @param read called with the length of each text that is parsed again */
function* expansions(word: Word, read: (length: number) => void): Generator<Word> {
  const braces = word.parts?.find(({ type }) => type === 'BraceExpansion');
  if (braces === undefined) {
    yield word;
    return;
  }
  const at = word.text.indexOf(braces.text);
  const before = word.text.slice(0, at);
  const after = word.text.slice(at + braces.text.length);
  for (const text of alternatives(braces.text.slice(1, -1))) {
    const made = `${before}${text}${after}`;
    read(made.length);
    yield* expansions(wordOf(made), read);
  }
}

function wordOf(text: string): Word {
  const command = parse(`: ${text}`).commands[0]?.command;
  const made = command?.type === 'Command' ? command.args[0] : undefined;
  return made?.type === 'Word' ? made : { type: 'Word', text, value: text, pos: 0, end: text.length };
}

function alternatives(inside: string): string[] {
  const range = /^(-?\d+|[A-Za-z])\.\.(-?\d+|[A-Za-z])(?:\.\.(-?\d+))?$/.exec(inside);
  return range === null ? split(inside) : sequence(range[1] as string, range[2] as string, Number(range[3] ?? 1));
}

function sequence(from: string, to: string, step: number): string[] {
  const letters = /[A-Za-z]/.test(from);
  const first = letters ? from.charCodeAt(0) : Number(from);
  const last = letters ? to.charCodeAt(0) : Number(to);
  const by = Math.abs(step) || 1;
  const count = Math.min(Math.floor(Math.abs(last - first) / by) + 1, maxBraceWords + 1);
  return Array.from({ length: count }, (_, index) => {
    const value = first + Math.sign(last - first) * by * index;
    return letters ? String.fromCharCode(value) : String(value);
  });
}

/** Split at commas that are in no inner braces. */
function split(inside: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const [piece] of inside.matchAll(/\\.|[^\\]/gs)) {
    if (piece === '{') depth++;
    if (piece === '}') depth--;
    if (piece === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += piece;
  }
  return parts;
}
