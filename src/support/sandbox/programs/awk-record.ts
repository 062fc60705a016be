import { trim } from '../../go/strings.js';
import { maxAwkFields } from '../limits.js';
import { textOf, Untyped, type Value } from './awk-values.js';
import type { Regex } from './regex.js';

/** A record with its fields: either follows what happens to the other. */
export class AwkRecord {
  #whole = '';
  #fields: Value[] | undefined = [];
  #isStale = false;

  /** @param split splits a text by the current `FS` */
  constructor(
    private readonly split: (text: string) => string[],
    private readonly joiner: () => string,
  ) {}

  /** Take another record. */
  set(text: string): void {
    this.#whole = text;
    this.#fields = undefined;
    this.#isStale = false;
  }

  get count(): number {
    return this.#all().length;
  }

  set count(count: number) {
    const fields = this.#all();
    const wanted = Math.max(0, Math.min(count, maxAwkFields));
    while (fields.length < wanted) fields.push('');
    fields.length = wanted;
    this.#isStale = true;
  }

  /** A field; 0 is the whole. */
  get(index: number): Value {
    if (index > 0) return this.#all()[index - 1];
    if (this.#isStale) {
      this.#whole = this.#all().map(textOf).join(this.joiner());
      this.#isStale = false;
    }
    return new Untyped(this.#whole);
  }

  put(index: number, value: Value): void {
    if (index === 0) {
      this.set(textOf(value));
      return;
    }
    if (index > this.count) this.count = index;
    if (index <= maxAwkFields) this.#all()[index - 1] = value;
    this.#isStale = true;
  }

  #all(): Value[] {
    this.#fields ??= this.split(this.#whole).map((text) => new Untyped(text));
    return this.#fields;
  }
}

/**
 * Splits a text by `FS`: a blank means runs of white space, one character is literal, anything else is an expression.
 */
export function divide(text: string, separator: string, compile: (source: string) => Regex): string[] {
  if (text === '') return [];
  if (separator === ' ') {
    const trimmed = trim(text, ' \t\n');
    return trimmed === '' ? [] : trimmed.split(/[ \t\n]+/);
  }
  if (separator === '') return [...text];
  if (separator.length === 1) return text.split(separator);
  const regex = compile(separator);
  const parts: string[] = [];
  let from = 0;
  for (let found = regex.find(text, 0); found !== undefined; found = regex.find(text, from)) {
    if (found.end === found.start) break;
    parts.push(text.slice(from, found.start));
    from = found.end;
    if (from > text.length) break;
  }
  return [...parts, text.slice(from)];
}
