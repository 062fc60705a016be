import { outcomes } from '../outcome.js';
import { script, style } from './html-page.js';
import type { Report, ReportedExchange, ReportedResult, Totals } from './model.js';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as HTML; control characters, which HTML forbids, as \uXXXX. */
function escaped(text: string): string {
  return text.replaceAll(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    /[&<>"'\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g,
    (char) => entities[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const cells = (totals: Totals): string =>
  outcomes.map((outcome) => `<td class="n">${totals[outcome] || '<span class="soft">0</span>'}</td>`).join('');

const outcomeHeads = outcomes.map((outcome) => `<th class="n" scope="col">${outcome}</th>`).join('');

function head(report: Report): string {
  const { daemon, run, totals, suite, description } = report;
  const counts = outcomes
    .map((outcome) => `<span class="tag ${outcome}">${totals[outcome]} ${outcome}</span>`)
    .join(', ');
  const known = report.knownDeviations > 0 ? ` (${report.knownDeviations} known deviations among the failed)` : '';
  return `<header><h1>Conformance of ${escaped(daemon.version)} (API ${escaped(daemon.apiVersion)})</h1>
<p>${counts}${known}</p>
<p class="soft">${escaped(daemon.address)}, ${escaped(daemon.platform)}${daemon.platformName ? `, ${escaped(daemon.platformName)}` : ''};
asked at API ${escaped(run.apiVersion)} by attestd ${escaped(suite.version)} on ${escaped(report.startedAt)}, ${(report.durationMs / 1000).toFixed(1)} s;
description ${escaped(description.apiVersion)} <code>sha256:${escaped(description.sha256.slice(0, 16))}</code></p>
${run.interrupted ? '<p class="tag error">The run was interrupted: what follows is not complete.</p>' : ''}
${run.leftovers.length > 0 ? `<p class="tag failed">Left behind: ${escaped(run.leftovers.join(', '))}</p>` : ''}</header>`;
}

function profiles(report: Report): string {
  const rows = report.profiles.map(
    ({ name, title, verdict, totals }) =>
      `<tr><th scope="row">${escaped(name)}<br><span class="soft">${escaped(title)}</span></th><td>${escaped(verdict)}</td>${cells(totals)}</tr>`,
  );
  return `<section><h2>Profiles</h2><div class="wide"><table><thead><tr><th scope="col">profile</th><th scope="col">verdict</th>${outcomeHeads}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div></section>`;
}

function features(report: Report): string {
  const rows = report.features.map(
    ({ name, title, channel, state, evidence, totals }) =>
      `<tr><th scope="row">${escaped(name)}<br><span class="soft">${escaped(title)}</span></th><td>${channel}</td>
<td>${state}<br><span class="soft">${escaped(evidence)}</span></td>${cells(totals)}</tr>`,
  );
  return `<section><h2>Features</h2><div class="wide"><table><thead><tr><th scope="col">feature</th><th scope="col">channel</th><th scope="col">state</th>${outcomeHeads}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div></section>`;
}

function exchange(one: ReportedExchange): string {
  const sent = Object.entries(one.requestHeaders).map(([name, value]) => `${name}: ${value}`);
  if (one.requestBody) sent.push('', `(body of ${one.requestBody.bytes} bytes, sha256 ${one.requestBody.sha256})`);
  const received = [`${one.status}`, ...one.headers.map(([name, value]) => `${name}: ${value}`), '', one.body];
  const cut = one.bodyEncoding === 'base64' ? 'base64 of the beginning of the body' : 'body, cut when long';
  return `<details><summary><code>${escaped(one.request)}</code> → ${one.broken === undefined ? one.status : 'broke off'}</summary>
<pre>${escaped([one.request, ...sent].join('\n'))}</pre>
<pre>${escaped(one.broken ?? received.join('\n'))}</pre><p class="soft">${one.bodyBytes} bytes (${cut}), ${one.durationMs} ms</p></details>`;
}

function requirement(result: ReportedResult): string {
  const { id, title, level, outcome, failure, deviation } = result;
  const known = deviation
    ? `<p>Known deviation: ${escaped(deviation.behaviour)} <span class="soft">(the description: ${escaped(deviation.description)}; ${escaped(deviation.evidence)})</span></p>`
    : '';
  const failed = failure
    ? `<p class="tag failed">${escaped(failure.message)}</p><pre>expected: ${escaped(failure.expected)}\nactual:   ${escaped(failure.actual)}</pre>`
    : '';
  const where = result.pointer === null ? result.operationId : `${result.operationId}, ${result.pointer}`;
  return `<details class="requirement" data-outcome="${outcome}" data-text="${escaped(`${id} ${title}`.toLowerCase())}"${outcome === 'failed' && !deviation ? ' open' : ''}>
<summary><span class="tag ${outcome}">${outcome}</span> ${level} <code>${escaped(id)}</code> ${escaped(title)}</summary>
<p>${escaped(result.why)}</p><p class="soft">${escaped(where)}; needs ${escaped(result.features.join(', '))}</p>
${result.reason ? `<p>${escaped(result.reason)}</p>` : ''}${failed}${known}
${result.exchanges.map(exchange).join('\n')}</details>`;
}

function requirements(report: Report): string {
  const boxes = outcomes.map(
    (outcome) =>
      `<label><input type="checkbox" value="${outcome}" checked> <span class="${outcome}">${outcome}</span> (${report.totals[outcome]})</label>`,
  );
  return `<section><h2>Requirements</h2>
<div class="filter" role="group" aria-label="Filter the requirements">${boxes.join(' ')}
<input type="search" aria-label="Text in id or title" placeholder="text in id or title"> <output id="shown" class="soft"></output></div>
${report.results.map(requirement).join('\n')}</section>`;
}

function schema(report: Report): string {
  const { checked, findings } = report.schema;
  const rows = findings.map(
    ({ kind, pointer, place, message, example, count, request }) =>
      `<tr><td>${kind}</td><td><code>${escaped(pointer)}</code><br>${escaped(place)}</td><td>${escaped(message)}<br><code>${escaped(example.slice(0, 200))}</code></td>
<td><code>${escaped(request)}</code></td><td class="n">${count}</td></tr>`,
  );
  const table = `<div class="wide"><table><thead><tr><th scope="col">kind</th><th scope="col">place in the description</th><th scope="col">what and example</th><th scope="col">first seen</th><th class="n" scope="col">times</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`;
  return `<section><h2>Answers against the description</h2>
<p class="soft">${checked} answers checked; what deviates is listed once and counts in no verdict.</p>${rows.length > 0 ? table : '<p>No deviation.</p>'}</section>`;
}

/**
 * The report as one page that loads nothing else: matrix of features, filter by outcome, every exchange.
 *
 * @param report of a run
 * @returns the text of an HTML document
 */
export function renderHtml(report: Report): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Conformance of ${escaped(report.daemon.version)}</title><style>${style}</style></head>
<body>${head(report)}<main>
${profiles(report)}
${features(report)}
${requirements(report)}
${schema(report)}
</main><script>${script}</script></body></html>
`;
}
