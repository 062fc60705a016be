import { AttestdError } from '../foundation/errors.js';
import { quote } from './quote.js';

/*
 * Numbers and truth values from text, by the rules and with the error texts of Go's strconv package.
 */

type Reader = 'Atoi' | 'ParseBool' | 'ParseInt' | 'ParseUint';

function fault(reader: Reader, text: string, why: 'invalid syntax' | 'value out of range'): AttestdError {
  return new AttestdError('INVALID_ARGUMENT', `strconv.${reader}: parsing ${quote(text)}: ${why}`);
}

function integer(reader: Reader, text: string, low: bigint, high: bigint): bigint {
  const grammar = reader === 'ParseUint' ? /^\d+$/ : /^[+-]?\d+$/;
  if (!grammar.test(text)) throw fault(reader, text, 'invalid syntax');
  // A number of so many digits is out of any range, and reading it all would take time.
  const digits = text.replace(/^([+-]?)0+(?=\d)/, '$1');
  if (digits.length > 21) throw fault(reader, text, 'value out of range');
  const value = BigInt(digits.replace('+', ''));
  if (value < low || value > high) throw fault(reader, text, 'value out of range');
  return value;
}

const largest = (bits: number): bigint => (1n << BigInt(bits - 1)) - 1n;

/**
 * A decimal integer of 64 bits.
 *
 * @returns exact up to 2^53
 * @throws AttestdError INVALID_ARGUMENT `strconv.Atoi: parsing "x": invalid syntax`
 */
export function atoi(text: string): number {
  return Number(integer('Atoi', text, -largest(64) - 1n, largest(64)));
}

/**
 * A decimal integer with a sign.
 *
 * @param bits 8, 16, 32 or 64
 * @throws AttestdError INVALID_ARGUMENT `strconv.ParseInt: parsing "x": value out of range`
 */
export function parseInteger(text: string, bits = 64): bigint {
  return integer('ParseInt', text, -largest(bits) - 1n, largest(bits));
}

/**
 * A decimal integer without a sign.
 *
 * @param bits 8, 16, 32 or 64
 * @throws AttestdError INVALID_ARGUMENT `strconv.ParseUint: parsing "-1": invalid syntax`
 */
export function parseUnsigned(text: string, bits = 64): bigint {
  return integer('ParseUint', text, 0n, (1n << BigInt(bits)) - 1n);
}

/**
 * A truth value: 1, t, T, TRUE, true, True, or 0, f, F, FALSE, false, False.
 *
 * @throws AttestdError INVALID_ARGUMENT `strconv.ParseBool: parsing "yes": invalid syntax`
 */
export function parseBool(text: string): boolean {
  if (/^(?:1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(?:0|f|F|FALSE|false|False)$/.test(text)) return false;
  throw fault('ParseBool', text, 'invalid syntax');
}
