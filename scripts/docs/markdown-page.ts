import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { Marked, type Tokens } from 'marked';
import { Html, html } from '../../src/support/foundation/html.js';
import { Anchors } from './anchors.js';

/** A Markdown page of the repository, rendered. */
export interface MarkdownPage {
  readonly title: string;
  readonly side: Html;
  readonly main: Html;
  /** Files of the repository that it shows or links to, by path. */
  readonly files: readonly string[];
}

/**
 * Render a Markdown page of the repository for the site: headings get anchors, links to pages of the site lead there,
 * links to other files lead to copies.
 *
 * @param root the repository
 * @param path the page, relative to it
 * @param pages the site's file of each Markdown page, by path
 * @throws Error for a link to a file that is not there, or to a folder
 */
export function markdownPage(root: string, path: string, pages: ReadonlyMap<string, string>): MarkdownPage {
  const anchors = new Anchors();
  const files = new Set<string>();
  const contents: { anchor: string; text: string }[] = [];
  let title = path;

  const resolve = (href: string): string => {
    if (/^(https?:|#)/.test(href)) return href;
    const [file = '', anchor] = href.split('#');
    const target = normalize(join(dirname(path), file));
    const known = pages.get(target);
    if (known !== undefined) return anchor === undefined ? known : `${known}#${anchor}`;
    if (!existsSync(join(root, target)) || statSync(join(root, target)).isDirectory())
      throw new Error(`${path}: ${href} is not a file`);
    files.add(target);
    return `files/${target}`;
  };

  let tables = 0;
  const marked = new Marked({
    walkTokens: (token) => {
      if (token.type === 'link' || token.type === 'image') token.href = resolve(token.href);
    },
    renderer: {
      heading({ tokens, depth, text }: Tokens.Heading): string {
        const anchor = anchors.next(text);
        const inner = this.parser.parseInline(tokens);
        if (depth === 1) title = text.replaceAll('`', '');
        if (depth === 2) contents.push({ anchor, text: text.replaceAll('`', '') });
        return `<h${depth} id="${anchor}">${inner}</h${depth}>\n`;
      },
      code({ text, lang }: Tokens.Code): string {
        return `${html`<pre tabindex="0" role="region" aria-label="Example ${++tables}${lang ? `, ${lang}` : ''}"><code>${text}</code></pre>`}\n`;
      },
    },
  });
  const rendered = marked.parse(readFileSync(join(root, path), 'utf8'), { async: false, gfm: true });
  const main = rendered
    .replace(/<!--.*?-->/gs, '')
    .replace(/<table>/g, () => `<div class="wide" tabindex="0" role="region" aria-label="Table ${++tables}"><table>`)
    .replaceAll('</table>', '</table></div>');
  const side = html`<ul>${contents.map(({ anchor, text }) => html`<li><a href="#${anchor}">${text}</a></li>`)}</ul>`;
  return { title, side, main: new Html(main), files: [...files] };
}
