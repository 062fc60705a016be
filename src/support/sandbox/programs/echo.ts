import type { Task } from '../kernel/task.js';
import { octal, simpleEscapes } from './escapes.js';
import { write } from './io.js';

/** `echo [-neE]`, as busybox has it. */
export async function echo(task: Task, argv: readonly string[]): Promise<number> {
  let words = argv.slice(1);
  let newline = true;
  let escapes = false;
  while (words[0] !== undefined && /^-[neE]+$/.test(words[0])) {
    for (const letter of words[0].slice(1)) {
      if (letter === 'n') newline = false;
      else escapes = letter === 'e';
    }
    words = words.slice(1);
  }
  const text = words.join(' ');
  if (!escapes || !text.includes('\\')) {
    await write(task, newline ? `${text}\n` : text);
    return 0;
  }
  const { bytes, stopped } = unescaped(text);
  await write(task, newline && !stopped ? Buffer.concat([bytes, Buffer.from('\n')]) : bytes);
  return 0;
}

/** Bytes of a text with backslash escapes; `\c` stops. */
export function unescaped(text: string): { readonly bytes: Buffer; readonly stopped: boolean } {
  const parts: Buffer[] = [];
  for (const [piece] of text.matchAll(/\\(?:0[0-7]{0,3}|[1-7][0-7]{0,2}|x[0-9a-fA-F]{1,2}|[\s\S])|[^\\]+|\\$/g)) {
    if (piece === '\\c') return { bytes: Buffer.concat(parts), stopped: true };
    parts.push(escaped(piece));
  }
  return { bytes: Buffer.concat(parts), stopped: false };
}

function escaped(piece: string): Buffer {
  if (!piece.startsWith('\\') || piece.length === 1) return Buffer.from(piece);
  const letter = piece[1] as string;
  if (/[0-7]/.test(letter)) return Buffer.from([octal(piece.slice(1))]);
  if (letter === 'x' && piece.length > 2) return Buffer.from([Number.parseInt(piece.slice(2), 16)]);
  const simple = simpleEscapes[letter];
  return simple === undefined ? Buffer.from(piece) : Buffer.from(simple);
}
