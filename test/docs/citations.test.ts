import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { headingAnchors } from '../../scripts/heading-anchors.js';

const root = new URL('../../', import.meta.url);

/** Files of the repository that are text and written by hand or by generators. */
const sources = execFileSync('git', ['ls-files', '--', 'src', 'test', 'scripts', 'docs', 'api', 'bench', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => /\.(ts|mjs|js|md|yaml|sh)$/.test(path) && existsSync(new URL(path, root)));

/** A page of docs/ and perhaps an anchor; not a page of another repository. */
const citation = /(?<!blob\/master\/)\bdocs\/((?:[a-z0-9-]+\/)*[a-z0-9-]+\.md)(?:#([\w-]+))?/g;

/** Every page of docs/, with its anchor, that a text names, with the line it stands in. */
function citations(text: string): { page: string; anchor: string | undefined; line: number }[] {
  return text.split('\n').flatMap((line, at) =>
    [...line.matchAll(citation)].map(([, page = '', anchor]) => ({
      page,
      anchor,
      line: at + 1,
    })),
  );
}

describe('citations of the documentation', () => {
  const anchors = new Map<string, Set<string> | undefined>();
  const anchorsOf = (page: string): Set<string> | undefined => {
    if (!anchors.has(page)) {
      const file = new URL(`docs/${page}`, root);
      anchors.set(page, existsSync(file) ? headingAnchors(readFileSync(file, 'utf8')) : undefined);
    }
    return anchors.get(page);
  };

  it('all name a page and a heading that exist', () => {
    const broken: string[] = [];
    let followed = 0;
    for (const path of sources) {
      for (const { page, anchor, line } of citations(readFileSync(new URL(path, root), 'utf8'))) {
        followed += 1;
        const known = anchorsOf(page);
        if (known === undefined || (anchor !== undefined && !known.has(anchor)))
          broken.push(`${path}:${line}: docs/${page}${anchor === undefined ? '' : `#${anchor}`}`);
      }
    }
    expect(broken).to.deep.equal([]);
    expect(followed).to.be.greaterThan(50);
  });

  it('of observed behavior go to docs/reference/behavior', () => {
    const elsewhere = sources.filter(
      (path) => path.startsWith('src/') && /BEHAVIOR|\(topics\//.test(readFileSync(new URL(path, root), 'utf8')),
    );
    expect(elsewhere).to.deep.equal([]);
  });

  it('finds the anchors of headings as GitHub makes them', () => {
    const text = '# A `b`, c\n\n## Twice\n\n```\n# no heading\n```\n\n## Twice\n\n### Read, Info and List\n';
    expect([...headingAnchors(text)]).to.deep.equal(['a-b-c', 'twice', 'twice-1', 'read-info-and-list']);
  });
});
