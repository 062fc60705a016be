import { AttestdError } from '../support/foundation/errors.js';
import { parseDuration } from '../support/go/duration.js';
import { quote } from '../support/go/quote.js';
import { parseLayout } from '../support/go/time-layout.js';

const nanosecond = 1n;
const second = 1_000_000_000n * nanosecond;
const millisecond = 1_000_000n * nanosecond;

/** Nanoseconds since 1970 of a date. */
export function nanoseconds(date: Date): bigint {
  return BigInt(date.getTime()) * millisecond;
}

/**
 * Read `since` and `until` of `GET /events`: `seconds[.fraction]`; empty means none.
 *
 * @returns nanoseconds since 1970
 * @throws INVALID_ARGUMENT `invalid timestamp "…": …` with the daemon's words (docs/reference/behavior/daemon.md#events)
 */
export function parseUnixTimestamp(text: string | undefined): bigint | undefined {
  if (text === undefined || text === '') return undefined;
  try {
    return parseSeconds(text);
  } catch (error) {
    throw new AttestdError('INVALID_ARGUMENT', `invalid timestamp ${quote(text)}: ${(error as Error).message}`);
  }
}

/**
 * Parses the `until` filter of images: a Go duration before now, a date in one of several forms, or Unix seconds.
 *
 * @param now base of durations, and source of the zone for dates that lack one
 * @returns nanoseconds since 1970
 * @throws INVALID_ARGUMENT with the daemon's words (docs/reference/behavior/images.md#filters)
 */
export function parseTime(text: string, now: Date): bigint {
  if (text.trim() === '') throw invalid('failed to parse value as time or duration: value is empty');
  const duration = text === '0' ? undefined : durationOf(text);
  if (duration !== undefined) return nanoseconds(now) - duration;
  const local = !/[zZ+]/.test(text) && text.split('-').length !== 4;
  try {
    return parseLayout(layoutOf(text, local), text, local ? -now.getTimezoneOffset() : 0);
  } catch (error) {
    if (text.includes('-')) throw invalid((error as Error).message);
  }
  try {
    return parseSeconds(text);
  } catch (error) {
    throw invalid(`failed to parse value as time or duration: ${(error as Error).message}`);
  }
}

function invalid(message: string): AttestdError {
  return new AttestdError('INVALID_ARGUMENT', message);
}

/** Undefined unless the text is a duration. */
function durationOf(text: string): bigint | undefined {
  try {
    return parseDuration(text);
  } catch {
    return undefined;
  }
}

function layoutOf(text: string, local: boolean): string {
  const zone = local ? '' : 'Z07:00';
  if (text.includes('.')) return `2006-01-02T15:04:05.999999999${zone}`;
  if (!text.includes('T')) return `2006-01-02${zone}`;
  let colons = text.split(':').length - 1;
  if (!local && !/[zZ]/.test(text) && colons > 0) colons--;
  if (colons === 0) return `2006-01-02T15${zone}`;
  return colons === 1 ? `2006-01-02T15:04${zone}` : `2006-01-02T15:04:05${zone}`;
}

/** `seconds[.fraction]`, the fraction cut or padded to nanoseconds. */
function parseSeconds(text: string): bigint {
  const at = text.indexOf('.');
  const whole = at < 0 ? text : text.slice(0, at);
  const fraction = at < 0 ? '' : text.slice(at + 1);
  if (!/^[+-]?\d+$/.test(whole)) throw new Error(`invalid seconds ${quote(whole)}: invalid syntax`);
  if (whole.length > 30) throw new Error(`invalid seconds ${quote(whole)}: value out of range`);
  const seconds = BigInt(whole.replace(/^\+/, ''));
  if (BigInt.asIntN(64, seconds) !== seconds) {
    throw new Error(`invalid seconds ${quote(whole)}: value out of range`);
  }
  if (fraction.length > 20) throw new Error(`invalid nanoseconds: length ${fraction.length} exceeds maximum 20`);
  const bad = /[^0-9]/.exec(fraction);
  if (bad !== null) throw new Error(`invalid nanoseconds: invalid character '${bad[0]}' at position ${bad.index}`);
  return seconds * second + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
}
