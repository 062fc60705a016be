import { marked, type Tokens } from 'marked';

/**
 * The anchors of the headings of a Markdown page, as GitHub makes them: lower case, punctuation dropped, spaces as
 * hyphens, a number behind those that come again.
 *
 * @param markdown the page
 */
export function headingAnchors(markdown: string): Set<string> {
  const found = new Set<string>();
  for (const token of marked.lexer(markdown)) {
    if (token.type !== 'heading') continue;
    const plain = (token as Tokens.Heading).text.replace(/[`*]/g, '');
    const base = plain
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
    let anchor = base;
    for (let count = 1; found.has(anchor); count++) anchor = `${base}-${count}`;
    found.add(anchor);
  }
  return found;
}
