import { marked, type Tokens } from 'marked';

/**
 * Gives headings their anchors as GitHub does: lower case, punctuation dropped, spaces as hyphens, a number behind those
 * that come again. One for each page.
 */
export class Anchors {
  private readonly given = new Set<string>();

  /** @param heading the text of a heading, as Markdown */
  next(heading: string): string {
    const base = heading
      .replace(/[`*]/g, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
    let anchor = base;
    for (let count = 1; this.given.has(anchor); count++) anchor = `${base}-${count}`;
    this.given.add(anchor);
    return anchor;
  }
}

/**
 * The anchors of the headings of a Markdown page.
 *
 * @param markdown the page
 */
export function headingAnchors(markdown: string): Set<string> {
  const anchors = new Anchors();
  const headings = marked.lexer(markdown).filter((token): token is Tokens.Heading => token.type === 'heading');
  return new Set(headings.map(({ text }) => anchors.next(text)));
}
