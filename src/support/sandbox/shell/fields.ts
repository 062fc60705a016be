import { maxExpansionFields, maxExpansionLength, maxUnsplitLength } from '../limits.js';
import { ShellError } from './control.js';
import { escapePattern } from './pattern.js';

/** Part of a field. Quoted text stands for itself. */
interface Fragment {
  readonly text: string;
  readonly quoted: boolean;
}

/** Concatenates fragments with `+`, because `join` copies the text even if it is never read. */
const textOf = (fragments: readonly Fragment[]): string => fragments.reduce((all, { text }) => all + text, '');

const patternOf = (fragments: readonly Fragment[]): string =>
  fragments.reduce((all, { text, quoted }) => all + (quoted ? escapePattern(text) : text), '');

const classOf = (chars: readonly string[]): string =>
  `[${chars.map((char) => `\\u{${(char.codePointAt(0) as number).toString(16)}}`).join('')}]`;

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09 || code === 0x0a;

function separators(ifs: string): RegExp {
  const blanks = [...ifs].filter((char) => /[ \t\n]/.test(char));
  const others = [...ifs].filter((char) => !/[ \t\n]/.test(char));
  return new RegExp(`${classOf(blanks)}+|${classOf(others)}`, 'gu');
}

/** The words that one word of a script becomes. */
export class Fields {
  readonly #fields: Fragment[][] = [];
  #open: Fragment[] | undefined;
  #length = 0;
  /** Separators of words: runs of blanks, and each other character. */
  readonly #separators: RegExp;
  /** Whether unquoted results are split at all. */
  readonly #splits: boolean;

  /** @param ifs field separators; undefined to disable splitting, as in assignments */
  constructor(ifs: string | undefined) {
    this.#splits = ifs !== undefined && ifs !== '';
    this.#separators = separators(ifs ?? '');
  }

  /** Text of the script itself, or in quotes. @throws ShellError when all is too long */
  add(text: string, quoted: boolean): void {
    this.#length += text.length;
    if (this.#length > (this.#splits ? maxExpansionLength : maxUnsplitLength)) throw new ShellError('out of memory');
    this.#open ??= [];
    this.#open.push({ text, quoted });
  }

  /** The result of an expansion, which is split unless it is in quotes. */
  addExpansion(text: string, quoted: boolean): void {
    if (quoted) this.add(text, true);
    else this.addResult(text);
  }

  /** The result of an expansion that is not in quotes. */
  private addResult(text: string): void {
    if (text === '') return;
    if (!this.#splits || text.length > maxExpansionLength) {
      this.add(text, false);
      return;
    }
    let at = 0;
    let afterBlank = false;
    const addUpTo = (end: number): void => {
      if (end === at) return;
      if (afterBlank) this.end();
      afterBlank = false;
      this.add(text.slice(at, end), false);
    };
    this.#separators.lastIndex = 0;
    for (let found = this.#separators.exec(text); found !== null; found = this.#separators.exec(text)) {
      addUpTo(found.index);
      at = this.#separators.lastIndex;
      afterBlank = isBlank(text.charCodeAt(found.index));
      if (afterBlank) continue;
      this.add('', false);
      this.end();
    }
    addUpTo(text.length);
    if (afterBlank) this.end();
  }

  /** Ends the current word. */
  end(): void {
    if (this.#open !== undefined && this.#fields.push(this.#open) > maxExpansionFields)
      throw new ShellError('out of memory');
    this.#open = undefined;
  }

  /** The words as text. */
  texts(): string[] {
    return this.#all().map((fragments) => textOf(fragments));
  }

  /** The words as patterns, and as text. */
  *patterns(): Generator<{ readonly text: string; readonly pattern: string }> {
    for (const fragments of this.#all()) {
      const text = textOf(fragments);
      const isQuoted = fragments.some(({ quoted }) => quoted);
      yield { text, pattern: isQuoted ? patternOf(fragments) : text };
    }
  }

  #all(): Fragment[][] {
    this.end();
    return this.#fields;
  }
}
