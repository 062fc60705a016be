import { isUtf8 } from 'node:buffer';

/*
 * Text in quotes, as Go's strconv.Quote and the verb %q of its fmt package write it. It differs from JSON: control
 * characters are \x00, what cannot be printed is \u2028, and a byte that is no UTF-8 is \xff.
 */

const named: ReadonlyMap<number, string> = new Map([
  [0x07, '\\a'],
  [0x08, '\\b'],
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0b, '\\v'],
  [0x0c, '\\f'],
  [0x0d, '\\r'],
  [0x5c, '\\\\'],
]);

const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/**
 * Characters that are in Unicode since a version after 15.0, which is the one that Go 1.26 knows. Node may know more,
 * and which it knows differs from one release to the next.
 */
const younger = (
  '88f-897 c5c cdc 1acf-1aeb 1b4e-1b4f 1b7f 1c89-1c8a 20c1 2427-2429 2b96 2ffc-2fff 31e4-31ef a7cb-a7cf a7d2 ' +
  'a7d4 a7da-a7f1 fbc3-fbd2 fd90-fd91 fdc8-fdce 105c0-105f3 10940-10959 10d40-10d8f 10ec2-10efc 11380-113e2 ' +
  '116d0-116e3 11b60-11bf9 11db0-11de9 11f5a 13460-143fa 16100-16139 16d40-16d79 16ea0-16ed3 16ff2-16ff6 ' +
  '187f8-187ff 18cff 18d09-18df2 1cc00-1cef0 1e5d0-1e6ff 1f6d8 1f777-1f77a 1f8b2-1f8d8 1fa54-1fa57 1fa89-1fa8f ' +
  '1fabe 1fac6-1facd 1fadc-1fadf 1fae9-1faef 1fbcb-1fbef 1fbfa 2b73a-2b73f 2cea2-2cead 2ebf0-2ee5d 323b0-33479'
)
  .split(' ')
  .map((range) => range.split('-').map((end) => Number.parseInt(end, 16)));

/** Whether Go prints a character as it is (strconv.IsPrint): letters, marks, numbers, punctuation, symbols, the space. */
export function isPrint(code: number): boolean {
  if (code < 0x7f) return code >= 0x20;
  if (!printable.test(String.fromCodePoint(code))) return false;
  return !younger.some(([first = 0, last = first]) => first <= code && code <= last);
}

/**
 * A text in double quotes, as Go's strconv.Quote writes it.
 *
 * @param text characters, or bytes that are UTF-8 or not; of characters, half a surrogate pair counts as U+FFFD
 */
export function quote(text: string | Uint8Array): string {
  return `"${typeof text === 'string' ? escapeText(text, '"') : escapeBytes(text, '"')}"`;
}

/**
 * A character in single quotes, as Go's strconv.QuoteRune writes it.
 *
 * @param code its code point
 */
export const quoteRune = (code: number): string => `'${escapeText(String.fromCodePoint(code), "'")}'`;

function escapeText(text: string, mark: string): string {
  // Most texts need nothing.
  if (/^[ !#-&(-[\]-~]*$/.test(text)) return text;
  let out = '';
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    out += code >= 0xd800 && code <= 0xdfff ? '\ufffd' : escapeCharacter(character, code, mark);
  }
  return out;
}

function escapeCharacter(character: string, code: number, mark: string): string {
  const name = named.get(code);
  if (name !== undefined) return name;
  if (character === mark) return `\\${mark}`;
  if (isPrint(code)) return character;
  if (code < 0x80) return escapeByte(code);
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
const escapeByte = (byte: number): string => `\\x${hex(byte, 2)}`;

function escapeBytes(bytes: Uint8Array, mark: string): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let out = '';
  let from = 0;
  for (let at = 0; at < buffer.length; ) {
    const length = sequenceLength(buffer, at);
    if (length > 0) {
      at += length;
      continue;
    }
    out += escapeText(buffer.toString('utf8', from, at), mark) + escapeByte(buffer[at] as number);
    from = ++at;
  }
  return out + escapeText(buffer.toString('utf8', from), mark);
}

/** Length of the valid UTF-8 sequence at a position; 0 when there is none. */
export function sequenceLength(bytes: Buffer, at: number): number {
  const c = bytes[at] as number;
  if (c < 0x80) return 1;
  const length = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
  return isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}
