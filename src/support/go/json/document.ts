import { AttestdError } from '../../foundation/errors.js';
import { JsonScanner, space } from './scan.js';

/**
 * The document without the whitespace between its tokens, every other byte as it was.
 *
 * @param document the whole document, UTF-8 or not
 * @returns a new buffer
 * @throws AttestdError INVALID_JSON with Go's text (docs/reference/behavior/attestations.md#response-bodies)
 */
export function compactJson(document: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(document.length);
  const scanner = new JsonScanner();
  const length = scanner.push(document, out, 0);
  scanner.end();
  if (scanner.error !== undefined) throw new AttestdError('INVALID_JSON', scanner.error);
  return out.subarray(0, length);
}

/** Where compacted bytes go that nobody wants. */
const scratch = new Uint8Array(65_536);

/** Documents that were found valid in turns, so that nobody goes through them again at a stretch. */
const valid = new WeakSet<Uint8Array>();

/**
 * Why a document is no valid JSON.
 *
 * @returns Go's error text, or undefined when it is valid
 */
export function jsonFault(document: Uint8Array): string | undefined {
  if (valid.has(document)) return undefined;
  const scanner = new JsonScanner();
  for (const piece of pieces(document, scanner)) scanner.push(piece, scratch, 0);
  scanner.end();
  return scanner.error;
}

/**
 * The first value of a document as `firstJson` finds it, looked for 64 KiB at a time.
 *
 * @param turn called after each piece; what it gives is waited for
 * @returns what `jsonFault` takes for valid without looking, so it must not change
 * @throws AttestdError INVALID_JSON as `firstJson`
 */
export async function firstJsonInTurns(document: Buffer, turn: () => Promise<void> | undefined): Promise<Buffer> {
  const scanner = new JsonScanner();
  for (const piece of pieces(document, scanner)) {
    scanner.push(piece, scratch, 0);
    await turn();
  }
  const first = firstOf(document, scanner);
  valid.add(first);
  return first;
}

function* pieces(document: Uint8Array, scanner: JsonScanner): Generator<Uint8Array> {
  for (let at = 0; at < document.length && scanner.error === undefined; at += scratch.length)
    yield document.subarray(at, at + scratch.length);
}

/**
 * The first value of a document, as Go's json.Decoder reads it: what follows is not looked at.
 *
 * @throws AttestdError INVALID_JSON with Go's text; `EOF` when there is nothing
 */
export function firstJson(document: Buffer): Buffer {
  const scanner = new JsonScanner();
  for (const piece of pieces(document, scanner)) scanner.push(piece, scratch, 0);
  return firstOf(document, scanner);
}

/** @param scanner that was given the document up to its end, or to what is wrong */
function firstOf(document: Buffer, scanner: JsonScanner): Buffer {
  if (scanner.error?.endsWith('after top-level value')) return document.subarray(0, scanner.offset - 1);
  scanner.end();
  const { error } = scanner;
  if (error === undefined) return document;
  const blank = document.every((byte) => space[byte] === 1);
  throw new AttestdError('INVALID_JSON', blank ? 'EOF' : error.startsWith('unexpected end') ? 'unexpected EOF' : error);
}
