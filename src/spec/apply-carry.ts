/** Transfers the difference between two printed forms of a document to its source text. */
import { diffArrays } from 'diff';

/** A change of lines: those from `start` to before `end` become `lines`. */
interface Hunk {
  readonly start: number;
  readonly end: number;
  readonly lines: readonly string[];
}

const isBlank = (line: string | undefined): boolean => line?.trim() === '';
const isText = (line: string | undefined): boolean => line !== undefined && !/^\s*(?:#|$)/.test(line);
const indentOf = (line: string): number => line.length - line.trimStart().length;
const opensBlock = (line: string): boolean => /(?:^|[:-] )[|>][-+0-9]*$/.test(line);

/** Returns a comparison key per line. A blank line within a block of text equals another only after the same line. */
function tokensOf(print: readonly string[]): string[] {
  let depth: number | undefined;
  let previous = '';
  return print.map((line) => {
    if (isBlank(line)) return depth === undefined ? line : `${previous}\n`;
    if (depth !== undefined && indentOf(line) <= depth) depth = undefined;
    if (depth === undefined && opensBlock(line)) depth = indentOf(line);
    previous = line;
    return line;
  });
}

/** Returns the hunks between two prints. Adjacent hunks are merged. */
function rawHunksOf(before: readonly string[], after: readonly string[]): Hunk[] {
  const hunks: Hunk[] = [];
  let [at, to] = [0, 0];
  for (const { added, removed, count } of diffArrays(tokensOf(before), tokensOf(after))) {
    const end = added ? at : at + count;
    const lines = added ? after.slice(to, to + count) : [];
    const last = hunks[hunks.length - 1];
    if (last?.end === at && (added || removed)) {
      hunks[hunks.length - 1] = { start: last.start, end, lines: [...last.lines, ...lines] };
    } else if (added || removed) hunks.push({ start: at, end, lines });
    if (!removed) to += count;
    at = end;
  }
  return hunks;
}

const replaces = ({ start, end, lines }: Hunk): boolean => start < end && lines.length > 0;

/** Returns the hunks between two prints. Two hunks are merged if the source text has no line between them. */
function hunksOf(before: readonly string[], after: readonly string[], places: readonly unknown[]): Hunk[] {
  const hunks: Hunk[] = [];
  for (const hunk of rawHunksOf(before, after)) {
    const last = hunks[hunks.length - 1];
    const between = before.slice(last?.end, hunk.start);
    // Blank lines between two replacements belonged to the removed lines.
    const isOne = last && replaces(last) && replaces(hunk) && between.every(isBlank);
    if (last && (isOne || places.slice(last.end, hunk.start).every((place) => place === undefined))) {
      hunks[hunks.length - 1] = { start: last.start, end: hunk.end, lines: [...last.lines, ...between, ...hunk.lines] };
    } else hunks.push(hunk);
  }
  return hunks;
}

/** A column of the print, and the extra indentation of the source text there. */
interface Level {
  readonly depth: number;
  readonly by: number;
}

/** The source lines of a printed line, and the columns of the nodes that it opens. */
interface Place {
  readonly first: number;
  readonly last: number;
  readonly levels: readonly Level[];
}

/** A dash, or the other content of a line. The dash of a list may have a line of its own. */
interface Part {
  readonly words: string;
  readonly line: number;
  readonly column: number;
}

function partsOf(lines: readonly string[]): Part[] {
  return lines.flatMap((text, line) => {
    const parts: Part[] = [];
    let column = indentOf(text);
    for (let dash = /^- +/.exec(text.slice(column)); dash; dash = /^- +/.exec(text.slice(column))) {
      parts.push({ words: '-', line, column });
      column += dash[0].length;
    }
    const words = text.slice(column).replace(/\s+/g, '');
    if (words !== '' || parts.length === 0) parts.push({ words, line, column });
    return parts;
  });
}

/** Finds the source lines with the same content, apart from white space, for each line of a print. */
function align(print: readonly string[], text: readonly string[]): (Place | undefined)[] {
  const [printed, written] = [partsOf(print), partsOf(text)];
  const pairs: (Part | undefined)[] = [];
  let at = 0;
  const words = (parts: readonly Part[]): string[] => parts.map((part) => part.words);
  for (const { added, removed, count } of diffArrays(words(printed), words(written))) {
    if (!added) for (let index = 0; index < count; index += 1) pairs.push(removed ? undefined : written[at + index]);
    if (!removed) at += count;
  }
  const found: (Place | undefined)[] = [];
  let index = 0;
  for (let line = 0; line < print.length; line += 1) {
    const levels: Level[] = [];
    const from = index;
    for (; printed[index]?.line === line; index += 1) {
      const [mine, theirs] = [printed[index], pairs[index]];
      if (mine && theirs) levels.unshift({ depth: mine.column, by: theirs.column - mine.column });
    }
    const [first, last] = [pairs[from], pairs[index - 1]];
    const whole = levels.length === index - from && first && last;
    found.push(whole ? { first: first.line, last: last.line, levels } : undefined);
  }
  return found;
}

class Carrier {
  constructor(
    private readonly print: readonly string[],
    private readonly places: readonly (Place | undefined)[],
    /** Number of lines in the source text. */
    private readonly size: number,
  ) {}

  /** Finds the level of the nearest line above whose depth is at most `depth`. */
  private above(from: number, depth: number): Level | undefined {
    for (let line = from; line >= 0; line -= 1) {
      const found = isText(this.print[line]) && this.places[line]?.levels.find((level) => level.depth <= depth);
      if (found) return found;
    }
    return undefined;
  }

  /** The outermost level of the next line. */
  private below(from: number): Level | undefined {
    const next = this.print.findIndex((line, index) => index >= from && isText(line));
    return this.places[next]?.levels.at(-1);
  }

  /** Indents new lines like their siblings in the source text, or else relative to their parent. */
  private moved({ start, end }: Hunk, lines: readonly string[]): string[] {
    const done: Level[] = [];
    // The lines of a block of text move together.
    let block: { depth: number; by?: number } | undefined;
    return lines.map((line, index) => {
      if (isBlank(line)) return '';
      const depth = indentOf(line);
      // The first line of a replacement follows the same lines as the line that it replaces.
      const old = done.length === 0 && start < end ? this.places[start]?.levels.at(-1) : undefined;
      const above = done.findLast((other) => other.depth <= depth) ?? this.above(start - 1, depth);
      const isLast = !lines.slice(index + 1).some((other) => !isBlank(other) && indentOf(other) < depth);
      const below = isLast ? this.below(end) : undefined;
      const brother = [old, above, below].find((other) => other?.depth === depth);
      if (block && depth <= block.depth) block = undefined;
      const by = block?.by ?? (brother ?? above)?.by ?? 0;
      if (block) block.by = by;
      else {
        done.push({ depth, by });
        if (opensBlock(line)) block = { depth };
      }
      return by >= 0 ? ' '.repeat(by) + line : line.slice(Math.min(-by, depth));
    });
  }

  /** Maps a hunk of the print to a hunk of the source text. It grows where the source formats those lines differently. */
  carry(hunk: Hunk): Hunk {
    const { places, print } = this;
    const isInsertion = hunk.start === hunk.end;
    let { start, end } = hunk;
    // The text need not have the blank lines that the printer makes.
    let above = start - 1;
    while (places[above] === undefined && isBlank(print[above])) above -= 1;
    if (isInsertion && (above < 0 || places[above] !== undefined)) {
      const at = (places[above]?.last ?? -1) + 1;
      return { start: at, end: at, lines: this.moved(hunk, hunk.lines) };
    }
    if (isInsertion && (end === print.length || places[end] !== undefined)) {
      const at = places[end]?.first ?? this.size;
      return { start: at, end: at, lines: this.moved(hunk, hunk.lines) };
    }
    let from = isInsertion ? undefined : places[start]?.first;
    if (from === undefined) {
      while (start > 0 && places[start - 1] === undefined) start -= 1;
      from = (places[start - 1]?.last ?? -1) + 1;
    }
    const last = isInsertion ? undefined : places[end - 1]?.last;
    if (last === undefined) while (end < print.length && places[end] === undefined) end += 1;
    const to = last === undefined ? (places[end]?.first ?? this.size) : last + 1;
    const lines = [...print.slice(start, hunk.start), ...hunk.lines, ...print.slice(hunk.end, end)];
    return { start: from, end: to, lines: this.moved(hunk, lines) };
  }
}

/**
 * Transfers a change from the prints of a document to its source text. Lines outside the change keep every byte. New lines
 * take the indentation and the line ending of their neighbors.
 *
 * @param text the source text
 * @param before the printed document
 * @param after the printed document after the change
 * @returns the changed text
 */
export function carryOver(text: string, before: string, after: string): string {
  const rows = text.split('\n');
  const first = rows[0]?.endsWith('\r') ? '\r\n' : '\n';
  const ends = rows.map((row, index) => (index < rows.length - 1 && !row.endsWith('\r') ? '\n' : first));
  const lines = rows.map((row) => row.replace(/\r$/, ''));
  const split = (print: string): string[] => print.replace(/\n$/, '').split('\n');
  const isOpen = lines[lines.length - 1] !== '';
  if (!isOpen) lines.pop();
  const print = split(before);
  const places = align(print, lines);
  const carrier = new Carrier(print, places, lines.length);
  const out: { line: string; end: string }[] = [];
  let at = 0;
  const copyTo = (end: number): void => {
    for (; at < end; at += 1) out.push({ line: lines[at] as string, end: ends[at] as string });
  };
  for (const hunk of hunksOf(print, split(after), places)) {
    const { start, end, lines: added } = carrier.carry(hunk);
    copyTo(start);
    const ending = (start > 0 ? ends[start - 1] : ends[0]) as string;
    for (const line of added) out.push({ line, end: ending });
    at = Math.max(at, end);
  }
  copyTo(lines.length);
  return out.map(({ line, end }, index) => line + (isOpen && index === out.length - 1 ? '' : end)).join('');
}
