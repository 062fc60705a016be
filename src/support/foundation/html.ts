/** Markup that is safe to put into a page. */
export class Html {
  /** @param markup trusted: goes into pages as it is */
  constructor(private readonly markup: string) {}

  toString(): string {
    return this.markup;
  }
}

/** What a template takes: text is escaped, markup goes in as it is, lists are joined, absent values leave nothing. */
export type HtmlValue = Html | string | number | false | undefined | readonly HtmlValue[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Text as HTML, for content and for quoted attributes; control characters, which HTML forbids, as \uXXXX.
 *
 * @param text any text
 */
export function escapeHtml(text: string): string {
  return text.replaceAll(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    /[&<>"'\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g,
    (char) => entities[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function rendered(value: HtmlValue): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Html) return value.toString();
  return typeof value === 'object' ? value.map(rendered).join('') : escapeHtml(String(value));
}

/**
 * A template of markup: what is written in it stays, what is put into it is escaped.
 *
 * @example html`<p>${text}</p>`
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(strings.map((text, at) => text + rendered(values[at])).join(''));
}

/**
 * Pieces with something between them.
 *
 * @param pieces text or markup
 * @param separator trusted markup
 */
export function joinHtml(pieces: readonly HtmlValue[], separator: string): Html {
  return new Html(pieces.map(rendered).join(separator));
}
