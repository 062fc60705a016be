import type { IncomingMessage } from 'node:http';
import { AttestdError } from '../support/foundation/errors.js';
import { parseQuery, splitTarget, type Values } from '../support/go/url.js';

/** Longest form body that is read, as in Go. */
const maximumBody = 10 * 1024 * 1024;

const falseWords = new Set(['', '0', 'no', 'false', 'none']);

/** The parameters of a request, read as leniently as dockerd reads them. */
export class Form {
  private readonly values: Values;

  constructor(values: Values) {
    this.values = values;
  }

  /** First value; empty when the parameter is absent. */
  get(name: string): string {
    return this.values.get(name)?.[0] ?? '';
  }

  /** Every value, in order. */
  all(name: string): readonly string[] {
    return this.values.get(name) ?? [];
  }

  has(name: string): boolean {
    return this.values.has(name);
  }

  /** Names of the parameters that are there. */
  names(): Iterable<string> {
    return this.values.keys();
  }

  /** The parameters without those of the given names. */
  without(names: readonly string[]): Form {
    return new Form(new Map([...this.values].filter(([name]) => !names.includes(name))));
  }

  /**
   * First value as a flag (docs/reference/behavior/http.md#flags): trimmed and in any case, nothing, `0`, `no`, `false` and `none`
   * are false, everything else is true.
   *
   * @param absent the answer when the parameter is absent
   */
  flag(name: string, absent = false): boolean {
    if (!this.has(name)) return absent;
    return !falseWords.has(this.get(name).trim().toLowerCase());
  }
}

/**
 * The parameters of a request: those of a form body (POST, PUT and PATCH) come before those of the query.
 *
 * @throws AttestdError INVALID_ARGUMENT when the query or the body cannot be decoded
 */
export async function readForm(request: IncomingMessage): Promise<Form> {
  const body = await readBody(request);
  const query = parseQuery(splitTarget(request.url ?? '').search.slice(1));
  if (body === '') return new Form(query);
  const merged = new Map(parseQuery(body));
  for (const [name, values] of query) merged.set(name, [...(merged.get(name) ?? []), ...values]);
  return new Form(merged);
}

/** The body as Latin-1 when it is a form, else nothing: the operation may want to read it. */
async function readBody(request: IncomingMessage): Promise<string> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') return '';
  if (!['POST', 'PUT', 'PATCH'].includes(request.method ?? '')) return '';
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > maximumBody) throw new AttestdError('INVALID_ARGUMENT', 'http: POST too large');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('latin1');
}
