import { AttestdError } from '../support/foundation/errors.js';

/** Where a JSON value lies in its document: from its first byte to behind its last one. */
export type Range = readonly [start: number, end: number];

const space = new Set([0x20, 0x09, 0x0a, 0x0d]);
const quote = 0x22;
const backslash = 0x5c;

function fault(at: number): AttestdError {
  return new AttestdError('INVALID_JSON', `the answer is not valid JSON at byte ${at}`);
}

/** Finds values in a JSON document without making anything of them, so that their bytes stay what they are. */
export class JsonRanges {
  readonly #bytes: Uint8Array;

  /** @param bytes one JSON document */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  #skipSpace(at: number): number {
    let next = at;
    while (space.has(this.#bytes[next] ?? -1)) next++;
    return next;
  }

  #stringEnd(at: number): number {
    for (let next = at + 1; next < this.#bytes.length; next++) {
      if (this.#bytes[next] === backslash) next++;
      else if (this.#bytes[next] === quote) return next + 1;
    }
    throw fault(at);
  }

  /** Where the value ends that begins at a byte; nesting costs no stack. */
  #valueEnd(at: number): number {
    const first = this.#bytes[at];
    if (first === quote) return this.#stringEnd(at);
    if (first !== 0x5b && first !== 0x7b) {
      let next = at;
      while (next < this.#bytes.length && /[-+.\w]/.test(String.fromCharCode(this.#bytes[next] as number))) next++;
      if (next === at) throw fault(at);
      return next;
    }
    let depth = 0;
    for (let next = at; next < this.#bytes.length; next++) {
      const byte = this.#bytes[next];
      if (byte === quote) next = this.#stringEnd(next) - 1;
      else if (byte === 0x5b || byte === 0x7b) depth++;
      else if ((byte === 0x5d || byte === 0x7d) && --depth === 0) return next + 1;
    }
    throw fault(at);
  }

  #expect(at: number, sign: string): number {
    const next = this.#skipSpace(at);
    if (this.#bytes[next] !== sign.charCodeAt(0)) throw fault(next);
    return next + 1;
  }

  /** Where the document's value lies. */
  document(): Range {
    const start = this.#skipSpace(0);
    return [start, this.#valueEnd(start)];
  }

  /**
   * Where the elements of an array lie.
   *
   * @throws AttestdError INVALID_JSON when it is none
   */
  elements([start]: Range): Range[] {
    return this.#list(start, '[', ']', (at) => this.#value(at)).map(({ range }) => range);
  }

  /**
   * Where the members of an object lie, by their name; of two with one name, the last one.
   *
   * @throws AttestdError INVALID_JSON when it is none
   */
  members(object: Range): Map<string, Range> {
    return new Map(this.entries(object));
  }

  /**
   * Where the members of an object lie, in their order, those with one name too.
   *
   * @throws AttestdError INVALID_JSON when it is none
   */
  entries([start]: Range): [name: string, range: Range][] {
    const found = this.#list(start, '{', '}', (at) => {
      const end = this.#bytes[at] === quote ? this.#stringEnd(at) : undefined;
      if (end === undefined) throw fault(at);
      const name = JSON.parse(Buffer.from(this.#bytes.subarray(at, end)).toString()) as string;
      return { ...this.#value(this.#expect(end, ':')), name };
    });
    return found.map(({ name, range }) => [name, range]);
  }

  #value(at: number): { range: Range; end: number } {
    const start = this.#skipSpace(at);
    const end = this.#valueEnd(start);
    return { range: [start, end], end };
  }

  #list<T extends { end: number }>(start: number, open: string, close: string, read: (at: number) => T): T[] {
    const found: T[] = [];
    let at = this.#skipSpace(this.#expect(start, open));
    if (this.#bytes[at] === close.charCodeAt(0)) return found;
    for (;;) {
      const one = read(this.#skipSpace(at));
      found.push(one);
      at = this.#skipSpace(one.end);
      if (this.#bytes[at] === close.charCodeAt(0)) return found;
      at = this.#expect(at, ',');
    }
  }
}
