import { expect } from 'chai';
import fc from 'fast-check';
import { parseFilters } from '../../../src/server/grpc/filters.js';
import { AttestdError } from '../../../src/support/foundation/errors.js';

const blob: Readonly<Record<string, string>> = {
  digest: 'sha256:abc',
  'labels.foo': 'bar',
  'labels.containerd.io/uncompressed': 'sha256:def',
  'labels.empty': '',
};
const lookup = (path: readonly string[]): string | undefined => blob[path.join('.')];
const matches = (...filters: string[]): boolean => parseFilters(filters)(lookup);

describe('filters of the content service', () => {
  for (const [filter, expected] of [
    ['digest==sha256:abc', true],
    ['digest == sha256:abc', true],
    ['digest=="sha256:abc"', true],
    ['digest=="sha256:\\x61bc"', true],
    ['digest==sha256:abd', false],
    ['digest!=sha256:abd', true],
    ['nothing!=x', true],
    ['digest~=^sha256:a', true],
    ['digest~=/^sha256:[a-c]+$/', true],
    ['digest~=|abc|', true],
    ['digest~=(', false],
    ['labels.foo', true],
    ['labels.empty', true],
    ['labels.nope', false],
    ['labels."containerd.io/uncompressed"', true],
    ['labels."containerd.io/uncompressed"==sha256:def', true],
    ['digest==sha256:abc,labels.foo==bar', true],
    ['digest==sha256:abc,labels.foo==baz', false],
  ] as const) {
    it(`${expected ? 'match' : 'do not match'} with ${filter}`, () => expect(matches(filter)).to.equal(expected));
  }

  it('match when one of several does, and when there are none', () => {
    expect(matches('labels.nope', 'labels.foo')).to.equal(true);
    expect(matches('labels.nope', 'labels.nope2')).to.equal(false);
    expect(matches()).to.equal(true);
    expect(matches('')).to.equal(true);
  });

  for (const [filter, message] of [
    ['size>10', '[size >|>|< 10]: expected an operator ("=="|"!="|"~=")'],
    ['(((', '[ >|(|< ((]: expected field or quoted'],
    ['digest===x', '[digest >|=|< ==x]: unsupported operator "==="'],
    ['digest==', '[digest==]: expected value or quoted'],
    ['digest==/x/', '[digest== >|/|< x/]: invalid quote encountered'],
    ['digest=="x', '[digest== >|"|< x]: quoted literal not terminated'],
    ['a==b c', '[a==b >| |< c]: unexpected input:  '],
    ['a,', '[a,]: expected field or quoted'],
  ] as const) {
    it(`tell where ${filter} is wrong`, () => {
      expect(() => parseFilters([filter])).to.throw(AttestdError, `filters: parse error: ${message}: invalid argument`);
    });
  }

  it('never fail in another way, and take a hostile pattern in its stride', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        try {
          expect(matches(text)).to.be.a('boolean');
        } catch (error) {
          expect(error).to.be.instanceOf(AttestdError).with.property('code', 'INVALID_ARGUMENT');
        }
      }),
    );
    const hostile = parseFilters(['digest~=/^(a+)+$/']);
    expect(hostile(() => `${'a'.repeat(5000)}!`)).to.equal(false);
  });
});
