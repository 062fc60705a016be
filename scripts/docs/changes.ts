/** The page that tells what the patch changes: the standard channel as API 1.55, the proposal, and the corrections. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiFolder, type Channel, channels, readOverlays } from '../../src/spec/build.js';
import { findOperation } from '../../src/spec/operations.js';
import type { Difference } from '../../src/spec/structure.js';
import { type Html, html, joinHtml } from '../../src/support/foundation/html.js';
import { badge, code, markdown } from './html.js';
import type { Marks, Patched } from './marks.js';
import { operationSection } from './reference.js';

const titles: Readonly<Record<Channel, [string, string]>> = {
  standard: ['What API 1.55 changes', 'As published, and as daemons from version 29.6 on have it.'],
  experimental: ['What this project proposes beyond it', 'The experimental channel: additions that no daemon has yet.'],
  corrections: [
    'Where the published description is corrected',
    'Daemons answer otherwise, or tools cannot read what stands there.',
  ],
};

const words = { add: 'added', remove: 'removed', replace: 'changed' } as const;

function changeTable(differences: readonly Difference[], label: string): Html {
  const rows = differences.map(
    ({ op, pointer }) => html`<tr><th scope="row">${words[op]}</th><td><code>${pointer}</code></td></tr>`,
  );
  return html`<table aria-label="${label}"><thead><tr><th scope="col">Change</th><th scope="col">Place</th></tr></thead>
<tbody>${joinHtml(rows, '\n')}</tbody></table>`;
}

function overlayTexts(channel: Channel): Html {
  const folder = join(apiFolder, 'overlays', channel);
  const texts = readdirSync(folder)
    .sort()
    .map((name) => {
      const text = readFileSync(join(folder, name), 'utf8');
      return html`<details><summary>${`${channel}/${name}`}</summary>${code(text, `Overlay ${channel}/${name}`)}</details>`;
    });
  return joinHtml(texts, '\n');
}

function reasons(channel: Channel): Html {
  const items = readOverlays(channel).flatMap(({ title, actions }) => {
    const told = actions.filter(({ description }) => description !== undefined);
    if (told.length === 0) return [];
    const list = told.map(({ target, description }) => html`<li><code>${target}</code>${markdown(description)}</li>`);
    return [html`<h3>${title}</h3><ul>${joinHtml(list, '\n')}</ul>`];
  });
  return joinHtml(items, '\n');
}

/**
 * The page about the patch: its contents for the navigation, and the page.
 *
 * @param patched the description before and after
 * @param marks what is patched
 */
export function changes(patched: Patched, marks: Marks): { side: Html; main: Html } {
  const added = findOperation(patched.after, 'ImageAttestations');
  const sections = channels.map((channel) => {
    const [title, lead] = titles[channel];
    const own = channel === 'standard' && added && operationSection(added, patched.after, marks);
    return html`<h2 id="${channel}">${title}${badge(channel)}</h2><p>${lead}</p>
${own}
${channel !== 'standard' && reasons(channel)}
<h3>Every change</h3>
${changeTable(patched.changes[channel], `Changes of the channel ${channel}`)}
<h3>The overlays</h3>
${overlayTexts(channel)}`;
  });
  const side = html`<ul>${channels.map((channel) => html`<li><a href="#${channel}">${titles[channel][0]}</a></li>`)}</ul>`;
  const main = html`<h1>What 1.55 changes</h1><p>The patch that this project carries, as overlays on the description of API 1.54.</p>${joinHtml(sections, '\n')}`;
  return { side, main };
}
