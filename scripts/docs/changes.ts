/** The page that tells what the patch changes: the standard channel as API 1.55, the proposal, and the corrections. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiFolder, type Channel, channels, readOverlays } from '../../src/spec/build.js';
import { findOperation } from '../../src/spec/operations.js';
import type { Difference } from '../../src/spec/structure.js';
import { badge, code, escaped, markdown, page } from './html.js';
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

function changeTable(differences: readonly Difference[], label: string): string {
  const rows = differences.map(
    ({ op, pointer }) => `<tr><th scope="row">${words[op]}</th><td><code>${escaped(pointer)}</code></td></tr>`,
  );
  return `<table aria-label="${escaped(label)}"><thead><tr><th scope="col">Change</th><th scope="col">Place</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table>`;
}

function overlayTexts(channel: Channel): string {
  const folder = join(apiFolder, 'overlays', channel);
  return readdirSync(folder)
    .sort()
    .map((name) => {
      const text = readFileSync(join(folder, name), 'utf8');
      return `<details><summary>${escaped(`${channel}/${name}`)}</summary>${code(text, `Overlay ${channel}/${name}`)}</details>`;
    })
    .join('\n');
}

function reasons(channel: Channel): string {
  const items = readOverlays(channel).flatMap(({ title, actions }) => {
    const told = actions.filter(({ description }) => description !== undefined);
    if (told.length === 0) return [];
    const list = told.map(
      ({ target, description }) => `<li><code>${escaped(target)}</code>${markdown(description)}</li>`,
    );
    return [`<h3>${escaped(title)}</h3><ul>${list.join('\n')}</ul>`];
  });
  return items.join('\n');
}

/**
 * The page about the patch.
 *
 * @param patched the description before and after
 * @param marks what is patched
 * @returns the HTML document
 */
export function changesPage(patched: Patched, marks: Marks): string {
  const added = findOperation(patched.after, 'ImageAttestations');
  const sections = channels.map((channel) => {
    const [title, lead] = titles[channel];
    const own = channel === 'standard' && added ? operationSection(added, patched.after, marks) : '';
    return `<h2 id="${channel}">${title}${badge(channel)}</h2><p>${lead}</p>
${own.replaceAll('href="#definition-', 'href="index.html#definition-')}
${channel === 'standard' ? '' : reasons(channel)}
<h3>Every change</h3>
${changeTable(patched.changes[channel], `Changes of the channel ${channel}`)}
<h3>The overlays</h3>
${overlayTexts(channel)}`;
  });
  const side = [
    '<p><a href="index.html">Reference</a></p><ul>',
    ...channels.map((channel) => `<li><a href="#${channel}">${titles[channel][0]}</a></li>`),
    '</ul>',
  ].join('\n');
  return page(
    'What 1.55 changes',
    side,
    `<h1>What 1.55 changes</h1><p>The patch that this project carries, as overlays on the description of API 1.54.</p>${sections.join('\n')}`,
  );
}
