import { AttestdError } from '../foundation/errors.js';
import { trimRight } from './strings.js';
import { quoteTime } from './time-layout.js';

const units: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n],
  ['μs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);

/** The count of nanoseconds must fit 63 bits, or be the lowest number of 64. */
const limit = 1n << 63n;

/**
 * Read a Go duration: `1h30m`, `-1.5s`, `0`.
 *
 * @returns nanoseconds
 * @throws AttestdError INVALID_ARGUMENT with the text of Go's time.ParseDuration, e.g. `time: invalid duration "x"`
 */
export function parseDuration(text: string): bigint {
  const fault = (why: string): AttestdError =>
    new AttestdError('INVALID_ARGUMENT', `time: ${why} duration ${quoteTime(text)}`);
  const negative = text.startsWith('-');
  let rest = /^[+-]/.test(text) ? text.slice(1) : text;
  if (rest === '0') return 0n;
  if (rest === '') throw fault('invalid');
  let total = 0n;
  while (rest !== '') {
    const [matched = '', whole = '', fraction = ''] = /^(\d*)(?:\.(\d*))?/.exec(rest) ?? [];
    if (whole === '' && fraction === '') throw fault('invalid');
    rest = rest.slice(matched.length);
    const name = /^[^\d.]*/.exec(rest)?.[0] ?? '';
    if (name === '') throw fault('missing unit in');
    const unit = units.get(name);
    if (unit === undefined) throw fault(`unknown unit ${quoteTime(name)} in`);
    rest = rest.slice(name.length);
    // More digits than any duration has are out of range, and reading them all would take time.
    const digits = whole.replace(/^0+/, '');
    total += digits.length > 19 ? limit + 1n : BigInt(digits) * unit;
    const decimals = fraction.slice(0, 18);
    total += (BigInt(decimals) * unit) / 10n ** BigInt(decimals.length);
    if (total > limit) throw fault('invalid');
  }
  if (negative) return -total;
  if (total === limit) throw fault('invalid');
  return total;
}

/**
 * A duration as Go's time.Duration prints itself: `1h0m0.5s`, `1.5ms`, `0s`.
 *
 * @param nanoseconds of 64 bits
 */
export function formatDuration(nanoseconds: bigint): string {
  const sign = nanoseconds < 0n ? '-' : '';
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  if (size === 0n) return '0s';
  const small = (['ns', 'µs', 'ms'] as const).find((name) => size < (units.get(name) as bigint) * 1000n);
  if (small !== undefined) return sign + decimal(size, units.get(small) as bigint) + small;
  const second = units.get('s') as bigint;
  const seconds = size / second;
  const parts = [
    ...(seconds >= 3600n ? [`${seconds / 3600n}h`] : []),
    ...(seconds >= 60n ? [`${(seconds / 60n) % 60n}m`] : []),
    `${decimal(size % (60n * second), second)}s`,
  ];
  return sign + parts.join('');
}

/** A count in units of another, with as many decimals as it needs. */
function decimal(count: bigint, unit: bigint): string {
  const fraction = trimRight(`${count % unit}`.padStart(`${unit}`.length - 1, '0'), '0');
  return `${count / unit}${fraction === '' || unit === 1n ? '' : `.${fraction}`}`;
}
