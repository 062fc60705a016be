import { expect } from 'chai';
import { readCorpus, seedsOf } from './corpus.js';
import { runHunt } from './run.js';
import { isExpected } from './target.js';
import { targets } from './targets/index.js';

describe('the inputs that fuzzing found', () => {
  for (const target of targets) {
    it(`of ${target.name} are taken or refused as they should be`, async () => {
      const inputs = [...(await readCorpus(target)), ...(await seedsOf(target))];
      expect(inputs.length).to.be.greaterThan(0);
      for (const input of inputs) {
        const outcome = await (async () => target.run(input))().catch((error: unknown) => error);
        if (outcome !== undefined && !isExpected(target, outcome)) throw outcome;
      }
    });
  }
});

describe('fuzzing', () => {
  const module = new URL('support/planted.ts', import.meta.url).href;

  it('finds a fault behind conditions, by the code that inputs reach', async function () {
    this.timeout(90_000);
    const run = await runHunt({ module, name: 'planted', seconds: 60, seed: 1, enough: 1, counted: /planted/ });
    expect(run.findings.map(({ what }) => what.split(':', 2).join(':'))).to.deep.equal([
      'TypeError: the planted fault at /test/fuzz/support/planted.ts',
    ]);
    expect(run.findings[0]?.input.toString('latin1')).to.match(/^fuz/);
  });

  it('finds an input that is worked on without an end', async function () {
    this.timeout(90_000);
    const run = await runHunt({ module, name: 'endless', seconds: 60, seed: 1, counted: /planted/ }, 500);
    expect(run.findings.map(({ what }) => what)).to.deep.equal(['is worked on for more than 0.5 s']);
    expect(run.findings[0]?.input[0]).to.equal(0x80);
  });
});
