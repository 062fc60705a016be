import {
  bitsAt,
  type CodeKind,
  type CodeTable,
  literalLengths,
  matchLengths,
  offsets,
  oneSymbol,
  readTable,
} from './zstd-codes.js';

/** Bits that follow each code of a length, and the smallest length of each (RFC 8878, section 3.1.1.3.2.1.1). */
const literalBits = Uint8Array.of(
  ...new Array<number>(16).fill(0),
  ...[1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
);
const matchBits = Uint8Array.of(
  ...new Array<number>(32).fill(0),
  ...[1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
);
const literalBases = basesOf(literalBits, 0);
const matchBases = basesOf(matchBits, 3);

function basesOf(bits: Uint8Array, first: number): Uint32Array {
  let base = first;
  return Uint32Array.from(bits, (count) => {
    const own = base;
    base += 1 << count;
    return own;
  });
}

/** Tables that a frame's blocks may use again: of literal lengths, of offsets, of match lengths. */
type Tables = [CodeTable?, CodeTable?, CodeTable?];

const kinds: readonly CodeKind[] = [literalLengths, offsets, matchLengths];

/**
 * Counts what the compressed blocks of one frame hold, before they are decoded: the lengths that a block's sequences name
 * are bounded by nothing but this, and a decoder that follows them copies for seconds.
 */
export class BlockLengths {
  #tables: Tables = [];

  /** @param most bytes that a block may hold (RFC 8878, section 3.1.1.2.4) */
  constructor(private readonly most: number) {}

  /**
   * Read the next block.
   *
   * @param block its content, whole
   * @returns bytes that come out of it; undefined when they are more than may, or when what it says cannot be
   */
  of(block: Uint8Array): number | undefined {
    const literals = literalsIn(block);
    // What stands behind the block belongs to the next one.
    if (literals === undefined || literals.end >= block.length || literals.length > this.most) return undefined;
    const count = sequencesAt(block, literals.end);
    if (count.end > block.length) return undefined;
    if (count.sequences === 0) return literals.length;
    const start = this.#readTables(block, count.end);
    if (start === undefined || start >= block.length) return undefined;
    return follow(block, { ...count, start, literals: literals.length, most: this.most }, this.#tables as CodeTable[]);
  }

  /** Section 3.1.1.3.2.1: a mode for each kind of code, then the tables of those that bring one. Returns the byte behind them. */
  #readTables(block: Uint8Array, at: number): number | undefined {
    const modes = block[at] ?? 0;
    let end = at + 1;
    for (const [index, kind] of kinds.entries()) {
      const mode = (modes >> (6 - 2 * index)) & 3;
      if (mode === 0) this.#tables[index] = kind.predefined;
      else if (mode === 1) {
        const symbol = block[end] ?? 0;
        if (symbol > kind.largest) return undefined;
        this.#tables[index] = oneSymbol(symbol);
        end += 1;
      } else if (mode === 2) {
        const read = readTable(block, end, kind);
        if (read === undefined) return undefined;
        this.#tables[index] = read.table;
        end = read.end;
      } else if (this.#tables[index] === undefined) return undefined;
    }
    return end;
  }
}

/** Section 3.1.1.3.1.1: bytes of literals, and the byte behind their section. */
function literalsIn(block: Uint8Array): { readonly length: number; readonly end: number } | undefined {
  const first = block[0];
  if (first === undefined) return undefined;
  const kind = first & 3;
  const format = (first >> 2) & 3;
  const byte = (index: number): number => block[index] ?? 0;
  if (kind < 2) {
    const [head, length] =
      format === 1
        ? [2, (first >> 4) + (byte(1) << 4)]
        : format === 3
          ? [3, (first >> 4) + (byte(1) << 4) + (byte(2) << 12)]
          : [1, first >> 3];
    return { length, end: head + (kind === 0 ? length : 1) };
  }
  const bits = format < 2 ? 10 : format === 2 ? 14 : 18;
  const head = format < 2 ? 3 : format + 2;
  return { length: bitsAcross(block, 4, bits), end: head + bitsAcross(block, 4 + bits, bits) };
}

/** Up to 18 bits of two sizes that stand beside each other. */
const bitsAcross = (block: Uint8Array, place: number, count: number): number =>
  bitsAt(block, place, Math.min(count, 9)) + (count > 9 ? bitsAt(block, place + 9, count - 9) << 9 : 0);

/** Section 3.1.1.3.2.1: how many sequences there are, and the byte behind their number. */
function sequencesAt(block: Uint8Array, at: number): { readonly sequences: number; readonly end: number } {
  const first = block[at] ?? 0;
  if (first < 128) return { sequences: first, end: at + 1 };
  if (first < 255) return { sequences: ((first - 128) << 8) + (block[at + 1] ?? 0), end: at + 2 };
  return { sequences: (block[at + 1] ?? 0) + ((block[at + 2] ?? 0) << 8) + 0x7f00, end: at + 3 };
}

interface Sequences {
  readonly sequences: number;
  /** The byte that their bits begin at; they are read from the end of the block. */
  readonly start: number;
  readonly literals: number;
  readonly most: number;
}

/**
 * Section 3.1.1.3.2.1.2: add up the lengths that the sequences name. This goes through all that is ever decompressed, so
 * bits are taken here without a call for each.
 */
function follow(block: Uint8Array, wanted: Sequences, tables: readonly CodeTable[]): number | undefined {
  const [literal, offset, match] = tables as [CodeTable, CodeTable, CodeTable];
  const last = block[block.length - 1] as number;
  if (last === 0) return undefined;
  const floor = wanted.start * 8;
  const mostMatches = wanted.most - wanted.literals;
  let place = block.length * 8 + 23 - Math.clz32(last) - literal.log;
  if (place - offset.log - match.log < floor) return undefined;
  let literalState = bitsAt(block, place, literal.log);
  place -= offset.log;
  let offsetState = bitsAt(block, place, offset.log);
  place -= match.log;
  let matchState = bitsAt(block, place, match.log);
  let literals = 0;
  let matches = 0;
  for (let left = wanted.sequences; left > 0; left -= 1) {
    const literalCode = literal.symbols[literalState] as number;
    const matchCode = match.symbols[matchState] as number;
    // Where a copy is from makes it no longer.
    place -= offset.symbols[offsetState] as number;
    let bits = matchBits[matchCode] as number;
    matches += matchBases[matchCode] as number;
    if (bits > 0) {
      place -= bits;
      if (place < floor) return undefined;
      matches += bitsAt(block, place, bits);
    }
    bits = literalBits[literalCode] as number;
    literals += literalBases[literalCode] as number;
    if (bits > 0) {
      place -= bits;
      if (place < floor) return undefined;
      literals += bitsAt(block, place, bits);
    }
    if (literals > wanted.literals || matches > mostMatches) return undefined;
    if (left === 1) break;
    const literalUp = literal.bits[literalState] as number;
    const matchUp = match.bits[matchState] as number;
    const offsetUp = offset.bits[offsetState] as number;
    place -= literalUp + matchUp + offsetUp;
    if (place < floor) return undefined;
    // 27 bits at most, so in two parts.
    const both = bitsAt(block, place, offsetUp + matchUp);
    offsetState = (offset.bases[offsetState] as number) + (both & ((1 << offsetUp) - 1));
    matchState = (match.bases[matchState] as number) + (both >> offsetUp);
    literalState = (literal.bases[literalState] as number) + bitsAt(block, place + offsetUp + matchUp, literalUp);
  }
  return place === floor ? wanted.literals + matches : undefined;
}
