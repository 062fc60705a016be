import TinyQueue from 'tinyqueue';

/** Halves of characters beyond the first 65,536 of Unicode. */
const surrogates = /[\ud800-\udfff]/;

const byUnits = (a: string, b: string): number => (a < b ? -1 : 1);

/** Rank of a UTF-16 unit in code point order: surrogates come last. */
const placeOf = (unit: number): number => (unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit);

/** Compares two different names by their UTF-8 bytes. */
function byBytes(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  if (at === a.length || at === b.length) return a.length - b.length;
  return placeOf(a.charCodeAt(at)) - placeOf(b.charCodeAt(at));
}

/** JavaScript compares units of UTF-16, which is the same without surrogates. */
function orderOf(names: readonly string[]): (a: string, b: string) => number {
  return names.some((name) => surrogates.test(name)) ? byBytes : byUnits;
}

/** Sort different names by their bytes. */
export function sorted(names: string[]): string[] {
  const order = orderOf(names);
  // Without a function it is several times as fast.
  return order === byUnits ? names.sort() : names.sort(order);
}

/** Names of a directory, and what every directory has. */
export function* withDots(names: Iterable<string>): Generator<string, undefined> {
  yield* ['.', '..'];
  yield* names;
}

/** Number of names that are sorted without yielding. */
const few = 4096;

/**
 * The same, each made out when it is asked for: to sort all of very many would keep others waiting.
 *
 * @param names are taken over
 */
export function* inOrder(names: string[]): Generator<string, undefined> {
  if (names.length <= few) {
    yield* sorted(names);
    return;
  }
  const queue = new TinyQueue(names, orderOf(names));
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) yield name;
}
