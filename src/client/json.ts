import { AttestdError } from '../support/foundation/errors.js';
import { maxJsonDepth, maxJsonValues } from './limits.js';

const [quote, backslash, comma, openArray, closeArray, openObject, closeObject] = Buffer.from('"\\,[]{}');

/**
 * Parses a JSON document from an untrusted peer. Parsing can take 100 times the memory of the text, so nesting and values are
 * counted first.
 *
 * @param bytes the document, UTF-8
 * @param what names the document in errors
 * @throws AttestdError INVALID_JSON if it is not JSON, OUT_OF_RANGE if it is nested too deeply or has too many values
 */
export function parseJson<T>(bytes: Buffer, what: string): T {
  checkJsonSize(bytes, what);
  try {
    return JSON.parse(bytes.toString()) as T;
  } catch (cause) {
    throw new AttestdError('INVALID_JSON', `${what}: the answer is not valid JSON`, { cause });
  }
}

/**
 * Checks nesting and number of values of a JSON text without parsing it.
 *
 * @throws AttestdError OUT_OF_RANGE
 */
export function checkJsonSize(bytes: Uint8Array, what: string): void {
  let depth = 0;
  let values = 1;
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case quote:
        at = stringEnd(bytes, at);
        break;
      case openArray:
      case openObject:
        values++;
        if (++depth > maxJsonDepth)
          throw new AttestdError('OUT_OF_RANGE', `${what}: the answer is nested more than ${maxJsonDepth} levels deep`);
        break;
      case closeArray:
      case closeObject:
        depth--;
        break;
      case comma:
        if (++values > maxJsonValues)
          throw new AttestdError('OUT_OF_RANGE', `${what}: the answer has more than ${maxJsonValues} values`);
    }
  }
}

/** Returns the index of a string's closing quote, or the end of the text. */
function stringEnd(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
  return at;
}
