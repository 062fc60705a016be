/** The frame of the documentation's pages, and small pieces of HTML. */
import { marked } from 'marked';
import type { Channel } from '../../src/spec/build.js';

/**
 * Escapes text for HTML.
 *
 * @param text any text
 * @returns text that is safe in content and in quoted attributes
 */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/**
 * Renders Markdown.
 *
 * @param text a description
 * @param headings how many levels its headings are moved down
 * @returns HTML blocks
 */
export function markdown(text: string | undefined, headings = 0): string {
  const html = marked.parse(text ?? '', { async: false, gfm: true });
  return html.replace(/<(\/?)h(\d)>/g, (_, slash: string, level: string) => `<${slash}h${Number(level) + headings}>`);
}

const badges: Readonly<Record<Channel, string>> = {
  standard: 'new in 1.55',
  experimental: 'experimental',
  corrections: 'corrected',
};

/**
 * The mark of a patched place.
 *
 * @param channel what changed it, if anything
 * @returns HTML, empty for what is not patched
 */
export function badge(channel: Channel | undefined): string {
  if (!channel) return '';
  return ` <a class="badge ${channel}" href="changes.html#${channel}">${badges[channel]}</a>`;
}

/**
 * Text to scroll in, such as an example.
 *
 * @param text the text
 * @param label what it is, for screen readers
 * @returns HTML
 */
export function code(text: string, label: string): string {
  return `<pre tabindex="0" role="region" aria-label="${escaped(label)}"><code>${escaped(text)}</code></pre>`;
}

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
@media (max-width: 60rem) { .page { display: block; } nav.side { position: static; height: auto; } }
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

/**
 * A whole page: no script, nothing loaded from elsewhere.
 *
 * @param title the page's title
 * @param side the navigation, HTML
 * @param main the content, HTML
 * @returns the document
 */
export function page(title: string, side: string, main: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<a class="skip" href="#content">Skip to content</a>
<div class="page">
<nav class="side" aria-label="Contents" tabindex="0">
${side}
</nav>
<main id="content">
${main}
</main>
</div>
</body>
</html>
`;
}
