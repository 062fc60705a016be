import { expect } from 'chai';
import { childrenOf } from '../../src/oci/manifest.js';
import { isLayerType, isNonDistributable, mediaTypes } from '../../src/oci/media-types.js';
import { AttestdError } from '../../src/support/foundation/errors.js';

const digest = `sha256:${'a'.repeat(64)}`;

function children(document: string, mediaType: string): readonly string[] {
  return childrenOf(Buffer.from(document), { mediaType, digest, size: 1 }).map((child) => child.digest);
}

function failure(document: string, mediaType: string): AttestdError {
  try {
    children(document, mediaType);
  } catch (error) {
    if (error instanceof AttestdError) return error;
  }
  throw new Error('expected an AttestdError');
}

describe('Children of a descriptor', () => {
  it('are the config and the layers of a manifest, in that order', () => {
    const document = '{"config":{"digest":"c"},"layers":[{"digest":"l1"},{"digest":"l2"}]}';
    expect(children(document, mediaTypes.ociManifest)).to.deep.equal(['c', 'l1', 'l2']);
  });

  it('are the manifests of an index', () => {
    expect(children('{"manifests":[{"digest":"m"}]}', mediaTypes.dockerList)).to.deep.equal(['m']);
  });

  it('do not exist for an index without manifests, or for a layer', () => {
    expect(children('{"manifests":null}', mediaTypes.ociIndex)).to.deep.equal([]);
    expect(children('not even JSON', mediaTypes.ociLayer)).to.deep.equal([]);
  });

  it('are refused when the document is of another kind than its media type says', () => {
    expect(failure('{"manifests":[]}', mediaTypes.ociManifest).message).to.match(/expected manifest but found index/);
    expect(failure('{"layers":[]}', mediaTypes.ociIndex).message).to.match(/expected index but found manifest/);
    expect(failure('{"fsLayers":[]}', mediaTypes.ociManifest).code).to.equal('INVALID_ARGUMENT');
  });

  it('are refused with the digest and the scanner fault when the document is no JSON', () => {
    const error = failure('nope', mediaTypes.ociManifest);
    expect(error.code).to.equal('INVALID_JSON');
    expect(error.message).to.include(digest);
  });

  it('are refused where a manifest has more than 10,000 of them', () => {
    const manifest = (layers: number): string => `{"layers":[${Array(layers).fill('{"digest":"l"}').join()}]}`;
    expect(children(manifest(10_000), mediaTypes.ociManifest)).to.have.lengthOf(10_001);
    expect(failure(manifest(10_001), mediaTypes.ociManifest).code).to.equal('INVALID_JSON');
  });
});

describe('Media types', () => {
  it('are layers whatever suffix follows', () => {
    expect(isLayerType('application/vnd.oci.image.layer.v1.tar+gzip+encrypted')).to.equal(true);
    expect(isLayerType('application/vnd.docker.image.rootfs.diff.tar.gzip+encrypted')).to.equal(true);
    expect(isLayerType('application/vnd.in-toto+json')).to.equal(false);
  });

  it('name the layers that an export leaves out', () => {
    expect(isNonDistributable('application/vnd.docker.image.rootfs.foreign.diff.tar.gzip')).to.equal(true);
    expect(isNonDistributable(mediaTypes.ociLayerGzip)).to.equal(false);
  });
});
