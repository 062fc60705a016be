/** Marks up text for a terminal, or leaves it as it is. */
export interface Palette {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
}

/**
 * The colours for a stream: none unless it is a terminal, and none when NO_COLOR is set (no-color.org).
 *
 * @param stream where the text will go
 */
export function palette(stream: { readonly isTTY?: boolean }): Palette {
  const coloured = stream.isTTY === true && !process.env.NO_COLOR;
  const wrap = (on: number, off: number) => (text: string) => (coloured ? `\u001b[${on}m${text}\u001b[${off}m` : text);
  return { bold: wrap(1, 22), dim: wrap(2, 22), red: wrap(31, 39), green: wrap(32, 39), yellow: wrap(33, 39) };
}
