import { expect } from 'chai';
import fc from 'fast-check';
import { Fields } from '../../../../src/support/sandbox/shell/fields.js';

/** The words of a text, a character at a time, by the rules of POSIX 2.6.5. */
function wordsOf(text: string, ifs: string): string[] {
  const words: string[] = [];
  let open: string | undefined;
  const end = (): void => {
    if (open !== undefined) words.push(open);
    open = undefined;
  };
  let afterBlank = false;
  for (const char of text) {
    const separates = [...ifs].includes(char);
    const isBlank = separates && /[ \t\n]/.test(char);
    if (!separates) {
      if (afterBlank) end();
      open = (open ?? '') + char;
    } else if (!isBlank) {
      open ??= '';
      end();
    }
    afterBlank = isBlank;
  }
  end();
  return words;
}

describe('the words that an expansion is split into', () => {
  const chars = [' ', '\t', '\n', ',', ']', '\\', '^', '-', 'ü', '😀', '\ud83d', 'a', 'b'];
  const texts = fc.string({ unit: fc.constantFrom(...chars), maxLength: 12 });
  const separators = fc.string({ unit: fc.constantFrom(...chars.slice(0, 10)), minLength: 1, maxLength: 4 });

  it('are those that one finds a character at a time, whatever separates them', () => {
    fc.assert(
      fc.property(texts, separators, (text, ifs) => {
        const fields = new Fields(ifs);
        fields.addExpansion(text, false);
        expect(fields.texts()).to.deep.equal(wordsOf(text, ifs));
      }),
      { numRuns: 500 },
    );
  });

  it('go on with what stands before and after', () => {
    const fields = new Fields(' ,');
    fields.add('a', false);
    fields.addExpansion('b c ,d,', false);
    fields.add('e', true);
    fields.addExpansion(' ', false);
    fields.addExpansion('', false);
    expect(fields.texts()).to.deep.equal(['ab', 'c', 'd', 'e']);
  });
});
