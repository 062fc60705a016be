import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { catalogue } from '../../src/conformance/catalogue.js';
import { readResults } from '../../src/conformance/results/read.js';

const root = new URL('../../', import.meta.url);

interface Row {
  readonly id: string;
  readonly version: string;
  readonly kind: string;
}

/**
 * Parses the rows of docs/reference/podman.md: `Operation.one, two; Other.one
 *  versions
 *  class
 *  behavior`.
 */
function rows(): readonly Row[] {
  const lines = readFileSync(new URL('docs/reference/podman.md', root), 'utf8').split('\n');
  return lines
    .filter((line) => /^\| [A-Z]\w+\./.test(line))
    .flatMap((line) => {
      const [, ids = '', versions = '', kind = ''] = line.split('|').map((cell) => cell.trim());
      const all = ids.split('; ').flatMap((part) => {
        const [operation = '', names = ''] = part.split('.');
        return names.split(', ').map((name) => `${operation}.${name}`);
      });
      return versions.split(', ').flatMap((version) => all.map((id): Row => ({ id, version, kind })));
    });
}

describe('docs/reference/podman.md', () => {
  const results = [...readResults(fileURLToPath(new URL('results', root))).values()];
  const podmans = results.filter(({ daemon }) => daemon.product === 'Podman');
  const bases = new Map(catalogue.map(({ id, basis }) => [id, basis]));

  it('is of the two versions whose results are kept', () => {
    expect(podmans.map(({ daemon }) => daemon.version).sort()).to.deep.equal(['4.3.1', '5.8.6']);
  });

  for (const { daemon, results: kept } of podmans) {
    it(`classes every failure of ${daemon.title} once, and nothing else`, () => {
      const failed = kept.filter(({ outcome }) => outcome === 'failed').map(({ id }) => id);
      const classed = rows().filter(({ version }) => version === daemon.version);
      expect(classed.map(({ id }) => id).sort()).to.deep.equal(failed.sort());
    });
  }

  it('calls true what rests on something published, and unpublished what was only observed, which is no MUST', () => {
    const levels = new Map(catalogue.map(({ id, level }) => [id, level]));
    for (const { id, kind } of rows()) {
      expect(kind, id).to.be.oneOf(['true', 'unpublished', 'machine']);
      expect(kind === 'unpublished', id).to.equal(bases.get(id)?.kind === 'observed');
      if (kind === 'unpublished') expect(levels.get(id), id).to.equal('SHOULD');
    }
  });
});
