import { expect } from 'chai';
import fc from 'fast-check';
import { documents } from '../../src/conformance/json-stream.js';

describe('a stream of JSON documents', () => {
  it('is taken apart however its documents are laid out', () => {
    const objects = fc.array(fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue())));
    const space = fc.stringMatching(/^[ \t\r\n]{0,3}$/);
    fc.assert(
      fc.property(objects, space, fc.constantFrom(0, 2), (values, between, indent) => {
        const text = values.map((value) => between + JSON.stringify(value, undefined, indent)).join(between);
        const again = documents(`${text}${between}`, false).map((part) => JSON.parse(part) as unknown);
        expect(again).to.deep.equal(values.map((value) => JSON.parse(JSON.stringify(value)) as unknown));
      }),
    );
  });

  it('is taken by lines where each has to be one', () => {
    expect(documents('{"a":1}\r\n\r\n{"b":2}\n', true)).to.deep.equal(['{"a":1}', '{"b":2}']);
    expect(documents('{ "a":1,\n"b":2}\n', true)).to.deep.equal(['{ "a":1,', '"b":2}']);
  });

  it('keeps what is no document', () => {
    for (const text of ['404 page not found', '{"a":', '"open', '}', '{"a":1} and more', '{"a\\'])
      expect(documents(text, false).join(' ')).to.equal(text);
    expect(documents(' \n', false)).to.deep.equal([]);
  });
});
