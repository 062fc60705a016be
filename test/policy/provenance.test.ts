import { expect } from 'chai';
import fc from 'fast-check';
import { distinguishedName } from '../../src/policy/certificate.js';
import { parseMaterial } from '../../src/policy/materials.js';
import { normalizeProvenance, provenanceTypes } from '../../src/policy/provenance.js';

describe('provenance as policies see it', () => {
  it('is read of any JSON, and names a builder or a type where there is any', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...Object.values(provenanceTypes)), (predicate, type) => {
        const found = normalizeProvenance({ predicate }, type);
        expect(found === undefined || (found.builderID ?? found.buildType) !== undefined).to.equal(true);
      }),
    );
  });

  it('takes no predicate of another type', () => {
    const predicate = { builder: { id: 'x' }, buildType: 'y', runDetails: { builder: { id: 'x' } } };
    expect(normalizeProvenance({ predicate, predicateType: 'https://spdx.dev/Document' }, provenanceTypes.v1)).to.equal(
      undefined,
    );
  });

  it('has materials of any text, or none', () => {
    const scheme = fc.constantFrom('', 'pkg:docker/', 'https://', 'git@', 'ssh://', 'http://[', 'pkg:docker/a@');
    fc.assert(
      fc.property(scheme, fc.string(), fc.jsonValue(), (start, rest, digest) => {
        const found = parseMaterial({ uri: start + rest, digest }, 1);
        expect(found === undefined || Object.keys(found).length === 2).to.equal(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('takes no material whose digest is none, or another than its name has', () => {
    const digest = { sha256: '1'.repeat(64) };
    expect(parseMaterial({ uri: 'pkg:docker/alpine@3', digest: { sha256: 'x' } }, 1)).to.equal(undefined);
    const other = `pkg:docker/alpine@sha256:${'2'.repeat(64)}`;
    expect(parseMaterial({ uri: other, digest }, 1), 'two digests').to.equal(undefined);
    expect(parseMaterial({ uri: 'pkg:docker/alpine@3', digest }, 1)?.image?.isCanonical).to.equal(true);
  });

  it('prints the names of certificates as Go does', () => {
    expect(distinguishedName('O=sigstore.dev\nCN=sigstore-intermediate')).to.equal(
      'CN=sigstore-intermediate,O=sigstore.dev',
    );
    expect(distinguishedName('C=DE\nO=a, b\nOU=c\nCN=d')).to.equal('CN=d,OU=c,O=a\\, b,C=DE');
  });
});
