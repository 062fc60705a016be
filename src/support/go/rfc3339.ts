import { AttestdError } from '../foundation/errors.js';
import { trimRight } from './strings.js';
import { parseLayout } from './time-layout.js';

/** A point in time as an image configuration gives it. */
export interface GoTime {
  /** Since 1970. */
  readonly nanoseconds: bigint;
  /** As Go writes it again: the fraction without trailing zeros, offset zero as Z. */
  readonly text: string;
}

const grammar = /^(\d{4}-\d{2}-\d{2}T)(\d{1,2})(:\d{2}:\d{2})(?:[.,](\d+))?(Z|[+-]\d{2}:\d{2})$/;

/**
 * Read an RFC 3339 time as Go's time.Time does from JSON.
 *
 * @throws AttestdError CORRUPT with Go's text: the time is part of stored content
 */
export function parseGoTime(text: string): GoTime {
  let nanoseconds: bigint;
  try {
    nanoseconds = parseLayout('2006-01-02T15:04:05Z07:00', text, 0);
  } catch (error) {
    throw new AttestdError('CORRUPT', (error as Error).message, { cause: error });
  }
  const [, date = '', hour = '', rest = '', fraction = '', zone = ''] = grammar.exec(text) ?? [];
  const digits = trimRight(fraction.slice(0, 9), '0');
  const offset = /^[+-]00:00$/.test(zone) ? 'Z' : zone;
  return { nanoseconds, text: `${date}${hour.padStart(2, '0')}${rest}${digits === '' ? '' : `.${digits}`}${offset}` };
}

/** A date in UTC as Go's RFC3339Nano writes it: the fraction without trailing zeros. */
export function formatGoTime(date: Date): string {
  return `${trimRight(trimRight(date.toISOString().slice(0, -1), '0'), '.')}Z`;
}

/** Seconds since 1970, rounded down. */
export function unixSeconds(time: GoTime): number {
  return Number(time.nanoseconds / 1_000_000_000n) - (time.nanoseconds % 1_000_000_000n < 0n ? 1 : 0);
}

const second = 1_000_000_000n;

/**
 * A point in time in UTC as Go's RFC3339Nano writes it: the fraction without trailing zeros.
 *
 * @param time nanoseconds since 1970
 */
export function formatNanoseconds(time: bigint): string {
  const fraction = trimRight(fractionOf(time), '0');
  return `${wholeSeconds(time)}${fraction === '' ? '' : `.${fraction}`}Z`;
}

/**
 * The same with all nine digits of the fraction.
 *
 * @param time nanoseconds since 1970
 */
export function formatFixedNanoseconds(time: bigint): string {
  return `${wholeSeconds(time)}.${fractionOf(time)}Z`;
}

function wholeSeconds(time: bigint): string {
  return new Date(Number((time - remainder(time)) / second) * 1000).toISOString().slice(0, 19);
}

function fractionOf(time: bigint): string {
  return String(remainder(time)).padStart(9, '0');
}

/** Nanoseconds since the last whole second, also before 1970. */
function remainder(time: bigint): bigint {
  return ((time % second) + second) % second;
}
