import { expect } from 'chai';
import { parseArguments } from '../../src/cli/arguments.js';
import { conformanceFlags, conformanceOptions } from '../../src/cli/conformance-options.js';
import { AttestdError } from '../../src/support/foundation/errors.js';
import { sample } from '../conformance/sample.js';

const options = (...args: string[]) =>
  conformanceOptions(parseArguments({ flags: conformanceFlags }, args).values, [sample()]);

describe('the arguments of attestd conformance', () => {
  it('select nothing by themselves, and allow destructive and hazardous acts on the reference server only', () => {
    expect(options().selection).to.deep.equal({
      profiles: [],
      features: [],
      claimed: ['statements', 'type-lists'],
      only: [],
      skip: [],
      destructive: true,
      hazardous: true,
    });
    expect(options('--host', 'unix:///x').selection).to.include({ destructive: false, hazardous: false });
    expect(options('--host', 'unix:///x').selection.claimed).to.deep.equal([]);
    expect(options('--channel', 'standard').selection.claimed).to.deep.equal([]);
    expect(options('--host', 'unix:///x', '--destructive').selection.destructive).to.equal(true);
  });

  it('take lists with commas and repetitions', () => {
    expect(options('--profile', 'core-1.44,engine-1.55', '--profile', 'images-1.48').selection.profiles).to.deep.equal([
      'core-1.44',
      'engine-1.55',
      'images-1.48',
    ]);
  });

  for (const bad of [
    ['--nonsense'],
    ['stray'],
    ['--profile', 'core'],
    ['--feature', 'x'],
    ['--claim', 'x'],
    ['--only', 'ImageAttestations.none'],
    ['--skip', 'none'],
    ['--channel', 'beta'],
    ['--api-version', '1'],
    ['--name', 'Bad Name'],
    ['--json'],
  ])
    it(`refuse '${bad.join(' ')}'`, () => {
      expect(() => options(...bad))
        .to.throw(AttestdError)
        .with.property('code', 'USAGE');
    });
});
