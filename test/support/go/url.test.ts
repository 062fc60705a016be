import { posix } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { AttestdError } from '../../../src/support/foundation/errors.js';
import { cleanPath, escapePath, parseQuery, percentDecode, splitTarget } from '../../../src/support/go/url.js';

/** A byte string, as Node hands over a request target. */
const latin1 = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const segments = fc.array(fc.constantFrom('', '.', '..', 'a', 'b.c', '...', '%41'), { maxLength: 8 });

describe('paths and queries by Go’s rules', () => {
  it('decode what was percent-encoded to what it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(percentDecode(encodeURIComponent(text), false)).to.equal(text);
        expect(percentDecode(escapePath(text), false)).to.equal(text);
      }),
    );
  });

  it('decode any bytes to text, or name the escape that is wrong', () => {
    fc.assert(
      fc.property(latin1, fc.boolean(), (bytes, plusIsSpace) => {
        try {
          expect(percentDecode(bytes, plusIsSpace)).to.be.a('string');
        } catch (error) {
          expect(error).to.be.instanceOf(AttestdError).with.property('code', 'INVALID_ARGUMENT');
          expect(bytes).to.match(/%(?![0-9a-fA-F]{2})/);
        }
      }),
    );
  });

  it('clean a path as Go’s path.Clean does, keeping a last slash, and leave a clean one alone', () => {
    fc.assert(
      fc.property(segments, (parts) => {
        const path = `/${parts.join('/')}`;
        const clean = cleanPath(path);
        const normal = posix.normalize(path).replace(/(.)\/$/, '$1');
        expect(clean.replace(/(.)\/$/, '$1')).to.equal(normal);
        expect(clean.endsWith('/')).to.equal(path.endsWith('/') || normal === '/');
        expect(cleanPath(clean)).to.equal(clean);
      }),
    );
  });

  it('read a query as it was written', () => {
    const pairs = fc.array(fc.tuple(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme' })));
    fc.assert(
      fc.property(pairs, (written) => {
        const read = parseQuery(new URLSearchParams(written).toString());
        const found = [...read].flatMap(([name, values]) => values.map((value) => [name, value]));
        const sort = (all: readonly (readonly string[])[]) => all.map((pair) => JSON.stringify(pair)).sort();
        expect(sort(found)).to.deep.equal(sort(written));
      }),
    );
  });

  it('takes 10,000 parameters of a query, empty ones included', () => {
    const many = (count: number): string => Array(count).fill('a').join('&');
    expect(parseQuery(many(10_000)).get('a')).to.have.lengthOf(10_000);
    for (const query of [many(10_001), `${'&'.repeat(10_000)}`])
      expect(() => parseQuery(query))
        .to.throw(AttestdError)
        .with.property('code', 'INVALID_ARGUMENT');
  });

  it('keep the values of a name in order, and a name without a value', () => {
    expect([...parseQuery('a=1&b&a=2&&=x&a')]).to.deep.equal([
      ['a', ['1', '2', '']],
      ['b', ['']],
      ['', ['x']],
    ]);
  });

  it('split a target without losing a byte', () => {
    fc.assert(
      fc.property(latin1, (rest) => {
        for (const target of [`/${rest}`, `http://host/${rest}`]) {
          const { origin, path, search } = splitTarget(target);
          expect(`${origin}${path}${search}`).to.equal(target);
          expect(path).not.to.include('?');
        }
      }),
    );
  });
});
