/** A syntax error in a mode. */
class ModeSyntaxError extends Error {}

const bitsOf: Readonly<Record<string, number>> = { r: 4, w: 2, x: 1 };
const shiftOf: Readonly<Record<string, number>> = { u: 6, g: 3, o: 0 };
const set = 0o7777;

/**
 * Parses a mode of chmod: octal, or `u+x,go-w`.
 *
 * @param before the current mode
 * @throws ModeSyntaxError
 */
export function parseMode(text: string, before: number, isDirectory: boolean): number {
  if (/^[0-7]{1,5}$/.test(text)) return Number.parseInt(text, 8) & set;
  return text.split(',').reduce((mode, clause) => applyClause(clause, mode, isDirectory), before);
}

function applyClause(clause: string, before: number, isDirectory: boolean): number {
  const found = /^([ugoa]*)((?:[-+=][rwxXst]*)+)$/.exec(clause);
  if (found === null) throw new ModeSyntaxError(clause);
  const classes = (found[1] || 'a').replaceAll('a', 'ugo');
  let mode = before;
  for (const [, operator, letters = ''] of (found[2] as string).matchAll(/([-+=])([rwxXst]*)/g)) {
    for (const who of new Set(classes)) {
      const shift = shiftOf[who] as number;
      const mask = bits(letters, mode, isDirectory) << shift;
      const special = specialBits(letters, who);
      if (operator === '+') mode |= mask | special;
      else if (operator === '-') mode &= ~(mask | special);
      else mode = (mode & ~(7 << shift)) | mask | special;
    }
  }
  return mode & set;
}

function bits(letters: string, mode: number, isDirectory: boolean): number {
  let all = 0;
  for (const letter of letters) {
    if (letter === 'X') all |= isDirectory || (mode & 0o111) !== 0 ? 1 : 0;
    else all |= bitsOf[letter] ?? 0;
  }
  return all;
}

function specialBits(letters: string, who: string): number {
  let all = 0;
  if (letters.includes('s')) all |= who === 'u' ? 0o4000 : who === 'g' ? 0o2000 : 0;
  if (letters.includes('t')) all |= 0o1000;
  return all;
}

const types: Readonly<Record<string, string>> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  character: 'c',
  block: 'b',
  fifo: 'p',
};

/** `drwxr-xr-x`. */
export function modeText(type: string, mode: number): string {
  const letters = [6, 3, 0].map((shift) =>
    ['r', 'w', 'x'].map((letter, index) => ((mode >> shift) & (4 >> index) ? letter : '-')),
  );
  const mark = (group: number, bit: number, letter: string): void => {
    const position = letters[group] as string[];
    if ((mode & bit) !== 0) position[2] = position[2] === 'x' ? letter : letter.toUpperCase();
  };
  mark(0, 0o4000, 's');
  mark(1, 0o2000, 's');
  mark(2, 0o1000, 't');
  return (types[type] ?? '?') + letters.flat().join('');
}
