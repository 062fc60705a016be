import type { IncomingMessage } from 'node:http';
import { AttestdError } from '../support/foundation/errors.js';
import { parseQuery, splitTarget, type Values } from '../support/go/url.js';

/** Longest form body, in bytes, as in Go. */
const maximumForm = 10 * 1024 * 1024;

const falseWords = new Set(['', '0', 'no', 'false', 'none']);

/** The parameters of a request as text, read as leniently as dockerd reads them. */
export class Form {
  private readonly values: Values;

  constructor(values: Values) {
    this.values = values;
  }

  /** Returns the first value; empty if the parameter is absent. */
  get(name: string): string {
    return this.values.get(name)?.[0] ?? '';
  }

  /** Returns all values, in order. */
  all(name: string): readonly string[] {
    return this.values.get(name) ?? [];
  }

  has(name: string): boolean {
    return this.values.has(name);
  }

  /** Returns the names of the given parameters. */
  names(): Iterable<string> {
    return this.values.keys();
  }

  /** Returns the form without the given names. */
  without(names: readonly string[]): Form {
    return new Form(new Map([...this.values].filter(([name]) => !names.includes(name))));
  }

  /**
   * Returns the first value as a flag (docs/reference/behavior/http.md#flags). Trimmed and in any case, an empty value, `0`, `no`, `false`
   * and `none` are false; everything else is true.
   *
   * @param absent the result if the parameter is absent
   */
  flag(name: string, absent = false): boolean {
    if (!this.has(name)) return absent;
    return !falseWords.has(this.get(name).trim().toLowerCase());
  }
}

/**
 * Reads the parameters of a request. Those of a form body (POST, PUT and PATCH) come before those of the query.
 *
 * @throws AttestdError INVALID_ARGUMENT if the query or the body cannot be decoded
 */
export async function readForm(request: IncomingMessage): Promise<Form> {
  const body = await readFormBody(request);
  const query = parseQuery(splitTarget(request.url ?? '').search.slice(1));
  if (body === '') return new Form(query);
  const merged = new Map(parseQuery(body));
  for (const [name, values] of query) merged.set(name, [...(merged.get(name) ?? []), ...values]);
  return new Form(merged);
}

/** Reads a form body as Latin-1. Any other body stays for the operation to read. */
async function readFormBody(request: IncomingMessage): Promise<string> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') return '';
  if (!['POST', 'PUT', 'PATCH'].includes(request.method ?? '')) return '';
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > maximumForm) throw new AttestdError('INVALID_ARGUMENT', 'http: POST too large');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('latin1');
}
