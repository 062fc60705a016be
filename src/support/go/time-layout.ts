import { AttestdError } from '../foundation/errors.js';

/** The elements of the layouts that dockerd parses, in Go's notation, with what each accepts. */
const elements: readonly (readonly [name: string, accepts: RegExp])[] = [
  ['2006', /^\d{4}/],
  ['01', /^\d{2}/],
  ['02', /^\d{2}/],
  ['15', /^\d{1,2}/],
  ['04', /^\d{2}/],
  ['05', /^\d{2}(?:[.,]\d+)?/],
  ['.999999999', /^(?:[.,]\d+)?/],
  // Go looks at the numbers of an offset before it looks at the sign.
  ['Z07:00', /^(?:Z|[^\n]\d{2}:\d{2})/],
];

/** Inclusive limits of the elements that have any. */
const limits: Readonly<Record<string, readonly [name: string, low: number, high: number]>> = {
  '01': ['month', 1, 12],
  '15': ['hour', 0, 23],
  '04': ['minute', 0, 59],
  '05': ['second', 0, 59],
};

/** A text as Go's time package quotes it: every byte that is no printable ASCII as \xe2. */
export function quoteTime(text: string): string {
  const escaped = Array.from(Buffer.from(text), (byte) => {
    if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
    return byte >= 0x20 && byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
  });
  return `"${escaped.join('')}"`;
}

/**
 * Read a time written in one of Go's layouts.
 *
 * @param layout made of 2006 01 02 15 04 05 .999999999 Z07:00 and literal characters
 * @param text the time
 * @param zone minutes east of UTC for a layout without zone
 * @returns nanoseconds since 1970
 * @throws AttestdError INVALID_ARGUMENT with the text of Go's time.ParseError
 */
export function parseLayout(layout: string, text: string, zone: number): bigint {
  const fault = (why: string): AttestdError =>
    new AttestdError('INVALID_ARGUMENT', `parsing time ${quoteTime(text)}${why}`);
  const unreadable = (value: string, element: string): AttestdError =>
    fault(` as ${quoteTime(layout)}: cannot parse ${quoteTime(value)} as ${quoteTime(element)}`);
  const found = new Map<string, string>();
  let rest = text;
  let left = layout;
  while (left !== '') {
    const element = elements.find(([name]) => left.startsWith(name));
    const name = element?.[0] ?? literal(left);
    const part = element === undefined ? (rest.startsWith(name) ? name : undefined) : element[1].exec(rest)?.[0];
    if (part === undefined) throw unreadable(rest, name);
    const wrong = outOfRange(name, part);
    if (wrong !== undefined) throw fault(`: ${wrong} out of range`);
    if (name === 'Z07:00' && !/^[Z+-]/.test(part)) throw unreadable(rest, name);
    found.set(name, part);
    rest = rest.slice(part.length);
    left = left.slice(name.length);
  }
  if (rest !== '') throw fault(`: extra text: ${quoteTime(rest)}`);
  const nanoseconds = toNanoseconds(found, zone);
  if (nanoseconds === undefined) throw fault(': day out of range');
  return nanoseconds;
}

/** The characters up to the next element. */
function literal(layout: string): string {
  let end = 1;
  while (end < layout.length && !elements.some(([name]) => layout.startsWith(name, end))) end++;
  return layout.slice(0, end);
}

/** What is out of range in a part; undefined when nothing is. */
function outOfRange(name: string, part: string): string | undefined {
  if (name === 'Z07:00' && part !== 'Z') {
    if (Number(part.slice(1, 3)) > 24) return 'time zone offset hour';
    return Number(part.slice(4, 6)) > 60 ? 'time zone offset minute' : undefined;
  }
  const limit = limits[name];
  const value = Number.parseInt(part, 10);
  return limit !== undefined && (value < limit[1] || value > limit[2]) ? limit[0] : undefined;
}

/** Undefined when the month has no such day. */
function toNanoseconds(found: ReadonlyMap<string, string>, zone: number): bigint | undefined {
  const number = (name: string): number => Number.parseInt(found.get(name) ?? '0', 10);
  const date = new Date(0);
  date.setUTCFullYear(number('2006'), number('01') - 1, number('02'));
  if (date.getUTCDate() !== number('02')) return undefined;
  date.setUTCHours(number('15'), number('04'), number('05'));
  const given = found.get('Z07:00');
  const offset = given === undefined ? zone : given === 'Z' ? 0 : minutesEast(given);
  const fraction = /[.,](\d+)/.exec(`${found.get('05') ?? ''}${found.get('.999999999') ?? ''}`)?.[1] ?? '';
  const millis = BigInt(date.getTime()) - BigInt(offset) * 60_000n;
  return millis * 1_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
}

/** Minutes east of UTC of `+01:00`. */
function minutesEast(zone: string): number {
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6));
  return zone.startsWith('-') ? -minutes : minutes;
}
