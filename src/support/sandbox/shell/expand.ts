import type { DoubleQuotedChild, ParameterExpansionPart, Word, WordPart } from 'unbash';
import { passwd } from '../users.js';
import { evaluate, evaluateText } from './arithmetic.js';
import { expandBraces } from './braces.js';
import { ShellError } from './control.js';
import { Fields } from './fields.js';
import { expandPaths } from './glob.js';
import { expandParameter } from './parameters.js';
import { parseError } from './parse.js';
import { hasPattern } from './pattern.js';
import type { Interpreter, Shell } from './shell.js';
import { Words } from './words.js';

/** Length of a text above which processing yields. */
const longText = 16 * 1024;

/** Expands the words of a script. */
export class Expander {
  readonly shell: Shell;
  readonly #interpreter: Interpreter;

  constructor(shell: Shell, interpreter: Interpreter) {
    this.shell = shell;
    this.#interpreter = interpreter;
  }

  /** The words that one word becomes: expanded, split, and with paths for patterns. */
  async words(word: Word): Promise<string[]> {
    if (word.parts === undefined && !/[\\~*?[]/.test(word.text)) return [word.text];
    const found = new Words();
    for (const alternative of expandBraces(word, /(?:^|\/)bash$/.test(this.shell.name))) {
      const fields = new Fields(this.shell.ifs);
      await this.#add(fields, alternative.parts, alternative.text, true);
      for (const { text, pattern } of fields.patterns()) {
        const turn = this.shell.task.yieldIfDue();
        if (turn !== undefined) await turn;
        const paths =
          hasPattern(pattern) && !this.shell.options.has('f') ? await expandPaths(this.shell.task, pattern) : [];
        found.add(paths.length > 0 ? paths : [text]);
      }
    }
    return found.list;
  }

  /** One text, neither split nor looked up: of assignments, redirections, `case`. */
  async text(word: Word, assigns = false): Promise<string> {
    if (word.parts === undefined && !/[\\~]/.test(word.text)) return word.text;
    const fields = new Fields(undefined);
    await this.#add(fields, word.parts, word.text, true, assigns);
    return fields.texts().join(' ');
  }

  /** A word as a pattern; what was quoted stands for itself. */
  async pattern(word: Word): Promise<string> {
    const fields = new Fields(undefined);
    await this.#add(fields, word.parts, word.text, true);
    return Array.from(fields.patterns(), ({ pattern }) => pattern).join(' ');
  }

  /** Text between double quotes or in a here-document. */
  async quoted(parts: readonly (WordPart | DoubleQuotedChild)[]): Promise<string> {
    const fields = new Fields(undefined);
    await this.#addQuoted(fields, parts);
    return fields.texts().join(' ');
  }

  /** The value of an arithmetic expression in a text. */
  async number(text: string): Promise<bigint> {
    await this.#yieldFor(text);
    return evaluateText(text, this.scope);
  }

  /** Yields before a long text is processed in few steps. */
  async #yieldFor({ length }: string): Promise<void> {
    const turn = length > longText ? this.shell.task.yieldIfDue() : undefined;
    if (turn !== undefined) await turn;
  }

  /** The shell's variables for arithmetic. */
  readonly scope = {
    get: (name: string): string | undefined => this.shell.vars.get(name),
    set: (name: string, value: string): void => this.shell.vars.set(name, value),
    expand: async (parts: readonly WordPart[] | undefined, text: string): Promise<string> => {
      let found = text;
      if (parts !== undefined) found = await this.quoted(parts);
      else if (text.startsWith('$')) found = await this.special(text.slice(1));
      await this.#yieldFor(found);
      return found;
    },
  };

  async special(name: string): Promise<string> {
    const fields = new Fields(undefined);
    await expandParameter(this, fields, { parameter: name.replace(/^\{(.*)\}$/, '$1') }, true);
    return fields.texts().join(' ');
  }

  /** Add what a word is to the words so far; `outermost` at its start, where `~` counts. */
  async addWord(fields: Fields, word: Word, quoted: boolean): Promise<void> {
    if (quoted)
      await this.#addQuoted(
        fields,
        word.parts ?? [{ type: 'Literal', pos: 0, end: 0, value: word.value, text: word.text }],
      );
    else await this.#add(fields, word.parts, word.text, false);
  }

  async #add(
    fields: Fields,
    parts: readonly WordPart[] | undefined,
    text: string,
    outermost: boolean,
    assigns = false,
  ): Promise<void> {
    if (parts === undefined) {
      this.#addLiteral(fields, text, outermost, assigns);
      return;
    }
    for (const [index, part] of parts.entries()) await this.#addPart(fields, part, outermost && index === 0, assigns);
  }

  async #addPart(fields: Fields, part: WordPart, first: boolean, assigns: boolean): Promise<void> {
    switch (part.type) {
      case 'Literal':
        this.#addLiteral(fields, part.text, first, assigns);
        return;
      case 'SingleQuoted':
      case 'AnsiCQuoted':
        fields.add(part.value, true);
        return;
      case 'DoubleQuoted':
      case 'LocaleString':
        // Quotes make a word even of nothing, except around `$@`.
        if (!part.parts.some(isAll)) fields.add('', true);
        await this.#addQuoted(fields, part.parts);
        return;
      case 'SimpleExpansion':
      case 'ParameterExpansion':
      case 'CommandExpansion':
      case 'ArithmeticExpansion':
        await this.#addExpansion(fields, part, false);
        return;
      case 'Glob':
      case 'ExtendedGlob':
      case 'BraceExpansion':
        fields.add(part.text, false);
        return;
      case 'ProcessSubstitution':
        throw new ShellError('syntax error: unexpected "("');
    }
  }

  async #addQuoted(fields: Fields, parts: readonly (WordPart | DoubleQuotedChild)[]): Promise<void> {
    for (const part of parts) {
      if (part.type === 'Literal') fields.add(part.value, true);
      else if (part.type === 'DoubleQuoted') await this.#addQuoted(fields, part.parts);
      else if (part.type === 'SingleQuoted' || part.type === 'Glob' || part.type === 'BraceExpansion')
        fields.add(part.text, true);
      else await this.#addExpansion(fields, part, true);
    }
  }

  async #addExpansion(fields: Fields, part: WordPart | DoubleQuotedChild, quoted: boolean): Promise<void> {
    switch (part.type) {
      case 'SimpleExpansion':
        await expandParameter(this, fields, { parameter: part.text.slice(1) }, quoted);
        return;
      case 'ParameterExpansion':
        await expandParameter(this, fields, checked(part), quoted);
        return;
      case 'ArithmeticExpansion':
        fields.addExpansion(String(await evaluate(part.expression, this.scope)), quoted);
        return;
      case 'CommandExpansion': {
        const { script } = part;
        if (script === undefined) return;
        const { statements, error } = parseError(script, script.source ?? part.text);
        if (error !== undefined) throw new ShellError(error);
        fields.addExpansion(await this.#interpreter.substitute(statements), quoted);
        return;
      }
      default:
        fields.add(part.text, quoted);
    }
  }

  /** Text of the script outside of quotes: a backslash quotes one character, `~` is a home. */
  #addLiteral(fields: Fields, text: string, first: boolean, assigns: boolean): void {
    let rest = text;
    if (first && rest.startsWith('~')) {
      const [name = ''] = rest.slice(1).split(assigns ? /[/:]/ : '/', 1);
      const home = this.#home(name);
      if (home !== undefined) {
        fields.add(home, true);
        rest = rest.slice(name.length + 1);
        if (rest === '') return;
      }
    }
    if (!rest.includes('\\')) {
      fields.add(rest, false);
      return;
    }
    for (const [piece] of rest.matchAll(/\\[\s\S]|[^\\]+|\\$/g)) {
      if (piece === '\\\n') continue;
      if (piece.startsWith('\\') && piece.length > 1) fields.add(piece.slice(1), true);
      else fields.add(piece, piece === '\\');
    }
  }

  #home(name: string): string | undefined {
    if (name === '') return this.shell.vars.get('HOME');
    return passwd(this.shell.task.machine.fileSystem).find((entry) => entry.name === name)?.home;
  }
}

/** `$@` or `${@}`, which makes as many words as there are parameters. */
function isAll(part: DoubleQuotedChild): boolean {
  return part.type === 'SimpleExpansion'
    ? part.text === '$@'
    : part.type === 'ParameterExpansion' && part.parameter === '@';
}

function checked(part: ParameterExpansionPart): ParameterExpansionPart {
  if (part.parameter === '' || part.index !== undefined) throw new ShellError('syntax error: bad substitution');
  return part;
}
