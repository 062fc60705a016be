/** The search of the documentation: an index of headings, and the script that looks into it. Nothing is asked of a server. */
import { readFileSync } from 'node:fs';
import type { Description } from '../../src/spec/document.js';
import { listOperations } from '../../src/spec/operations.js';

/** What can be found: its title, where it is, and further words by which it is found. */
export type Entry = readonly [title: string, target: string, words: string];

/**
 * The entries of the reference: operations by summary, id and path; named schemas by name and members.
 *
 * @param description the description
 */
export function referenceEntries(description: Description): Entry[] {
  const operations = listOperations(description).map(({ method, path, operation }): Entry => {
    const parameters = (operation.parameters ?? []).map(({ name }) => name).join(' ');
    const title = `${operation.summary ?? operation.operationId} (${method.toUpperCase()} ${path})`;
    return [title, `reference.html#operation-${operation.operationId}`, `${operation.operationId} ${parameters}`];
  });
  const definitions = Object.entries(description.definitions).map(([name, schema]): Entry => {
    return [name, `reference.html#definition-${name}`, Object.keys(schema.properties ?? {}).join(' ')];
  });
  return [...operations, ...definitions];
}

/**
 * The entries of a page: its headings.
 *
 * @param file the page's file
 * @param title its title
 * @param html its content
 */
export function pageEntries(file: string, title: string, html: string): Entry[] {
  const plain = (text: string): string =>
    text
      .replaceAll(/<[^>]*>/g, '')
      .replaceAll('&amp;', '&')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'");
  const headings = [...html.matchAll(/<h[23] id="([^"]+)"[^>]*>(.*?)<\/h[23]>/gs)].map(
    ([, id, text]): Entry => [`${title}: ${plain(text as string)}`, `${file}#${id}`, ''],
  );
  return [[title, file, ''], ...headings];
}

/**
 * The script of the search.
 *
 * @param entries what can be found
 * @returns JavaScript for browsers, with the index in it
 */
export function searchScript(entries: readonly Entry[]): string {
  const script = readFileSync(new URL('search-page.js', import.meta.url), 'utf8');
  return `${script}\nlookUp([\n${entries.map((entry) => JSON.stringify(entry)).join(',\n')}\n]);\n`;
}
