import { isUtf8 } from 'node:buffer';
import { sequenceLength } from '../quote.js';

const replacement = '\ufffd';

/**
 * UTF-8 to text with Go's rules: each byte that belongs to no valid sequence becomes one U+FFFD.
 * (The WHATWG decoder that Node uses makes one U+FFFD of a truncated sequence, so it serves valid input only.)
 */
export function goUtf8(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let text = '';
  let from = 0;
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length > 0) {
      at += length;
      continue;
    }
    text += bytes.toString('utf8', from, at) + replacement;
    from = ++at;
  }
  return text + bytes.toString('utf8', from);
}

const simple: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/**
 * The text of a JSON string that the scanner has found valid.
 *
 * @param body the bytes between the quotes
 */
export function unquote(body: Buffer): string {
  const text = goUtf8(body);
  if (!text.includes('\\')) return text;
  const unescaped = text.replace(/\\(?:u([0-9a-fA-F]{4})|([^u]))/g, (_all, hex?: string, letter?: string) =>
    hex === undefined
      ? (simple[letter as string] ?? (letter as string))
      : String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return wellFormed(unescaped);
}

/** A text without lone surrogates: each becomes U+FFFD. */
export function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}

/** Characters that Go escapes by code point although JSON allows them raw, and lone surrogates. */
const special = /[\u2028\u2029\ud800-\udfff]/;

/** Texts that nothing is escaped in: almost all. */
const plain = /^[ !#-[\]-~]*$/;

/** A JSON string as Go's encoder with SetEscapeHTML(false) writes it: `<>&` as they are, U+2028 and U+2029 escaped. */
export function encodeString(text: string): string {
  if (plain.test(text)) return `"${text}"`;
  const json = JSON.stringify(special.test(text) ? wellFormed(text) : text);
  return special.test(json) ? json.replace(/[\u2028\u2029]/g, (c) => (c === '\u2028' ? '\\u2028' : '\\u2029')) : json;
}

/** `<>&` escaped too, as json.Marshal does, which is what daemons store in manifests that they write. */
export function escapeHtml(json: string): string {
  return json.replace(/[<>&]/g, (c) => (c === '<' ? '\\u003c' : c === '>' ? '\\u003e' : '\\u0026'));
}

/** Compare two texts by code point, which is the order of their UTF-8 bytes and so the order of Go's map keys. */
export function compareText(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  let at = 0;
  while (at < shorter && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  if (at === shorter) return Math.sign(a.length - b.length);
  const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)];
  if (x < 0xd800 || y < 0xd800) return x < y ? -1 : 1;
  // Halves of pairs stand below what comes after them in code units only.
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Halves of surrogate pairs, and what stands above them in code units but not in code points. */
const high = /[\ud800-\uffff]/;

/** The keys of an object in Go's order of map keys. */
export function sortedKeys(object: object): string[] {
  const keys = Object.keys(object);
  // The order by code units is the engine's own, which takes a fraction of the time.
  return keys.some((key) => high.test(key)) ? keys.sort(compareText) : keys.sort();
}

/** Fold a key as encoding/json does when no field has it letter by letter. */
export function foldKey(key: string): string {
  return key.replace(/[a-z\u212a\u017f]/g, (c) => (c === '\u212a' ? 'K' : c === '\u017f' ? 'S' : c.toUpperCase()));
}
