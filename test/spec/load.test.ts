import { expect } from 'chai';
import fc from 'fast-check';
import { parseDescription, parseOverlay, readDescription } from '../../src/spec/index.js';
import { AttestdError } from '../../src/support/foundation/errors.js';

const failure = (text: string): { code?: string; message?: string } => {
  try {
    parseDescription(text, 'file.yaml');
  } catch (error) {
    return error as { code: string; message: string };
  }
  return {};
};

describe('reading a description', () => {
  it('takes YAML and JSON', () => {
    const text = '{"swagger":"2.0","info":{"version":"1"},"paths":{},"definitions":{}}';
    expect(parseDescription(text, 'x').swagger).to.equal('2.0');
    expect(parseDescription("swagger: '2.0'\ninfo: {}\npaths: {}\ndefinitions: {}\n", 'x').swagger).to.equal('2.0');
  });

  it('makes no warning of Node of a key that is a list', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on('warning', note);
    try {
      const text = 'swagger: "2.0"\ninfo: {}\npaths: {}\ndefinitions: {}\n? [a]\n: 1\n';
      expect(parseDescription(text, 'x')).to.have.property('[ a ]', 1);
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.off('warning', note);
    }
    expect(warnings).to.deep.equal([]);
  });

  it('names file, line and column of broken YAML', () => {
    const { code, message } = failure('a: 1\nb: [1\nc: 2\n');
    expect(code).to.equal('INVALID_ARGUMENT');
    expect(message).to.match(/^file\.yaml:3:1: /);
  });

  it('refuses duplicate keys', () => {
    expect(failure('a: 1\na: 2\n').message).to.match(/^file\.yaml:2:1: /);
  });

  it('refuses what is no Swagger 2.0 description, and says what is wrong', () => {
    for (const [text, word] of [
      ['- 1', 'mapping'],
      ['openapi: 3.0.0', 'swagger'],
      ['swagger: "2.0"', 'info'],
      ['{swagger: "2.0", info: {}, paths: []}', 'paths'],
      ['{swagger: "2.0", info: {}, paths: {}}', 'definitions'],
    ] as const) {
      const { code, message } = failure(text);
      expect(code, text).to.equal('INVALID_ARGUMENT');
      expect(message, text).to.include('file.yaml').and.include(word);
    }
  });

  it('refuses what YAML allows and cannot be held: unknown and multiplying aliases, bottomless nesting', () => {
    const bomb = ['a0: &a0 [x, x]', ...Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`)];
    for (const text of ['a: *nowhere', bomb.join('\n'), '['.repeat(20_000)]) {
      expect(failure(text).code, text.slice(0, 20)).to.equal('INVALID_ARGUMENT');
    }
  });

  it('never fails otherwise than with a code, whatever the text', () => {
    const text = fc.array(
      fc.oneof(
        fc.string(),
        fc.constantFrom('\n', '  ', '- ', ': ', 'swagger', '"2.0"', '{', '}', '[', '&a ', '*a', '!!x ', '%'),
      ),
    );
    fc.assert(
      fc.property(text, (parts) => {
        for (const parse of [parseDescription, parseOverlay]) {
          try {
            parse(parts.join(''), 'x');
          } catch (error) {
            if (!(error instanceof AttestdError)) throw error;
          }
        }
      }),
    );
  });

  it('says when there is no such file', () => {
    expect(() => readDescription('/nowhere/x.yaml'))
      .to.throw()
      .with.property('code', 'NOT_FOUND');
  });
});
