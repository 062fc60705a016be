import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Html, html } from '../../src/support/foundation/html.js';

interface Verdict {
  readonly outcome: string;
  readonly id: string;
}

function verdicts(path: string): Verdict[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const at = line.lastIndexOf(' ');
      return { outcome: line.slice(0, at), id: line.slice(at + 1) };
    });
}

function daemonSection(name: string, all: readonly Verdict[]): Html {
  const counts = new Map<string, number>();
  for (const { outcome } of all) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  const rows = [...counts]
    .sort()
    .map(([outcome, count]) => html`<tr><th scope="row">${outcome}</th><td>${count}</td></tr>`);
  const told = all.filter(({ outcome }) => outcome !== 'passed' && !outcome.startsWith('unsupported'));
  const list = told.map(({ outcome, id }) => html`<li><code>${id}</code>: ${outcome}</li>`);
  return html`<h2 id="${name}">${name}</h2>
<table aria-label="Verdicts on ${name}"><thead><tr><th scope="col">Outcome</th><th scope="col">Requirements</th></tr></thead>
<tbody>${rows}</tbody></table>
${told.length > 0 && html`<p>Neither passed nor unsupported:</p><ul>${list}</ul>`}`;
}

/**
 * The page of verdicts: those on released daemons that are kept in the repository and compared in CI.
 *
 * @param root the repository
 * @param report file of the report on the reference server, where the suite has been run for this site
 */
export function results(root: string, report: string | undefined): { side: Html; main: Html } {
  const folder = join(root, 'test/conformance/expected');
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.txt'))
    .sort();
  const daemons = names.map((file) => ({ name: file.slice(0, -'.txt'.length), all: verdicts(join(folder, file)) }));
  const main = html`<h1>Results</h1>
<p>What the suite says of daemons. The words are in <a href="conformance.html#words">The conformance suite</a>, every
requirement is in <a href="requirements.html">Requirements</a>.</p>
${report !== undefined && html`<h2 id="reference-server">The reference server</h2><p><a href="${report}">The report of a run</a> when this site was made, with every exchange.</p>`}
${daemons.map(({ name, all }) => daemonSection(name, all))}`;
  const side = html`<ul>${daemons.map(({ name }) => html`<li><a href="#${name}">${name}</a></li>`)}</ul>`;
  return { side, main };
}
