import { expect } from 'chai';
import { readResults } from '../../../src/conformance/results/read.js';
import { renderSite } from '../../../src/conformance/results/site.js';

describe("the site of the repository's results", function () {
  this.timeout(60_000);
  const results = [...readResults('results').values()];
  const files = renderSite(results);
  const failing = (name: string): string[] =>
    [...(files.get(name) ?? '').matchAll(/<a href="area-(\w+)\.html">\w+<\/a><\/th>(.*?)<\/tr>/g)].map(
      ([, area = '', cells = '']) => (cells.includes(' failed</span>') ? area : ''),
    );

  it('has no page of a megabyte, and shows every daemon', () => {
    for (const [name, text] of files) expect(Buffer.byteLength(text), name).to.be.below(1_000_000);
    for (const { daemon } of results) expect(files.get('index.html')).to.contain(`>${daemon.title}</a>`);
  });

  it('puts areas with failures first', () => {
    const areas = failing('index.html');
    const first = areas.indexOf('');
    expect(first).to.be.above(0);
    expect(areas.slice(first).every((area) => area === '')).to.equal(true);
  });
});
