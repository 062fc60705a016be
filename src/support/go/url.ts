import { AttestdError } from '../foundation/errors.js';
import { quote } from './quote.js';

/*
 * URLs by the rules of Go's net/url and of the daemon's router, which differ from the WHATWG's: a request target is a
 * byte string (Node hands it over as Latin-1), `#` has no meaning in it, and a bad escape is an error.
 */

/** A query or form: every value of each key, in order. */
export type Values = ReadonlyMap<string, readonly string[]>;

function hexValue(c: number): number {
  if (c >= 0x30 && c <= 0x39) return c - 0x30;
  if (c >= 0x41 && c <= 0x46) return c - 0x37;
  if (c >= 0x61 && c <= 0x66) return c - 0x57;
  return -1;
}

/**
 * Undo percent-encoding.
 *
 * @param text Latin-1, one character a byte
 * @param plusIsSpace true in queries, false in paths
 * @returns the text decoded as UTF-8
 * @throws AttestdError INVALID_ARGUMENT with Go's text, e.g. `invalid URL escape "%zz"` (docs/reference/behavior/http.md#parameters)
 */
export function percentDecode(text: string, plusIsSpace: boolean): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is all of ASCII
  if (!/[%+\x80-\xff]/.test(text) && /^[\x00-\x7f]*$/.test(text)) return text;
  const bytes = Buffer.alloc(text.length);
  let to = 0;
  for (let at = 0; at < text.length; at++) {
    let c = text.charCodeAt(at);
    if (c === 0x25) {
      const high = hexValue(text.charCodeAt(at + 1));
      const low = hexValue(text.charCodeAt(at + 2));
      if (high < 0 || low < 0)
        throw new AttestdError('INVALID_ARGUMENT', `invalid URL escape ${quote(text.slice(at, at + 3))}`);
      c = high * 16 + low;
      at += 2;
    } else if (c === 0x2b && plusIsSpace) c = 0x20;
    bytes[to++] = c;
  }
  return bytes.toString('utf8', 0, to);
}

/** Parameters, empty ones included, that Go takes of one query or form (docs/reference/behavior/http.md#parameters). */
const mostParameters = 10_000;

/**
 * Parse a query string or form body.
 *
 * @param query Latin-1, without the question mark
 * @throws AttestdError INVALID_ARGUMENT for a bad escape, a semicolon or more than 10,000 parameters, with Go's text
 */
export function parseQuery(query: string): Values {
  const values = new Map<string, string[]>();
  if (query === '') return values;
  const pairs = query.split('&', mostParameters + 1);
  if (pairs.length > mostParameters)
    throw new AttestdError('INVALID_ARGUMENT', 'number of URL query parameters exceeded limit');
  if (query.includes(';')) throw new AttestdError('INVALID_ARGUMENT', 'invalid semicolon separator in query');
  for (const pair of pairs) {
    if (pair === '') continue;
    const cut = pair.indexOf('=');
    const key = percentDecode(cut < 0 ? pair : pair.slice(0, cut), true);
    const value = cut < 0 ? '' : percentDecode(pair.slice(cut + 1), true);
    const known = values.get(key);
    if (known) known.push(value);
    else values.set(key, [value]);
  }
  return values;
}

/** A request target, taken apart but not decoded. */
export interface Target {
  /** `scheme://authority` of a target in absolute form, else empty. */
  readonly origin: string;
  readonly path: string;
  /** With its question mark; empty without a query. */
  readonly search: string;
}

/** Split a request target in origin form, absolute form or asterisk form. */
export function splitTarget(target: string): Target {
  const origin = /^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i.exec(target)?.[0] ?? '';
  const rest = target.slice(origin.length);
  const mark = rest.indexOf('?');
  if (mark < 0) return { origin, path: rest, search: '' };
  return { origin, path: rest.slice(0, mark), search: rest.slice(mark) };
}

/**
 * The path without empty, `.` and `..` segments, as the daemon's router wants it: any other form is redirected
 * (docs/reference/behavior/http.md#paths-and-methods).
 */
export function cleanPath(path: string): string {
  if (path === '') return '/';
  if (path.startsWith('/') && !path.includes('//') && !path.includes('/.')) return path;
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') kept.pop();
    else kept.push(segment);
  }
  const clean = `/${kept.join('/')}`;
  return path.endsWith('/') && clean !== '/' ? `${clean}/` : clean;
}

/** Percent-encode a path, leaving what Go's url.URL leaves. */
export const escapePath = (path: string): string => escapeBytes(path, /[A-Za-z0-9\-_.~$&+,/:;=@]/);

/** Percent-encode one segment of a path, as Go's url.PathEscape does. */
export const escapeSegment = (segment: string): string => escapeBytes(segment, /[A-Za-z0-9\-_.~$&+:=@]/);

/** Percent-encode a value of a query, as Go's url.QueryEscape does. */
export const escapeQuery = (value: string): string => escapeBytes(value, /[A-Za-z0-9\-_.~ ]/).replaceAll(' ', '+');

function escapeBytes(text: string, kept: RegExp): string {
  return Array.from(Buffer.from(text), (c) => {
    const character = String.fromCharCode(c);
    return kept.test(character) ? character : `%${c.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}
