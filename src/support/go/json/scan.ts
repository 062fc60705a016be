import { quoteRune } from '../quote.js';

/** Deepest nesting that Go's scanner accepts (docs/reference/behavior/attestations.md#response-bodies). */
export const maxDepth = 10_000;

/** What the scanner expects next; the names follow the grammar of RFC 8259. */
enum State {
  Value,
  ValueOrEnd,
  Key,
  KeyOrEnd,
  InString,
  Escape,
  Hex1,
  Hex2,
  Hex3,
  Hex4,
  Minus,
  Zero,
  Integer,
  Point,
  Fraction,
  Exp,
  ExpSign,
  ExpDigits,
  Literal,
  AfterValue,
  Top,
}

enum Container {
  ObjectKey,
  ObjectValue,
  Array,
}

const literals = ['true', 'false', 'null'] as const;

/** 1 for bytes that a string may hold as they are: no control characters, no quote, no backslash. */
const plain = new Uint8Array(256).fill(1, 0x20);
plain[0x22] = 0;
plain[0x5c] = 0;

/** 1 for space, tab, line feed and carriage return. */
export const space: Uint8Array = new Uint8Array(256);
for (const c of [0x20, 0x09, 0x0a, 0x0d]) space[c] = 1;

/** 1 for the letters that may follow a backslash, `u` aside. */
const escapes = new Uint8Array(256);
for (const c of 'bfnrt\\/"') escapes[c.charCodeAt(0)] = 1;

const isDigit = (c: number): boolean => c >= 0x30 && c <= 0x39;
const isHex = (c: number): boolean => isDigit(c) || (c >= 0x61 && c <= 0x66) || (c >= 0x41 && c <= 0x46);

/**
 * A JSON scanner that can be fed piece by piece, with the rules and error texts of Go's encoding/json:
 * invalid UTF-8 passes, nesting is limited, and an error names the byte as a Latin-1 character.
 */
export class JsonScanner {
  /** Go's error text once the input turned out to be wrong. */
  error: string | undefined;
  /** Bytes read, up to and including the one that was wrong. */
  offset = 0;

  private state = State.Value;
  private literal = '';
  private literalAt = 0;
  private depth = 0;
  private readonly stack: Container[] = [];

  /**
   * Scan the next piece and copy everything but whitespace between tokens.
   *
   * @param input the piece
   * @param out where the compacted bytes go; must hold `outAt + input.length` bytes. It may be `input` itself.
   * @param outAt first byte to write
   * @returns the position after the last byte written; what was written is of no use once `error` is set
   */
  push(input: Uint8Array, out: Uint8Array, outAt: number): number {
    const end = input.length;
    let at = 0;
    let to = outAt;
    if (this.error !== undefined) return to;
    while (at < end) {
      if (this.state === State.InString) {
        let c = input[at] as number;
        while (plain[c] === 1) {
          out[to++] = c;
          if (++at === end) break;
          c = input[at] as number;
        }
        if (at === end) break;
      }
      const c = input[at++] as number;
      if (space[c] === 1 && this.skipsSpace()) {
        while (at < end && space[input[at] as number] === 1) at++;
        continue;
      }
      this.state = this.next(c);
      if (this.error !== undefined) {
        this.offset += at;
        return to;
      }
      out[to++] = c;
    }
    this.offset += end;
    return to;
  }

  /** Tell the scanner that there is no more input; `error` is set when the document is not complete. */
  end(): void {
    if (this.error !== undefined || this.complete()) return;
    // Go feeds a final space, so an unfinished number or literal is reported as an invalid character.
    if (!this.skipsSpace()) this.state = this.next(0x20);
    if (!this.complete()) this.error ??= 'unexpected end of JSON input';
  }

  private complete(): boolean {
    return this.state === State.Top || (this.depth === 0 && this.endsNumber());
  }

  private endsNumber(): boolean {
    const s = this.state;
    return s === State.Zero || s === State.Integer || s === State.Fraction || s === State.ExpDigits;
  }

  /** Whether a space is no part of the document here; it ends a number. */
  private skipsSpace(): boolean {
    if (this.endsNumber()) {
      this.state = this.afterToken();
      return true;
    }
    const s = this.state;
    return s <= State.KeyOrEnd || s === State.AfterValue || s === State.Top;
  }

  private afterToken(): State {
    return this.depth === 0 ? State.Top : State.AfterValue;
  }

  private open(c: number, container: Container, next: State): State {
    if (this.depth === maxDepth) return this.fail(c, 'exceeded max depth');
    this.stack[this.depth++] = container;
    return next;
  }

  private close(): State {
    this.depth--;
    return this.afterToken();
  }

  private fail(c: number, context: string): State {
    this.error = `invalid character ${quoteRune(c)} ${context}`;
    return this.state;
  }

  /** The state after one more byte. */
  private next(c: number): State {
    const s = this.state;
    switch (s) {
      case State.ValueOrEnd:
        return c === 0x5d ? this.close() : this.value(c);
      case State.Value:
        return this.value(c);
      case State.KeyOrEnd:
        return c === 0x7d ? this.close() : this.key(c);
      case State.Key:
        return this.key(c);
      case State.InString:
        if (plain[c] === 1) return s;
        if (c === 0x22) return this.afterToken();
        return c === 0x5c ? State.Escape : this.fail(c, 'in string literal');
      case State.Escape:
        if (escapes[c] === 1) return State.InString;
        return c === 0x75 ? State.Hex1 : this.fail(c, 'in string escape code');
      case State.Hex1:
      case State.Hex2:
      case State.Hex3:
      case State.Hex4:
        if (!isHex(c)) return this.fail(c, 'in \\u hexadecimal character escape');
        return s === State.Hex4 ? State.InString : s + 1;
      case State.Literal:
        return this.inLiteral(c);
      case State.AfterValue:
        return this.afterValue(c);
      case State.Top:
        return this.fail(c, 'after top-level value');
      default:
        return this.number(s, c);
    }
  }

  private value(c: number): State {
    switch (c) {
      case 0x7b:
        return this.open(c, Container.ObjectKey, State.KeyOrEnd);
      case 0x5b:
        return this.open(c, Container.Array, State.ValueOrEnd);
      case 0x22:
        return State.InString;
      case 0x2d:
        return State.Minus;
      case 0x30:
        return State.Zero;
    }
    if (isDigit(c)) return State.Integer;
    const literal = literals.find((word) => word.charCodeAt(0) === c);
    if (literal === undefined) return this.fail(c, 'looking for beginning of value');
    this.literal = literal;
    this.literalAt = 1;
    return State.Literal;
  }

  private key(c: number): State {
    return c === 0x22 ? State.InString : this.fail(c, 'looking for beginning of object key string');
  }

  private inLiteral(c: number): State {
    if (c !== this.literal.charCodeAt(this.literalAt))
      return this.fail(c, `in literal ${this.literal} (expecting '${this.literal[this.literalAt]}')`);
    return ++this.literalAt === this.literal.length ? this.afterToken() : State.Literal;
  }

  private afterValue(c: number): State {
    const top = this.depth - 1;
    switch (this.stack[top]) {
      case Container.ObjectKey:
        if (c !== 0x3a) return this.fail(c, 'after object key');
        this.stack[top] = Container.ObjectValue;
        return State.Value;
      case Container.ObjectValue:
        if (c === 0x7d) return this.close();
        if (c !== 0x2c) return this.fail(c, 'after object key:value pair');
        this.stack[top] = Container.ObjectKey;
        return State.Key;
      default:
        if (c === 0x5d) return this.close();
        return c === 0x2c ? State.Value : this.fail(c, 'after array element');
    }
  }

  private number(s: State, c: number): State {
    const digit = isDigit(c);
    switch (s) {
      case State.Minus:
        if (!digit) return this.fail(c, 'in numeric literal');
        return c === 0x30 ? State.Zero : State.Integer;
      case State.Point:
        return digit ? State.Fraction : this.fail(c, 'after decimal point in numeric literal');
      case State.Exp:
        if (c === 0x2b || c === 0x2d) return State.ExpSign;
        return digit ? State.ExpDigits : this.fail(c, 'in exponent of numeric literal');
      case State.ExpSign:
        return digit ? State.ExpDigits : this.fail(c, 'in exponent of numeric literal');
    }
    if (digit && s !== State.Zero) return s;
    if (c === 0x2e && (s === State.Zero || s === State.Integer)) return State.Point;
    if ((c === 0x65 || c === 0x45) && s !== State.ExpDigits) return State.Exp;
    this.state = this.afterToken();
    return this.next(c);
  }
}
