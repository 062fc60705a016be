/** The elements of the layouts that dockerd parses, in Go's notation, with what each accepts. */
const elements: readonly (readonly [name: string, accepts: RegExp])[] = [
  ['2006', /^\d{4}/],
  ['01', /^\d{2}/],
  ['02', /^\d{2}/],
  ['15', /^\d{2}/],
  ['04', /^\d{2}/],
  ['05', /^\d{2}(?:[.,]\d+)?/],
  ['.999999999', /^(?:[.,]\d*)?/],
  ['Z07:00', /^(?:Z|[+-]\d{2}:\d{2})/],
];

/** Inclusive limits of the elements that have any. */
const limits: Readonly<Record<string, readonly [name: string, low: number, high: number]>> = {
  '01': ['month', 1, 12],
  '02': ['day', 1, 31],
  '15': ['hour', 0, 23],
  '04': ['minute', 0, 59],
  '05': ['second', 0, 59],
};

/**
 * Read a time written in one of Go's layouts.
 *
 * @param layout made of 2006 01 02 15 04 05 .999999999 Z07:00 and literal characters
 * @param text the time
 * @param zone minutes east of UTC for a layout without zone
 * @returns nanoseconds since 1970
 * @throws Error with the text of Go's time.ParseError
 */
export function parseLayout(layout: string, text: string, zone: number): bigint {
  const quoted = JSON.stringify(text);
  const found = new Map<string, string>();
  let rest = text;
  let left = layout;
  while (left !== '') {
    const element = elements.find(([name]) => left.startsWith(name));
    const name = element?.[0] ?? (left[0] as string);
    const part = element === undefined ? (rest.startsWith(name) ? name : undefined) : element[1].exec(rest)?.[0];
    if (part === undefined) {
      throw new Error(
        `parsing time ${quoted} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(name)}`,
      );
    }
    checkRange(name, part, quoted);
    found.set(name, part);
    rest = rest.slice(part.length);
    left = left.slice(name.length);
  }
  if (rest !== '') throw new Error(`parsing time ${quoted}: extra text: ${JSON.stringify(rest)}`);
  return toNanoseconds(found, zone, quoted);
}

function checkRange(name: string, part: string, quoted: string): void {
  const limit = limits[name];
  const value = Number.parseInt(part, 10);
  if (limit !== undefined && (value < limit[1] || value > limit[2])) {
    throw new Error(`parsing time ${quoted}: ${limit[0]} out of range`);
  }
}

function toNanoseconds(found: ReadonlyMap<string, string>, zone: number, quoted: string): bigint {
  const number = (name: string): number => Number.parseInt(found.get(name) ?? '0', 10);
  const date = new Date(0);
  date.setUTCFullYear(number('2006'), number('01') - 1, number('02'));
  if (date.getUTCDate() !== number('02')) throw new Error(`parsing time ${quoted}: day out of range`);
  date.setUTCHours(number('15'), number('04'), number('05'));
  const given = found.get('Z07:00');
  const offset = given === undefined ? zone : given === 'Z' ? 0 : minutesEast(given);
  const fraction = /[.,](\d+)/.exec(`${found.get('05') ?? ''}${found.get('.999999999') ?? ''}`)?.[1] ?? '';
  const millis = BigInt(date.getTime()) - BigInt(offset) * 60_000n;
  return millis * 1_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
}

function minutesEast(zone: string): number {
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6));
  return zone.startsWith('-') ? -minutes : minutes;
}
