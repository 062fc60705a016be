import { expect } from 'chai';
import fc from 'fast-check';
import { childrenOf } from '../../src/oci/manifest.js';
import { mediaTypes } from '../../src/oci/media-types.js';
import { plainChildren } from '../../src/oci/plain-children.js';

const digest = `sha256:${'a'.repeat(64)}`;
const { ociManifest, ociIndex } = mediaTypes;

/** What Go's rules make of a document. */
const byGo = (text: string, mediaType: string): unknown =>
  childrenOf(Buffer.from(text), { mediaType, digest, size: 0 }).map((child) => ({
    mediaType: child.mediaType,
    digest: child.digest,
  }));

const plain = (text: string, mediaType: string): unknown => plainChildren(Buffer.from(text), { mediaType, digest });

const child = (more = '', size = '5'): string => `{"mediaType":"m","digest":"${digest}","size":${size}${more}}`;
const manifest = (layers: string, more = ''): string =>
  `{"schemaVersion":2,"config":${child()},"layers":[${layers}]${more}}`;
const index = (manifests: string, more = ''): string => `{"schemaVersion":2,"manifests":[${manifests}]${more}}`;

describe('The children of a document of the usual form', () => {
  it('are those that Go reads, as it is or as BuildKit indents it', () => {
    const platform = ',"platform":{"architecture":"arm","os":"linux","variant":"v7"}';
    const all: readonly [string, string][] = [
      [manifest(''), ociManifest],
      [manifest(child(',"annotations":{"size":"é"}')), ociManifest],
      [manifest(child(), `,"mediaType":"${ociManifest}","artifactType":"a","annotations":{"a":"b"}`), ociManifest],
      [index(''), ociIndex],
      [index(`${child(platform)},${child()}`, `,"mediaType":"${ociIndex}"`), ociIndex],
    ];
    for (const [compact, mediaType] of all)
      for (const text of [compact, JSON.stringify(JSON.parse(compact), undefined, 2)]) {
        expect(plain(text, mediaType), text).to.be.an('array');
        expect(plain(text, mediaType), text).to.deep.equal(byGo(text, mediaType));
      }
  });

  it('are left to Go where the two languages may read it differently', () => {
    const texts: readonly [string, string][] = [
      [index(child('', '5.0')), ociIndex],
      [index(child('', '1e1')), ociIndex],
      [index(child('', '9007199254740993')), ociIndex],
      [index(child('', '"5"')), ociIndex],
      [index(child(',"size":6')), ociIndex],
      [index(child(',"Digest":"x"')), ociIndex],
      [index(child(',"digest":"x"')), ociIndex],
      [index(child(',"data":"e30="')), ociIndex],
      [index(child(',"annotations":{"a":null}')), ociIndex],
      [index(child(',"annotations":{"a":"1"},"annotations":{"b":"2"}')), ociIndex],
      [index(child(',"platform":{"os":1}')), ociIndex],
      [index(child(',"platform":null')), ociIndex],
      [index(child(',"annotations":{"a":"\\ud800"}')), ociIndex],
      [index('null'), ociIndex],
      [index(child(), ',"manifests":null'), ociIndex],
      [index(child(), ',"Manifests":[]'), ociIndex],
      [index(child(), `,"config":${child()}`), ociIndex],
      [index(child(), `,"mediaType":"${ociManifest}"`), ociIndex],
      [manifest(child(), ',"manifests":[]'), ociManifest],
      [manifest(child(), `,"mediaType":"${ociIndex}"`), ociManifest],
      [manifest(child(), ',"fsLayers":[]'), ociManifest],
      [`{"schemaVersion":2,"layers":[]}`, ociManifest],
      [`{"schemaVersion":2,"config":null,"layers":[]}`, ociManifest],
      [` ${index('')}`, ociIndex],
      [`${index('')}\n`, ociIndex],
      [`\ufeff${index('')}`, ociIndex],
      [index(''), 'text/plain'],
      ['[]', ociIndex],
      ['', ociIndex],
      [`{"schemaVersion":2,"layers":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, ociManifest],
    ];
    for (const [text, mediaType] of texts) expect(plain(text, mediaType), text.slice(0, 200)).to.equal(undefined);
    const invalid = Buffer.from(index(child(',"annotations":{"a":"\xff"}')), 'latin1');
    expect(plainChildren(invalid, { mediaType: ociIndex, digest })).to.equal(undefined);
  });

  it('are the same as Go reads, whatever the document has', () => {
    const word = fc.constantFrom(
      'mediaType',
      'digest',
      'size',
      'annotations',
      'platform',
      'config',
      'layers',
      'manifests',
    );
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.string({ unit: 'binary', maxLength: 8 }),
        fc.integer(),
        fc.double(),
        fc.constantFrom(null, true, digest),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(fc.oneof(word, fc.string({ maxLength: 4 })), tie('any'), { maxKeys: 4 }),
      ),
    })).any;
    const descriptor = fc.record(
      {
        mediaType: fc.string(),
        digest: fc.string(),
        size: fc.oneof(fc.nat(), value),
        annotations: value,
        platform: value,
      },
      { requiredKeys: ['mediaType', 'digest', 'size'] },
    );
    const document = fc.record(
      {
        schemaVersion: fc.constant(2),
        mediaType: fc.constantFrom(ociIndex, ociManifest, ''),
        config: descriptor,
        layers: fc.array(descriptor, { maxLength: 3 }),
        manifests: fc.array(descriptor, { maxLength: 3 }),
        annotations: value,
      },
      { requiredKeys: ['schemaVersion'] },
    );
    fc.assert(
      fc.property(document, fc.constantFrom(ociIndex, ociManifest), fc.boolean(), (made, mediaType, indented) => {
        const text = JSON.stringify(made, undefined, indented ? 2 : undefined);
        const found = plain(text, mediaType);
        if (found !== undefined) expect(found, text).to.deep.equal(byGo(text, mediaType));
      }),
      { numRuns: 100 },
    );
  });
});
