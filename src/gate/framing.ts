import type { IncomingMessage } from 'node:http';

/** Follows a body's bytes to their end, without changing or keeping any. */
export interface Framing {
  /** As it is announced to the daemon. */
  readonly header: string;
  /**
   * Look at what comes.
   *
   * @returns how many of these bytes are the body's; fewer than there are once it is at its end
   * @throws RangeError for what is no such body
   */
  take(bytes: Buffer): number;
  /** Whether all of the body has been seen. */
  readonly ended: boolean;
}

class Length implements Framing {
  readonly header: string;
  #left: number;

  constructor(length: number) {
    this.header = `Content-Length: ${length}`;
    this.#left = length;
  }

  get ended(): boolean {
    return this.#left === 0;
  }

  take({ length }: Buffer): number {
    const taken = Math.min(length, this.#left);
    this.#left -= taken;
    return taken;
  }
}

/** Digits of a chunk's length at most: what JavaScript still counts. */
const longestSize = 13;
const cr = 0x0d;
const lf = 0x0a;

const hexOf = (byte: number): number => {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
};

/**
 * Chunks (RFC 9112, section 7.1) as clients send them: without extensions and trailers, which two parsers may read differently.
 */
class Chunks implements Framing {
  readonly header = 'Transfer-Encoding: chunked';
  #state: 'size' | 'size end' | 'data' | 'data end' | 'line end' | 'last' | 'last end' | 'ended' = 'size';
  #digits = 0;
  #left = 0;

  get ended(): boolean {
    return this.#state === 'ended';
  }

  take(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length && this.#state !== 'ended') {
      if (this.#state === 'data') {
        const step = Math.min(this.#left, bytes.length - at);
        this.#left -= step;
        at += step;
        if (this.#left === 0) this.#state = 'data end';
      } else {
        this.#step(bytes[at] as number);
        at += 1;
      }
    }
    return at;
  }

  #step(byte: number): void {
    switch (this.#state) {
      case 'size':
        this.#size(byte);
        return;
      case 'size end':
        this.#expect(byte, lf);
        this.#state = this.#left === 0 ? 'last' : 'data';
        this.#digits = 0;
        return;
      case 'data end':
        this.#expect(byte, cr);
        this.#state = 'line end';
        return;
      case 'line end':
        this.#expect(byte, lf);
        this.#state = 'size';
        return;
      case 'last':
        this.#expect(byte, cr);
        this.#state = 'last end';
        return;
      default:
        this.#expect(byte, lf);
        this.#state = 'ended';
    }
  }

  #size(byte: number): void {
    const digit = hexOf(byte);
    if (digit >= 0 && this.#digits < longestSize) {
      this.#left = this.#left * 16 + digit;
      this.#digits += 1;
      return;
    }
    if (this.#digits === 0) throw new RangeError('a chunk has no length');
    this.#expect(byte, cr);
    this.#state = 'size end';
  }

  #expect(byte: number, wanted: number): void {
    if (byte !== wanted) throw new RangeError('its chunks are not as clients write them');
  }
}

/**
 * How a request's body is framed; undefined for none, and for what is left to Node to read.
 */
export function framingOf({ headers }: IncomingMessage): Framing | undefined {
  const { 'content-length': length, 'transfer-encoding': coding } = headers;
  if (coding !== undefined)
    return coding.toLowerCase() === 'chunked' && length === undefined ? new Chunks() : undefined;
  if (length === undefined || !/^\d{1,15}$/.test(length)) return undefined;
  return new Length(Number(length));
}
