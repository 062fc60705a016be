/** The frame of the documentation's pages: head, navigation, search, style. Nothing is loaded from elsewhere. */
import { Html, html } from '../../src/support/foundation/html.js';

const style = `
:root { color-scheme: light dark; --fg: #1b1f24; --bg: #ffffff; --soft: #f3f5f7; --line: #c9d1d9; --link: #0550ae;
  --std: #0a5d2c; --exp: #6a2fb0; --cor: #7a4100; }
@media (prefers-color-scheme: dark) { :root { --fg: #e6edf3; --bg: #0d1117; --soft: #1a212b; --line: #3d444d;
  --link: #79b8ff; --std: #7ee2a0; --exp: #d2a8ff; --cor: #ffb777; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.55 system-ui, sans-serif; color: var(--fg); background: var(--bg); }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -999px; } .skip:focus { left: 1rem; top: 1rem; background: var(--bg); padding: .5rem; }
header, main, footer { padding: 0 1.5rem; max-width: 70rem; }
.page { display: grid; grid-template-columns: 19rem minmax(0, 1fr); }
nav.side { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1rem; background: var(--soft);
  border-right: 1px solid var(--line); font-size: .9rem; }
nav.side ul { list-style: none; padding-left: .5rem; margin: .25rem 0; } nav.side summary { cursor: pointer; font-weight: 600; }
nav.side h2 { font-size: .8rem; text-transform: uppercase; letter-spacing: .05em; margin: 1rem 0 .25rem; }
nav.side [aria-current] { font-weight: 700; } .narrow { display: none; } img { max-width: 100%; height: auto; }
.wide { overflow-x: auto; }
@media (max-width: 60rem) { .page { display: block; } .narrow { display: block; }
  nav.side { display: none; position: static; height: auto; border-right: 0; border-bottom: 1px solid var(--line); }
  nav.side:target { display: block; } nav.side a, .samples summary { padding: .25rem 0; } nav.side li { margin: .25rem 0; } }
#page-search { width: 100%; font: inherit; color: inherit; background: var(--bg); border: 1px solid var(--line); padding: .3rem .5rem; }
#page-found { list-style: none; padding: 0; margin: .25rem 0; font-size: .9rem; }
section { border-top: 1px solid var(--line); padding: .5rem 0 1rem; margin-top: 1rem; }
code, pre { font: .9em/1.45 ui-monospace, monospace; } pre { background: var(--soft); padding: .75rem; overflow: auto;
  max-height: 30rem; border: 1px solid var(--line); }
:not(pre) > code { background: var(--soft); padding: .1em .3em; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; }
h1, h2, h3, th, td, p, li { overflow-wrap: anywhere; } th, td { text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); padding: .35rem .6rem .35rem 0; }
th[scope=row] { font-weight: 600; width: 28%; } td p { margin: .2rem 0; }
.type, .meta { font-size: .88rem; } .method { font-weight: 700; }
.badge { font-size: .78rem; font-weight: 600; border: 1px solid; border-radius: .3rem; padding: 0 .35rem; text-decoration: none;
  white-space: nowrap; } .standard { color: var(--std); } .experimental { color: var(--exp); } .corrections { color: var(--cor); }
`;

/** The script and index of the search, beside the pages. */
export const searchFile = 'search.js';

/** A page of the site, as the navigation has it. */
export interface Listed {
  /** Its file, such as `serve.html`. */
  readonly file: string;
  readonly title: string;
}

/** Pages under a common heading. */
export interface Group {
  readonly title: string;
  readonly pages: readonly Listed[];
}

/** What is on a page. */
export interface Content extends Listed {
  /** The page's own contents, for the navigation. */
  readonly side: Html;
  readonly main: Html;
}

/**
 * A whole page.
 *
 * @param content what is on it
 * @param groups the pages of the site
 * @returns the document
 */
export function page({ file, title, side, main }: Content, groups: readonly Group[]): string {
  const list = groups.map(
    (group) => html`<h2>${group.title}</h2>
<ul>${group.pages.map((each) =>
      each.file === file
        ? html`<li><a href="${each.file}" aria-current="page">${each.title}</a>${side}</li>`
        : html`<li><a href="${each.file}">${each.title}</a></li>`,
    )}</ul>`,
  );
  return `${html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${new Html(style)}</style>
</head>
<body>
<a class="skip" href="#page-content">Skip to content</a>
<div class="page">
<nav class="side" id="page-contents" aria-label="Contents" tabindex="0">
<p class="narrow"><a href="#page-content">Close the contents</a></p>
${list}
</nav>
<main id="page-content">
<p class="narrow"><a href="#page-contents">Contents</a></p>
<form role="search" hidden>
<label for="page-search">Search</label> <input id="page-search" type="search" autocomplete="off">
<p id="page-search-status" class="meta" role="status"></p>
<ul id="page-found" aria-label="Found"></ul>
</form>
${main}
</main>
</div>
<script src="${searchFile}" defer></script>
</body>
</html>
`}`;
}
