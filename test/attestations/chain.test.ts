import { expect } from 'chai';
import { attestationManifestOf, statementLayers } from '../../src/attestations/chain.js';
import { predicateFilter } from '../../src/attestations/predicates.js';
import type { Descriptor, Platform } from '../../src/oci/descriptor.js';
import { mediaTypes } from '../../src/oci/media-types.js';
import { AttestdError } from '../../src/support/foundation/errors.js';

const amd64 = { os: 'linux', architecture: 'amd64' };
const arm64 = { os: 'linux', architecture: 'arm64' };

function image(digest: string, platform?: Platform, annotations?: Record<string, string>): Descriptor {
  return {
    mediaType: mediaTypes.ociManifest,
    digest,
    size: 1,
    ...(platform && { platform }),
    ...(annotations && { annotations }),
  };
}

function attestation(digest: string, of: string, type = 'attestation-manifest'): Descriptor {
  const annotations = { 'vnd.docker.reference.type': type, 'vnd.docker.reference.digest': of };
  return image(digest, { os: 'unknown', architecture: 'unknown' }, annotations);
}

function find(manifests: readonly Descriptor[], platform: Platform = amd64): string | undefined {
  return attestationManifestOf({ schemaVersion: 2, manifests: [...manifests] }, platform)?.digest;
}

describe('The attestation manifest of an image', () => {
  it('is the first that refers to the manifest of the platform', () => {
    const index = [
      image('a', amd64),
      image('b', arm64),
      attestation('x', 'b'),
      attestation('y', 'a'),
      attestation('z', 'a'),
    ];
    expect(find(index)).to.equal('y');
    expect(find(index, arm64)).to.equal('x');
  });

  it('may have any media type', () => {
    const artifact = { ...attestation('x', 'a'), mediaType: 'application/vnd.example' };
    expect(find([image('a', amd64), artifact])).to.equal('x');
  });

  it('is none when the reference is of another type, or to another manifest', () => {
    expect(find([image('a', amd64), attestation('x', 'a', 'other'), attestation('y', 'b')])).to.equal(undefined);
  });

  it('is that of the closest variant', () => {
    const v2 = { ...amd64, variant: 'v2' };
    const index = [image('a', amd64), image('b', v2), attestation('x', 'a'), attestation('y', 'b')];
    expect(find(index, { ...amd64, variant: 'v3' })).to.equal('y');
    expect(find(index)).to.equal('x');
  });

  it('is that of a manifest without platform when no other matches, of the first of them', () => {
    const index = [image('a'), image('b'), image('c', arm64), attestation('x', 'a'), attestation('z', 'c')];
    expect(find(index)).to.equal('x');
    expect(find(index, arm64)).to.equal('z');
  });

  it('is not looked for in nested indexes', () => {
    const nested = { ...image('a', amd64), mediaType: mediaTypes.ociIndex };
    expect(() => find([nested])).to.throw(AttestdError, 'no manifest for platform linux/amd64: not found');
  });

  it('is not found for a platform that nothing matches, with all that was asked for', () => {
    const wanted = { os: 'windows', architecture: 'amd64', 'os.version': '10.0.1', 'os.features': ['a', 'b'] };
    expect(() => find([image('a', amd64)], wanted)).to.throw(
      AttestdError,
      'resolving image manifest for platform &{Architecture:amd64 OS:windows OSVersion:10.0.1 OSFeatures:[a b] Variant:}: no manifest for platform windows(10.0.1+a+b)/amd64: not found',
    );
  });

  it('of a hardened image is elsewhere', () => {
    const build = { 'com.docker.dhi.build.id': '1' };
    const index = {
      schemaVersion: 2,
      manifests: [image('a', amd64, build)],
      annotations: { 'org.opencontainers.image.title': 'dhi/x' },
    };
    expect(() => attestationManifestOf(index, amd64)).to.throw(AttestdError, 'DHI manifest a');
    const partly = { ...index, manifests: [...index.manifests, image('b', arm64)] };
    expect(attestationManifestOf(partly, amd64)).to.equal(undefined);
  });

  it('has a statement in each layer with a predicate type, in their order', () => {
    const layers = ['b', '', 'a', ' '].map((type) => image(type, undefined, { 'in-toto.io/predicate-type': type }));
    const found = statementLayers({ schemaVersion: 2, config: image('c'), layers: [...layers, image('none')] });
    expect(found.map((layer) => layer.predicateType)).to.deep.equal(['b', 'a', ' ']);
  });
});

describe('A filter of predicate types', () => {
  it('takes everything when it is empty', () => {
    for (const values of [[], [''], [' ', '\t']]) expect(predicateFilter(values, 'exact')('x')).to.equal(true);
  });

  it('matches exactly, after trimming', () => {
    const wanted = predicateFilter([' a ', 'b,c'], 'exact');
    expect(['a', 'b', 'c', 'b,c', 'A'].map(wanted)).to.deep.equal([true, false, false, true, false]);
  });

  it('trims as Go does: not U+FEFF, but U+0085', () => {
    expect(predicateFilter(['\ufeffa'], 'exact')('a')).to.equal(false);
    expect(predicateFilter(['\u0085a\u00a0'], 'exact')('a')).to.equal(true);
  });

  it('matches a list by its parts and as a whole', () => {
    const wanted = predicateFilter(['a, b', ',', 'c,'], 'list');
    expect(['a', 'b', 'a, b', 'c', 'c,', '', 'd'].map(wanted)).to.deep.equal([
      true,
      true,
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  it('of nothing but commas wants a type of commas', () => {
    expect(predicateFilter([','], 'list')('x')).to.equal(false);
  });
});
