// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what stands for variables is what is tested
import { expect } from 'chai';
import fc from 'fast-check';
import { readLines } from '../../../src/engine/build/lines.js';
import { planOf } from '../../../src/engine/build/steps.js';
import { expand } from '../../../src/engine/dockerfile/expand.js';
import { AttestdError } from '../../../src/support/foundation/errors.js';
import { refusal } from '../support.js';

const values = new Map([
  ['P', '/usr/bin'],
  ['E', ''],
  ['X', 'x'],
  ['B', 'a[b]'],
]);
const expanded = (text: string): string => expand(text, { lookup: (name) => values.get(name), limit: 1000 });

describe('Words of a Dockerfile', () => {
  const words: readonly (readonly [word: string, value: string])[] = [
    ['a', 'a'],
    ['$X${X}y', 'xxy'],
    ['\'$X\'"$X"\\$X', '$Xx$X'],
    ['"a\\"b\\n"', 'a"b\\n'],
    ['${N:-d}${N-d}${E:-d}${E-d}', 'ddd'],
    ['${X:+a}${E:+a}${E+a}${N+a}', 'aa'],
    ['${N:-${P}}', '/usr/bin'],
    ['${P#/}|${P#*/}|${P##*/}', 'usr/bin|usr/bin|bin'],
    ['${P%n}|${P%/*}|${P%%/*}', '/usr/bi|/usr|'],
    ['${P/u/v}|${P//?i/-}', '/vsr/bin|/usr/-n'],
    ['${P//[ub]/-}|${B//[b]/-}', '/usr/bin|a-'],
    ['$$|$1|$ |$', '||$ |$'],
  ];
  for (const [word, value] of words)
    it(`expand ${word} to ${value}`, () => {
      expect(expanded(word)).to.equal(value);
    });

  const faults: readonly (readonly [word: string, fault: string])[] = [
    ['"a', 'unexpected end of statement while looking for matching double-quote'],
    ["'a", 'unexpected end of statement while looking for matching single-quote'],
    ['${}', 'syntax error: bad substitution'],
    ['${', "syntax error: missing '}'"],
    ['${X:!y}', 'unsupported modifier (:!) in substitution'],
    ['${N?}', 'N: is not allowed to be unset'],
    ['${E:?}', 'E: is not allowed to be empty'],
    ['${N:?say it}', 'N: say it'],
  ];
  for (const [word, fault] of faults)
    it(`refuse ${word}`, async () => {
      const [code, message] = await refusal(() => expanded(word));
      expect(code).to.equal('INVALID_ARGUMENT');
      expect(message).to.match(/^failed to process "/);
      expect(message.endsWith(`": ${fault}`), message).to.equal(true);
    });

  it('take another escape', () => {
    expect(expand('`$X\\', { lookup: () => 'x', limit: 10, escapeChar: '`' })).to.equal('$X\\');
  });

  it('never fail in another way, nor grow beyond the limit', () => {
    const piece = fc.constantFrom(
      '$',
      '{',
      '}',
      "'",
      '"',
      '\\',
      ':',
      '-',
      '+',
      '?',
      '#',
      '%',
      '/',
      '*',
      'X',
      'P',
      'a',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        try {
          expect(expanded(pieces.join('')).length).to.be.at.most(1000);
        } catch (error) {
          expect(error).to.be.instanceOf(AttestdError);
        }
      }),
    );
  });
});

describe('Lines of a Dockerfile', () => {
  const lines = async (text: string): Promise<string[]> =>
    (await readLines(Buffer.from(text))).lines.map((line) => line.text);

  it('go on after a backslash, without comments and empty lines', async () => {
    const { lines: read, gaps } = await readLines(Buffer.from('FROM a\n\nRUN b && \\\n  # c\n\n  d \\ \n e\n'));
    expect(read.map(({ text, number }) => [number, text])).to.deep.equal([
      [1, 'FROM a'],
      [3, 'RUN b &&   d  e'],
    ]);
    expect(gaps).to.deep.equal(['RUN b &&   d  e']);
  });

  it('go on after what a directive says, and with any line ends', async () => {
    expect(await lines('# escape=`\r\nFROM a\r\nRUN b `\r\n c\\\r\n')).to.deep.equal(['FROM a', 'RUN b  c\\']);
    expect(await lines('\uFEFFFROM a')).to.deep.equal(['FROM a']);
  });

  it('take here-documents with them', async () => {
    expect(await lines('FROM a\nRUN <<EOF\nb\nEOF\nRUN c\n')).to.deep.equal(['FROM a', 'RUN <<EOF', 'RUN c']);
  });

  it('never fail in another way, whatever comes', async () => {
    const word = fc.constantFrom(
      'FROM',
      'RUN',
      'COPY',
      'ENV',
      'ARG',
      'ONBUILD',
      'HEALTHCHECK',
      'SHELL',
      'ADD',
      '--from=a',
    );
    const piece = fc.oneof(
      word,
      fc.constantFrom(' ', '\n', '\\\n', '#', '"', "'", '=', '[', ']', '<<E', '$', 'a', '--'),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 20 }), async (pieces) => {
        try {
          planOf(await readLines(Buffer.from(pieces.join(''))));
        } catch (error) {
          expect(error).to.be.instanceOf(AttestdError);
        }
      }),
    );
  });
});
