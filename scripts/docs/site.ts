/** The documentation as one static site. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { changes } from './changes.js';
import { type Content, type Group, page, searchFile } from './frame.js';
import { markdownPage } from './markdown-page.js';
import { Marks, type Patched } from './marks.js';
import { reference } from './reference.js';
import { anchorRequirements } from './requirements.js';
import { results } from './results.js';
import { type Entry, pageEntries, referenceEntries, searchScript } from './search.js';

/** Pages in the navigation that have a place of their own; other pages of docs/ follow in the guide. */
const conformance = ['conformance', 'requirements', 'behaviour', 'deviations'];
const project = ['architecture', 'versioning'];
const atRoot = ['CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md'];
/** Pages that others link to, outside docs/. */
const further = ['fixtures/README.md', 'test/golden/README.md'];

/** The site: documents by file, and files of the repository to copy to `files/`. */
export interface Site {
  readonly documents: ReadonlyMap<string, string>;
  /** What the pages load: texts by file. */
  readonly scripts: ReadonlyMap<string, string>;
  readonly files: readonly string[];
}

/**
 * Make the site.
 *
 * @param root the repository
 * @param patched the description before and after the patch
 * @param report file of a report on the reference server that will lie beside the pages, if there is one
 */
export function makeSite(root: string, patched: Patched, report?: string): Site {
  const guide = readdirSync(join(root, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => file.slice(0, -'.md'.length))
    .filter((name) => ![...conformance, ...project, 'api-report'].includes(name));
  const inDocs = (name: string): [string, string] => [`docs/${name}.md`, `${name}.html`];
  const sources = new Map<string, string>([
    ['README.md', 'index.html'],
    ...guide.map(inDocs),
    ...[...conformance, 'api-report', ...project]
      .filter((name) => existsSync(join(root, `docs/${name}.md`)))
      .map(inDocs),
    ...atRoot
      .filter((path) => existsSync(join(root, path)))
      .map((path): [string, string] => [path, `${path.slice(0, -'.md'.length).toLowerCase()}.html`]),
    ...further.map((path): [string, string] => [path, `${path.split('/').slice(0, -1).join('-')}.html`]),
  ]);
  const files = new Set<string>();
  const contents = new Map<string, Content>();
  for (const [path, file] of sources) {
    const { files: linked, ...content } = markdownPage(root, path, sources);
    for (const each of linked) files.add(each);
    const main = path === 'docs/requirements.md' ? anchorRequirements(content.main) : content.main;
    contents.set(file, { file, ...content, main });
  }
  const marks = new Marks(patched);
  contents.set('reference.html', { file: 'reference.html', ...reference(patched.after, marks) });
  contents.set('changes.html', { file: 'changes.html', title: 'What 1.55 changes', ...changes(patched, marks) });
  contents.set('verdicts.html', { file: 'verdicts.html', title: 'Verdicts compared in CI', ...results(root, report) });
  const listed = (title: string, names: readonly string[]): Group => ({
    title,
    pages: names.flatMap((name) => contents.get(`${name}.html`) ?? []),
  });
  const groups = [
    listed('Guide', ['index', ...guide]),
    listed('Reference', ['reference', 'changes', 'api-report']),
    listed('Conformance', [...conformance, 'verdicts']),
    listed('Project', [...project, 'contributing', 'changelog', 'security', 'fixtures', 'test-golden']),
  ];
  const documents = new Map([...contents].map(([file, content]): [string, string] => [file, page(content, groups)]));
  const entries: Entry[] = [...contents].flatMap(([file, { title, main }]) =>
    file === 'reference.html' ? referenceEntries(patched.after) : pageEntries(file, title, `${main}`),
  );
  return { documents, scripts: new Map([[searchFile, searchScript(entries)]]), files: [...files] };
}
