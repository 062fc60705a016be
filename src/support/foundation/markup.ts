/**
 * Templates for output formats. A template escapes each value that is put into it, so text from outside reaches a terminal, a
 * report or a page only in escaped form. Functions that write output accept `Markup`, never a plain string.
 */

/** Text that is safe in one output format. Made by a template of that format. */
export class Markup<Format extends string> {
  /**
   * @param text text that is already in the format
   * @param format name of the format; keeps the types of two formats apart
   */
  constructor(
    private readonly text: string,
    readonly format: Format,
  ) {}

  toString(): string {
    return this.text;
  }
}

/** A value in a template: plain text is escaped, lists are concatenated, `undefined` and `false` are empty. */
export type Piece<Format extends string> =
  | Markup<Format>
  | string
  | number
  | false
  | undefined
  | readonly Piece<Format>[];

/** A template tag of one format. */
export interface Template<Format extends string> {
  (strings: TemplateStringsArray, ...values: readonly Piece<Format>[]): Markup<Format>;
  /** Concatenates pieces with a separator that is already in the format. Default: none. */
  join(pieces: readonly Piece<Format>[], separator?: string): Markup<Format>;
  /** Escapes plain text. */
  escape(text: string): string;
}

/** Makes the template tag of a format from its escape function. */
function templateOf<Format extends string>(format: Format, escapeText: (text: string) => string): Template<Format> {
  const render = (piece: Piece<Format>): string => {
    if (piece === undefined || piece === false) return '';
    if (piece instanceof Markup) return piece.toString();
    return typeof piece === 'object' ? piece.map(render).join('') : escapeText(String(piece));
  };
  const tag = (strings: TemplateStringsArray, ...values: readonly Piece<Format>[]): Markup<Format> =>
    new Markup(strings.map((text, at) => text + render(values[at])).join(''), format);
  const join = (pieces: readonly Piece<Format>[], separator = ''): Markup<Format> =>
    new Markup(pieces.map(render).join(separator), format);
  return Object.assign(tag, { join, escape: escapeText });
}

/** Control and format characters, lone surrogates and line separators: they can move the cursor or reorder text. */
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const invisibleButWhitespace = /[^\P{Cc}\t\n\r]|[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const escaped = (char: string): string => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`;

const namedEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Replaces characters that a reader cannot see by escapes such as `\n` and `\u{1b}`. */
export function visible(text: string): string {
  return text.replace(invisible, (char) => namedEscapes[char] ?? escaped(char));
}

/** Text that a GitHub job takes for a workflow command: `::name::` at the start of a line, `##[name]` anywhere. */
const withoutCommands = (text: string): string =>
  text.replace(/^(\s*):(?=:)/, '$1\\u{3a}').replaceAll('##[', '#\\u{23}[');

/** A line on a terminal or in the log of a job. */
export const terminal = templateOf('terminal', (text) => withoutCommands(visible(text)));
export type Terminal = Markup<'terminal'>;

/** Inline Markdown, as CommonMark and GitHub read it. */
export const markdown = templateOf('markdown', (text) =>
  visible(text)
    .replace(/[\\`*_[\]<>|&#~!]/g, '\\$&')
    .replace(/:(?=:|\/\/)|@/g, '\\$&'),
);
export type Markdown = Markup<'markdown'>;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const withEntities = (text: string): string => text.replace(/[&<>"']/g, (char) => entities[char] ?? char);

/** HTML, for content and quoted attributes. */
export const html = templateOf('html', (text) => withEntities(text.replace(invisibleButWhitespace, escaped)));
export type Html = Markup<'html'>;

/** XML 1.0, for content and attributes. Line breaks survive in attributes. */
export const xml = templateOf('xml', (text) =>
  withEntities(text.replace(invisibleButWhitespace, escaped)).replaceAll('\n', '&#10;').replaceAll('\r', '&#13;'),
);
export type Xml = Markup<'xml'>;

/** A value of a GitHub workflow command: `::error title=…::…`. Line breaks survive. */
export const workflow = templateOf('workflow', (text) =>
  text
    .replace(invisibleButWhitespace, escaped)
    .replaceAll('%', '%25')
    .replaceAll('\r', '%0D')
    .replaceAll('\n', '%0A')
    .replaceAll(':', '%3A')
    .replaceAll(',', '%2C'),
);
export type Workflow = Markup<'workflow'>;

/** Words of a POSIX shell. Words with characters that a reader cannot see use `$'…'`, as in bash, ksh and zsh. */
export const shell = templateOf('shell', (word) => {
  if (/^[\w./:=,@%+-]+$/.test(word)) return word;
  if (word.search(invisible) < 0) return `'${word.replaceAll("'", "'\\''")}'`;
  const quoted = word.replace(/[\\']/g, '\\$&').replace(invisible, (char) => {
    if (namedEscapes[char] !== undefined) return namedEscapes[char];
    return [...Buffer.from(char)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
  });
  return `$'${quoted}'`;
});
export type Shell = Markup<'shell'>;
