/** Output of commands. Text reaches the terminal only as `Terminal` markup, so values from outside are escaped. */
import { Markup, type Piece, type Terminal, terminal } from '../support/foundation/markup.js';

type Paint = (text: Piece<'terminal'>) => Terminal;

/** Styles of terminal text. */
export interface Palette {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
}

const sgr = (code: number): Terminal => new Markup(`\u001b[${code}m`, 'terminal');

/**
 * Returns the styles of a stream. Without a terminal, or with NO_COLOR set (no-color.org), text stays plain.
 *
 * @param stream the stream that the text is written to
 */
export function palette(stream: { readonly isTTY?: boolean }): Palette {
  const isStyled = stream.isTTY === true && !process.env.NO_COLOR;
  const paint =
    (on: number, off: number): Paint =>
    (text) =>
      isStyled ? terminal`${sgr(on)}${text}${sgr(off)}` : terminal`${text}`;
  return { bold: paint(1, 22), dim: paint(2, 22), red: paint(31, 39), green: paint(32, 39), yellow: paint(33, 39) };
}

/** Writes lines to standard output, each with a line feed. */
export function printLines(lines: readonly Piece<'terminal'>[]): void {
  if (lines.length > 0) process.stdout.write(`${terminal.join(lines, '\n')}\n`);
}

/** Characters that JSON leaves as they are, although a terminal interprets them. */
const unsafeInJson = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * Writes a value to standard output as JSON and a line feed.
 *
 * @param indent spaces by level. Default: one line.
 */
export function printJson(value: unknown, indent?: number): void {
  const escaped = (char: string): string =>
    [...Array(char.length).keys()].map((at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
  process.stdout.write(`${JSON.stringify(value, undefined, indent).replace(unsafeInJson, escaped)}\n`);
}
