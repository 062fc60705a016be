import { type Html, html } from '../../support/foundation/markup.js';
import type { Outcome } from '../outcome.js';
import { profileNames } from '../profiles.js';
import { page as pageOf } from '../report/html-page.js';
import { badge } from './badge.js';
import { type ConformanceResult, type KeptResult, pathOf } from './result.js';

/** One daemon of the site. */
interface Column {
  readonly result: ConformanceResult;
  /** Beginning of its files' names. */
  readonly slug: string;
  readonly byId: ReadonlyMap<string, KeptResult>;
}

const more = `
.matrix th.daemon { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left; max-height: 14rem; font-weight: 600; }
.matrix td { text-align: center; } .matrix .verdict { min-width: 5.5rem; max-width: 8rem; font-size: .85rem; } .verdict a { overflow-wrap: normal; } .matrix td a { text-decoration: none; font-weight: 600; }
.copy { font: inherit; padding: .1rem .5rem; border: 1px solid var(--soft); border-radius: 4px; background: var(--card); color: var(--fg); cursor: pointer; }
`;

const script = `
for (const button of document.querySelectorAll('.copy')) button.addEventListener('click', async () => {
  const text = button.previousElementSibling.textContent;
  try { await navigator.clipboard.writeText(text); button.textContent = 'copied'; }
  catch { getSelection().selectAllChildren(button.previousElementSibling); button.textContent = 'selected'; }
});
`;

const page = (title: string, body: Html): string => pageOf(title, body, script, more);

/** Text of a requirement's cell. */
function mark({ known, outcome }: KeptResult): string {
  if (known) return 'known';
  return outcome === 'unsupported' ? '–' : outcome;
}

/** Severity of a cell. */
function weight(one: KeptResult | undefined): number {
  if (one?.outcome === 'failed') return one.level === 'MUST' && !one.known ? 1000 : 100;
  return one?.outcome === 'blocked' || one?.outcome === 'error' ? 10 : 0;
}

/** Style of a verdict next to others. The row names its profile. */
function classOf(verdict: string): string {
  if (verdict.startsWith('conformant')) return 'passed';
  if (verdict === 'not conformant' || verdict === 'error') return 'failed';
  return verdict === 'partial' ? 'blocked' : 'soft';
}

const fileOf = (area: string): string => `area-${area.toLowerCase()}.html`;

const heads = (columns: readonly Column[]): Html =>
  html`${columns.map(
    ({ result, slug }) =>
      html`<th class="daemon" scope="col"><a href="${slug}.html">${result.daemon.title}</a> <span class="soft">${result.daemon.store}</span></th>`,
  )}`;

function overview(columns: readonly Column[], areas: ReadonlyMap<string, readonly string[]>): string {
  const verdicts = profileNames.map(
    (name) =>
      html`<tr><th scope="row">${name}</th>${columns.map(({ result, slug }) => {
        const verdict = result.profiles[name] ?? 'not judged';
        return html`<td class="verdict"><a class="${classOf(verdict)}" href="${slug}.html">${verdict}</a></td>`;
      })}</tr>`,
  );
  const cell = (ids: readonly string[], { byId }: Column): { text: Html; failed: number } => {
    const found = ids.flatMap((id) => byId.get(id) ?? []);
    const count = (outcome: Outcome): number => found.filter((one) => one.outcome === outcome).length;
    const [passed, failed, blocked] = [count('passed'), count('failed'), count('blocked')];
    const judged = passed + failed + blocked;
    if (judged === 0) return { text: html`<span class="soft">–</span>`, failed };
    const bad = failed > 0 ? html` <span class="failed">${failed} failed</span>` : '';
    const held = blocked > 0 ? html` <span class="blocked">${blocked} blocked</span>` : '';
    return {
      text: html`<span class="${failed + blocked === 0 ? 'passed' : ''}">${passed} of ${judged}</span>${bad}${held}`,
      failed,
    };
  };
  const rows = [...areas]
    .map(([area, ids]) => {
      const cells = columns.map((column) => cell(ids, column));
      const sum = cells.reduce((total, { failed }) => total + failed, 0);
      const row = html`<tr><th scope="row"><a href="${fileOf(area)}">${area}</a></th>${cells.map(({ text }) => html`<td>${text}</td>`)}</tr>`;
      return { row, sum };
    })
    .sort((a, b) => b.sum - a.sum);
  return page(
    'Conformance of Engine API daemons',
    html`<header><h1>Conformance of Engine API daemons</h1>
<p class="soft">What the conformance suite of attestd found. Areas with most failures come first; each leads to its requirements.</p></header><main>
<section><h2>Profiles</h2><div class="wide"><table class="matrix"><thead><tr><th scope="col">profile</th>${heads(columns)}</tr></thead><tbody>${html.join(verdicts, '\n')}</tbody></table></div></section>
<section><h2>Areas</h2><div class="wide"><table class="matrix"><thead><tr><th scope="col">area</th>${heads(columns)}</tr></thead><tbody>${html.join(
      rows.map(({ row }) => row),
      '\n',
    )}</tbody></table></div></section></main>`,
  );
}

function areaPage(area: string, ids: readonly string[], columns: readonly Column[]): string {
  const rows = ids
    .map((id) => {
      const cells = columns.map(({ byId, slug }) => {
        const one = byId.get(id);
        if (one === undefined) return html`<td class="soft">–</td>`;
        const text = html`<span class="${one.outcome}">${mark(one)}</span>`;
        return weight(one) > 0 ? html`<td><a href="${slug}.html#${id}">${text}</a></td>` : html`<td>${text}</td>`;
      });
      const any = columns.map(({ byId }) => byId.get(id)).find((one) => one !== undefined);
      const sum = columns.reduce((total, { byId }) => total + weight(byId.get(id)), 0);
      return {
        sum,
        row: html`<tr><th scope="row">${any?.level ?? ''} <code>${id}</code><br><span class="soft">${any?.title ?? ''}</span></th>${cells}</tr>`,
      };
    })
    .sort((a, b) => b.sum - a.sum);
  return page(
    `${area}: conformance of Engine API daemons`,
    html`<header><p><a href="index.html">All areas</a></p><h1>${area}</h1></header><main><div class="wide"><table class="matrix">
<thead><tr><th scope="col">requirement</th>${heads(columns)}</tr></thead><tbody>${html.join(
      rows.map(({ row }) => row),
      '\n',
    )}</tbody></table></div></main>`,
  );
}

function daemonPage({ result, slug }: Column): string {
  const { daemon } = result;
  const bad = result.results.filter((one) => weight(one) > 0).sort((a, b) => weight(b) - weight(a));
  const entries = bad.map(
    (
      one,
    ) => html`<section id="${one.id}"><h3><span class="tag ${one.outcome}">${one.known ? 'known deviation' : one.outcome}</span> ${one.level} <code>${one.id}</code></h3>
<p>${one.title}</p>${one.why ? html`<pre>${one.why}</pre>` : ''}${one.curl ? html`<pre class="curl">${one.curl}</pre><button type="button" class="copy">copy</button>` : ''}</section>`,
  );
  const past = [result, ...result.history].map(
    ({ date, suite, totals, profiles }) =>
      html`<tr><th scope="row">${date}</th><td>${suite}</td><td class="n passed">${totals.passed}</td><td class="n failed">${totals.failed}</td><td class="n blocked">${totals.blocked}</td>
<td>${profileNames.filter((name) => profiles[name]?.startsWith('conformant')).join(', ') || 'none'}</td></tr>`,
  );
  const badges = profileNames.map(
    (name) => html`<img src="${slug}-${name}.svg" alt="${name}: ${result.profiles[name] ?? 'not judged'}"> `,
  );
  return page(
    `Conformance of ${daemon.title}`,
    html`<header><p><a href="index.html">All daemons</a></p><h1>${daemon.title}</h1><p>${badges}</p>
<p class="soft">API ${daemon.apiVersion}, ${daemon.platform}, ${daemon.store} ${daemon.driver}</p></header><main>
<section><h2>Runs</h2><div class="wide"><table><thead><tr><th scope="col">date</th><th scope="col">suite</th><th class="n" scope="col">passed</th><th class="n" scope="col">failed</th><th class="n" scope="col">blocked</th><th scope="col">conformant profiles</th></tr></thead><tbody>${html.join(past, '\n')}</tbody></table></div></section>
<section><h2>What speaks against it</h2>${bad.length > 0 ? html.join(entries, '\n') : html`<p>Nothing.</p>`}</section></main>`,
  );
}

/**
 * Renders the static site of results: a matrix of daemons by area, a page for each area and each daemon, and badges.
 *
 * @param results output of {@link readResults}
 * @returns texts of files by name; the pages load only the badges from the same directory
 */
export function renderSite(results: Iterable<ConformanceResult>): ReadonlyMap<string, string> {
  const columns = [...results].map((result): Column => {
    const slug = pathOf(result)
      .replace(/\.json$/, '')
      .replaceAll('/', '_');
    return { result, slug, byId: new Map(result.results.map((one) => [one.id, one])) };
  });
  const areas = new Map<string, Set<string>>();
  for (const { result } of columns)
    for (const { id } of result.results) {
      const area = id.split('.')[0] ?? '';
      areas.set(area, (areas.get(area) ?? new Set()).add(id));
    }
  const sorted = new Map([...areas].map(([area, ids]) => [area, [...ids].sort()]));
  const files = new Map<string, string>([['index.html', overview(columns, sorted)]]);
  for (const [area, ids] of sorted) files.set(fileOf(area), areaPage(area, ids, columns));
  for (const column of columns) {
    files.set(`${column.slug}.html`, daemonPage(column));
    for (const name of profileNames) files.set(`${column.slug}-${name}.svg`, badge(column.result, name));
  }
  return files;
}
