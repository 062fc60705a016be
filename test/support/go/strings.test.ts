import { expect } from 'chai';
import fc from 'fast-check';
import { trim, trimLeft, trimRight, trimSpace } from '../../../src/support/go/strings.js';

describe('A text without characters at its ends', () => {
  it('is what expressions make of it, which look from each place anew', () => {
    const text = fc.string({ unit: fc.constantFrom('/', '\n', 'a', 'b'), maxLength: 12 });
    fc.assert(
      fc.property(text, (some) => {
        expect(trimRight(some, '/')).to.equal(some.replace(/\/+$/, ''));
        expect(trimLeft(some, '/\n')).to.equal(some.replace(/^[/\n]+/, ''));
        expect(trim(some, '/\n')).to.equal(some.replace(/^[/\n]+|[/\n]+$/g, ''));
      }),
    );
  });

  it('loses what Go takes for space, and nothing else', () => {
    expect(trimSpace('\u0085\u3000 a b\t\u2028')).to.equal('a b');
    expect(trimSpace('\ufeffa\ufeff')).to.equal('\ufeffa\ufeff');
  });
});
