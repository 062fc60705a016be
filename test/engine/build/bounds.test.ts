import { expect } from 'chai';
import { HeldOutput } from '../../../src/engine/build/output.js';
import { matchGlob } from '../../../src/support/go/path-match.js';
import { refusal } from '../support.js';
import { build, engineWithBase } from './support.js';

const from = 'FROM base:1\n';

describe('What a build may ask for', function () {
  this.timeout(60_000);
  const engine = engineWithBase();

  for (const [what, dockerfile, files] of [
    ['a Dockerfile of more than a MiB', from + '#'.repeat(60_000).concat('\n').repeat(20), {}],
    ['a Dockerfile of more than 50,000 lines', from + '#\n'.repeat(50_000), {}],
    ['a .dockerignore file of more than a MiB', from, { '.dockerignore': 'a\n'.repeat(600_000) }],
    ['a rule of .dockerignore that is longer than a path', from, { '.dockerignore': 'a*'.repeat(3000) }],
  ] as const)
    it(`is not ${what}`, async () => {
      const [code] = await refusal(() => build(engine.context, dockerfile, files));
      expect(code).to.equal('INVALID_ARGUMENT');
    });

  it('is a pattern of many stars, which costs what it is long', () => {
    const name = 'a'.repeat(5000);
    expect(matchGlob(`${'a*'.repeat(1000)}b`, name)).to.equal(false);
    expect(matchGlob(`${'a*'.repeat(1000)}`, name)).to.equal(true);
    expect(matchGlob('*/*?/*', 'a/bc/')).to.equal(true);
    expect(matchGlob('**/*', 'a/b')).to.equal(true);
    expect(matchGlob('**', 'a/b')).to.equal(false);
  });

  it('is no end of what a quiet build would say if it failed', () => {
    const held = new HeldOutput();
    for (let i = 0; i < 100; i++) held.emit({ stream: `${i}${'x'.repeat(100_000)}` });
    const said = held.messages.map(({ stream }) => Number.parseInt(String(stream), 10));
    expect(said.length).to.be.within(5, 11);
    expect(said.at(-1)).to.equal(99);
  });
});
