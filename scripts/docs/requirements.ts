/** Links between the reference and the requirements of the conformance suite. */
import { catalogue } from '../../src/conformance/catalogue.js';
import { type ChangedPlace, judgesOf } from '../../src/conformance/judged.js';
import { Html, type HtmlValue, html, joinHtml } from '../../src/support/foundation/html.js';

const anchorOf = (id: string): string => `requirement-${id}`;

/**
 * Gives the rows of docs/requirements.md anchors.
 *
 * @param main the page's content
 */
export function anchorRequirements(main: Html): Html {
  let area = '';
  const known = new Set(catalogue.map(({ id }) => id));
  return new Html(
    `${main}`.replaceAll(
      /<h2 id="[^"]*">([^<]*)<\/h2>|<tr>(\s*<td><code>([^<]+)<\/code><\/td>)/g,
      (whole: string, heading?: string, cells?: string, name?: string) => {
        if (heading !== undefined) area = heading;
        const id = `${area}.${name}`;
        return known.has(id) ? `<tr id="${anchorOf(id)}">${cells}` : whole;
      },
    ),
  );
}

/**
 * The requirements that name a place of the description, folded.
 *
 * @param place the place
 * @returns HTML; nothing when none does
 */
export function requirementLinks(place: Omit<ChangedPlace, 'operations'>): HtmlValue {
  const { exact } = judgesOf([{ ...place, operations: [] }], catalogue);
  if (exact.length === 0) return false;
  const links = exact.map((id) => html`<a href="requirements.html#${anchorOf(id)}">${id}</a>`);
  const noun = exact.length === 1 ? 'requirement' : 'requirements';
  return html`<details><summary>${exact.length} ${noun}</summary><p class="meta">${joinHtml(links, ', ')}</p></details>`;
}
