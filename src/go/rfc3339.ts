import { AttestdError } from '../errors.js';
import { parseLayout } from './time-layout.js';

/** A point in time as an image configuration gives it. */
export interface GoTime {
  /** Since 1970. */
  readonly nanoseconds: bigint;
  /** As Go writes it again: the fraction without trailing zeros, offset zero as Z. */
  readonly text: string;
}

const grammar = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d+))?(Z|[+-]\d{2}:\d{2})$/;

/**
 * Read an RFC 3339 time as Go's time.Time does from JSON.
 *
 * @throws CORRUPT with Go's text: the time is part of stored content
 */
export function parseGoTime(text: string): GoTime {
  const match = grammar.exec(text);
  if (match === null) throw corrupt(text);
  const [, whole = '', fraction = '', zone = ''] = match;
  try {
    const nanoseconds = parseLayout('2006-01-02T15:04:05Z07:00', text, 0);
    const digits = fraction.slice(0, 9).replace(/0+$/, '');
    const offset = zone === '+00:00' || zone === '-00:00' ? 'Z' : zone;
    return { nanoseconds, text: `${whole}${digits === '' ? '' : `.${digits}`}${offset}` };
  } catch {
    throw corrupt(text);
  }
}

function corrupt(text: string): AttestdError {
  const layout = '"\\"2006-01-02T15:04:05Z07:00\\""';
  const shown = JSON.stringify(JSON.stringify(text));
  return new AttestdError(
    'CORRUPT',
    `parsing time ${shown} as ${layout}: cannot parse ${JSON.stringify(text)} as "2006"`,
  );
}

/** Seconds since 1970, rounded down. */
export function unixSeconds(time: GoTime): number {
  return Number(time.nanoseconds / 1_000_000_000n) - (time.nanoseconds % 1_000_000_000n < 0n ? 1 : 0);
}
