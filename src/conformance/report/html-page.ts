/** Pages of reports and results; they load nothing, so that they work from a file. */
import { type Html, html, Markup } from '../../support/foundation/markup.js';
import { outcomes } from '../outcome.js';

const style = `
:root { color-scheme: light dark; --bg:#fff; --fg:#1c2024; --soft:#5b6570; --line:#d5dae0; --card:#f5f7f9; --link:#0b5cad;
  --passed:#1a6b3c; --failed:#b3261e; --blocked:#8a4600; --skipped:#5b6570; --unsupported:#7a5200; --error:#8e24aa; }
@media (prefers-color-scheme: dark) { :root { --bg:#14171a; --fg:#e6e9ec; --soft:#a3adb8; --line:#353c44; --card:#1d2227;
  --link:#7db7f5; --passed:#6fd396; --failed:#ff8a80; --blocked:#f0a868; --skipped:#a3adb8; --unsupported:#e6b45c; --error:#d9a1ea; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; background: var(--bg); color: var(--fg);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0; } p, .soft, code, summary { overflow-wrap: anywhere; } .soft { color: var(--soft); font-weight: normal; } a { color: var(--link); }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .5rem; text-align: left; vertical-align: top; }
th.n, td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.wide { overflow-x: auto; }
@media (max-width: 40rem) { body { padding: .75rem; } th, td { padding: .25rem; } .wide table { font-size: .8rem; } details details { margin-left: 0; } }
code, pre { font: .86rem/1.45 ui-monospace, monospace; } pre { overflow-x: auto; background: var(--card); padding: .6rem;
  border: 1px solid var(--line); border-radius: 4px; margin: .4rem 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.tag { font-weight: 600; } ${outcomes.map((outcome) => `.${outcome} { color: var(--${outcome}); }`).join(' ')}
.filter { position: sticky; top: 0; background: var(--bg); padding: .5rem 0; display: flex; flex-wrap: wrap; gap: .75rem;
  align-items: center; border-bottom: 1px solid var(--line); }
.filter input[type=search] { flex: 1 1 12rem; font: inherit; padding: .25rem .5rem; border: 1px solid var(--soft);
  border-radius: 4px; background: var(--bg); color: var(--fg); }
details { border-bottom: 1px solid var(--line); padding: .35rem 0; } summary { cursor: pointer; }
details details { border: 0; margin-left: 1rem; } [hidden] { display: none; }
`;

/**
 * Renders a page in the style of all reports.
 *
 * @param title its title
 * @param body its content
 * @param script trusted script that runs after the body
 * @param more trusted additional style
 * @returns the text of an HTML document
 */
export function page(title: string, body: Html, script: string, more = ''): string {
  return `${html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><style>${new Markup(style + more, 'html')}</style></head>
<body>${body}<script>${new Markup(script, 'html')}</script></body></html>
`}`;
}

/** Script of the report: its filters. */
export const script = `
const boxes = [...document.querySelectorAll('.filter input[type=checkbox]')];
const search = document.querySelector('.filter input[type=search]');
const rows = [...document.querySelectorAll('.requirement')];
const shown = document.getElementById('shown');
function update() {
  const wanted = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
  const text = search.value.toLowerCase();
  let count = 0;
  for (const row of rows) {
    row.hidden = !wanted.has(row.dataset.outcome) || !row.dataset.text.includes(text);
    if (!row.hidden) count += 1;
  }
  shown.textContent = count + ' of ' + rows.length + ' shown';
}
for (const control of [...boxes, search]) control.addEventListener('input', update);
update();
`;
