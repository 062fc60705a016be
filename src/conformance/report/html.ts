import { type Html, html, type Piece } from '../../support/foundation/markup.js';
import { doubtful, outcomes } from '../outcome.js';
import { curlOf } from './curl.js';
import { page, script } from './html-page.js';
import type { Report, ReportedExchange, ReportedResult, Totals } from './model.js';
import { storeText } from './terminal.js';

const cells = (totals: Totals): Piece<'html'> =>
  outcomes.map((outcome) => html`<td class="n">${totals[outcome] || html`<span class="soft">0</span>`}</td>`);

const outcomeHeads = outcomes.map((outcome) => html`<th class="n" scope="col">${outcome}</th>`);

function head(report: Report): Html {
  const { daemon, run, totals, suite, description } = report;
  const counts = html.join(
    outcomes.map((outcome) => html`<span class="tag ${outcome}">${totals[outcome]} ${outcome}</span>`),
    ', ',
  );
  const known = report.knownDeviations > 0 ? ` (${report.knownDeviations} known deviations among the failed)` : '';
  return html`<header><h1>Conformance of ${daemon.title} (API ${daemon.apiVersion})</h1>
<p>${counts}${known}</p>
<p class="soft">${daemon.address}, ${daemon.platform}, ${storeText(daemon)}${daemon.platformName ? `, ${daemon.platformName}` : ''};
asked at API ${run.apiVersion} by attestd ${suite.version} on ${report.startedAt}, ${(report.durationMs / 1000).toFixed(1)} s;
description ${description.apiVersion} <code>sha256:${description.sha256.slice(0, 16)}</code></p>
${run.interrupted ? html`<p class="tag error">The run was interrupted: what follows is not complete.</p>` : ''}
${run.leftovers.length > 0 ? html`<p class="tag failed">Left behind: ${run.leftovers.join(', ')}</p>` : ''}</header>`;
}

function profiles(report: Report): Html {
  const rows = report.profiles.map(
    ({ name, title, verdict, totals }) =>
      html`<tr><th scope="row">${name}<br><span class="soft">${title}</span></th><td>${verdict}</td>${cells(totals)}</tr>`,
  );
  return html`<section><h2>Profiles</h2><div class="wide"><table><thead><tr><th scope="col">profile</th><th scope="col">verdict</th>${outcomeHeads}</tr></thead>
<tbody>${html.join(rows, '\n')}</tbody></table></div></section>`;
}

function features(report: Report): Html {
  const rows = report.features.map(
    ({ name, title, channel, state, evidence, totals }) =>
      html`<tr><th scope="row">${name}<br><span class="soft">${title}</span></th><td>${channel}</td>
<td>${state}<br><span class="soft">${evidence}</span></td>${cells(totals)}</tr>`,
  );
  return html`<section><h2>Features</h2><div class="wide"><table><thead><tr><th scope="col">feature</th><th scope="col">channel</th><th scope="col">state</th>${outcomeHeads}</tr></thead>
<tbody>${html.join(rows, '\n')}</tbody></table></div></section>`;
}

/** Characters of all exchanges in a page, and of one body; what is beyond is in the JSON report. */
const exchangeBudget = 500_000;
const bodyPart = 2000;

/** Number of characters of exchanges that the page may still show. */
interface Budget {
  left: number;
}

const bodyOf = ({ body }: ReportedExchange): string =>
  body.length > bodyPart ? `${body.slice(0, bodyPart)}… (cut: the JSON report has more)` : body;

function exchange(one: ReportedExchange, address: string): Html {
  const sent = Object.entries(one.requestHeaders).map(([name, value]) => `${name}: ${value}`);
  const { requestBody } = one;
  if (requestBody)
    sent.push('', requestBody.text ?? `(body of ${requestBody.bytes} bytes, sha256 ${requestBody.sha256})`);
  const received = [`${one.status}`, ...one.headers.map(([name, value]) => `${name}: ${value}`), '', bodyOf(one)];
  const cut = one.bodyEncoding === 'base64' ? 'base64 of the beginning of the body' : 'body, cut when long';
  return html`<details><summary><code>${one.request}</code> → ${one.broken === undefined ? one.status : 'broke off'}</summary>
<pre>${[one.request, ...sent].join('\n')}</pre>
<pre>${one.broken ?? received.join('\n')}</pre><pre class="curl">${curlOf(one, address)}</pre><p class="soft">${one.bodyBytes} bytes (${cut}), ${one.durationMs} ms</p></details>`;
}

/** A passed or skipped requirement shows only its requests, which can be repeated. */
function brief({ exchanges }: ReportedResult): Html {
  const lines = exchanges.map(({ request, status }) => `${request} → ${status}`);
  return lines.length === 0 ? html`` : html`<pre>${lines.join('\n')}</pre>`;
}

/** Exchanges of a failure that are shown whole: the last ones are where it shows. */
const shownExchanges = 4;

function told(result: ReportedResult, address: string, budget: Budget): Piece<'html'> {
  if (!doubtful.includes(result.outcome)) return brief(result);
  const last = result.exchanges.slice(-shownExchanges).map((one) => exchange(one, address));
  budget.left -= last.reduce((sum, one) => sum + one.toString().length, 0);
  if (budget.left < 0) return brief(result);
  return [brief({ ...result, exchanges: result.exchanges.slice(0, -shownExchanges) }), ...last];
}

function requirement(result: ReportedResult, address: string, budget: Budget): Html {
  const { id, title, level, outcome, failure, deviation } = result;
  const known = deviation
    ? html`<p>Known deviation: ${deviation.behaviour} <span class="soft">(the description: ${deviation.description}; ${deviation.evidence})</span></p>`
    : '';
  const failed = failure
    ? html`<p class="tag failed">${failure.message}</p><pre>expected: ${failure.expected}\nactual:   ${failure.actual}</pre>`
    : '';
  const where = result.pointer === null ? result.operationId : `${result.operationId}, ${result.pointer}`;
  return html`<details class="requirement" data-outcome="${outcome}" data-text="${`${id} ${title}`.toLowerCase()}"${outcome === 'failed' && !deviation ? ' open' : ''}>
<summary><span class="tag ${outcome}">${outcome}</span> ${level} <code>${id}</code> ${title}</summary>
<p>${result.why}</p><p class="soft">${where}; needs ${result.features.join(', ')}</p>
${result.reason ? html`<p>${result.reason}</p>` : ''}${failed}${known}
${told(result, address, budget)}</details>`;
}

/** Failures come first: those that speak against the daemon, other ones, what they block, and then the rest. */
function rank({ outcome, level, deviation }: ReportedResult): number {
  if (outcome === 'failed') return deviation ? 3 : level === 'MUST' ? 0 : 2;
  return ['', 'error', '', '', 'blocked', 'unsupported', 'skipped', 'passed'].indexOf(outcome);
}

function requirements(report: Report): Html {
  const boxes = outcomes.map(
    (outcome) =>
      html`<label><input type="checkbox" value="${outcome}" checked> <span class="${outcome}">${outcome}</span> (${report.totals[outcome]})</label>`,
  );
  const budget: Budget = { left: exchangeBudget };
  const ordered = [...report.results].sort((a, b) => rank(a) - rank(b));
  return html`<section><h2>Requirements</h2>
<div class="filter" role="group" aria-label="Filter the requirements">${html.join(boxes, ' ')}
<input type="search" aria-label="Text in id or title" placeholder="text in id or title"> <output id="shown" class="soft"></output></div>
${html.join(
  ordered.map((result) => requirement(result, report.daemon.address, budget)),
  '\n',
)}</section>`;
}

function schema(report: Report): Html {
  const { checked, findings } = report.schema;
  const rows = findings.map(
    ({ kind, pointer, place, message, example, count, request }) =>
      html`<tr><td>${kind}</td><td><code>${pointer}</code><br>${place}</td><td>${message}<br><code>${example.slice(0, 200)}</code></td>
<td><code>${request}</code></td><td class="n">${count}</td></tr>`,
  );
  const table = html`<div class="wide"><table><thead><tr><th scope="col">kind</th><th scope="col">place in the description</th><th scope="col">what and example</th><th scope="col">first seen</th><th class="n" scope="col">times</th></tr></thead>
<tbody>${html.join(rows, '\n')}</tbody></table></div>`;
  return html`<section><h2>Answers against the description</h2>
<p class="soft">${checked} answers checked; what deviates is listed once and counts in no verdict.</p>${rows.length > 0 ? table : html`<p>No deviation.</p>`}</section>`;
}

/**
 * The report as one page that loads nothing else, below 1 MB: failures first, each with its exchanges, which can be asked again by
 * a copied line; of what passed only the requests. The JSON report has everything.
 *
 * @param report of a run
 * @returns the text of an HTML document
 */
export function renderHtml(report: Report): string {
  const body = html`${head(report)}<main>
${profiles(report)}
${requirements(report)}
${features(report)}
${schema(report)}
</main>`;
  return page(`Conformance of ${report.daemon.title}`, body, script);
}
