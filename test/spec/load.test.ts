import { expect } from 'chai';
import { parseDescription, readDescription } from '../../src/spec/index.js';

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

  it('says when there is no such file', () => {
    expect(() => readDescription('/nowhere/x.yaml'))
      .to.throw()
      .with.property('code', 'NOT_FOUND');
  });
});
