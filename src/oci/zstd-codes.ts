/** How the numbers of a zstd block are coded: finite state entropy (RFC 8878, section 4.1). Nothing is thrown: what is broken is undefined. */

/** What each state of a table stands for, and how the next state is come by. */
export interface CodeTable {
  /** Bits that the first state is read from. */
  readonly log: number;
  readonly symbols: Uint8Array;
  /** Bits to read after a state, and what they are added to. */
  readonly bits: Uint8Array;
  readonly bases: Uint16Array;
}

/** What a kind of code may be: its largest symbol, the most bits of a state, and the table where a block brings none. */
export interface CodeKind {
  readonly largest: number;
  readonly mostLog: number;
  readonly predefined: CodeTable;
}

const highestBit = (value: number): number => 31 - Math.clz32(value);

/** Up to 17 little-endian bits of a block from a place on: zeros behind its end. */
export function bitsAt(bytes: Uint8Array, place: number, count: number): number {
  const at = place >> 3;
  // An index behind the end is undefined, which counts as zero here.
  const three = (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
  return (three >> (place & 7)) & ((1 << count) - 1);
}

/** The table of one symbol, which takes no bits. */
export const oneSymbol = (symbol: number): CodeTable => ({
  log: 0,
  symbols: Uint8Array.of(symbol),
  bits: new Uint8Array(1),
  bases: new Uint16Array(1),
});

/**
 * Read how often each symbol comes, and make the table of it (section 4.1.1).
 *
 * @param from the byte that it begins at
 * @returns the table, and the byte behind its description; undefined for what is none of this kind
 */
export function readTable(
  bytes: Uint8Array,
  from: number,
  kind: Pick<CodeKind, 'largest' | 'mostLog'>,
): { readonly table: CodeTable; readonly end: number } | undefined {
  let place = from * 8 + 4;
  const log = bitsAt(bytes, from * 8, 4) + 5;
  if (log > kind.mostLog) return undefined;
  const counts: number[] = [];
  for (let left = 1 << log; left > 0; ) {
    const most = highestBit(left + 1);
    const whole = bitsAt(bytes, place, most + 1);
    const short = whole & ((1 << most) - 1);
    // The smallest of the values are written with a bit less: there are more places than values.
    const spare = (1 << (most + 1)) - 2 - left;
    place += short < spare ? most : most + 1;
    const value = short < spare ? short : whole >= 1 << most ? whole - spare : whole;
    const count = value - 1;
    counts.push(count);
    left -= Math.abs(count);
    if (count === 0) {
      for (let more = 3; more === 3; place += 2) {
        more = bitsAt(bytes, place, 2);
        for (let zero = 0; zero < more; zero += 1) counts.push(0);
        if (counts.length > kind.largest) return undefined;
      }
    }
    if (left < 0 || counts.length > kind.largest + 1 || place > bytes.length * 8) return undefined;
  }
  return { table: tableOf(counts, log), end: (place + 7) >> 3 };
}

/** Spread the symbols over the states (section 4.1.1); a count of -1 is a probability below one. */
function tableOf(counts: readonly number[], log: number): CodeTable {
  const size = 1 << log;
  const symbols = new Uint8Array(size);
  const next = counts.map(Math.abs);
  let top = size;
  for (const [symbol, count] of counts.entries()) {
    if (count < 0) {
      top -= 1;
      symbols[top] = symbol;
    }
  }
  const step = (size >> 1) + (size >> 3) + 3;
  let state = 0;
  for (const [symbol, count] of counts.entries()) {
    for (let n = 0; n < count; n += 1) {
      symbols[state] = symbol;
      do state = (state + step) & (size - 1);
      while (state >= top);
    }
  }
  const bits = new Uint8Array(size);
  const bases = new Uint16Array(size);
  for (let at = 0; at < size; at += 1) {
    const symbol = symbols[at] as number;
    const number = next[symbol] as number;
    next[symbol] = number + 1;
    bits[at] = log - highestBit(number);
    bases[at] = (number << (bits[at] as number)) - size;
  }
  return { log, symbols, bits, bases };
}

const kindOf = (mostLog: number, log: number, counts: readonly number[]): CodeKind => ({
  largest: counts.length - 1,
  mostLog,
  predefined: tableOf(counts, log),
});

const ones = (count: number): number[] => new Array<number>(count).fill(1);
const rare = (count: number): number[] => new Array<number>(count).fill(-1);

/** Section 3.1.1.3.2.2, with the default distributions of its parts; a block's own may name offsets up to 31. */
export const literalLengths = kindOf(9, 6, [
  4,
  3,
  2,
  2,
  2,
  2,
  2,
  2,
  2,
  2,
  2,
  2,
  2,
  1,
  1,
  1,
  2,
  2,
  2,
  2,
  2,
  2,
  2,
  2,
  2,
  3,
  2,
  ...ones(5),
  ...rare(4),
]);
export const matchLengths = kindOf(9, 6, [1, 4, 3, 2, 2, 2, 2, 2, 2, ...ones(37), ...rare(7)]);
export const offsets: CodeKind = { ...kindOf(8, 5, [...ones(6), 2, 2, 2, ...ones(15), ...rare(5)]), largest: 31 };
