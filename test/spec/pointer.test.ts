import { expect } from 'chai';
import fc from 'fast-check';
import { fromPointer, getAt, toPointer } from '../../src/spec/index.js';

describe('a JSON Pointer', () => {
  it('keeps every member name through writing and reading', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (segments) => {
        expect(fromPointer(toPointer(segments))).to.deep.equal(segments);
      }),
    );
  });

  it('escapes slashes and tildes', () => {
    expect(toPointer(['paths', '/images/{name}', 'a~b', 0])).to.equal('/paths/~1images~1{name}/a~0b/0');
    expect(toPointer([])).to.equal('');
  });

  it('is accepted with a leading #', () => {
    expect(fromPointer('#/definitions/A')).to.deep.equal(['definitions', 'A']);
  });

  it('finds own members and array elements, and nothing inherited', () => {
    const root = { a: [{ 'b/c': null }] };
    expect(getAt(root, '/a/0/b~1c')).to.equal(null);
    expect(getAt(root, '')).to.equal(root);
    expect(getAt(root, '/a/1')).to.equal(undefined);
    expect(getAt(root, '/a/0/b~1c/d')).to.equal(undefined);
    expect(getAt(root, '/constructor')).to.equal(undefined);
  });
});
