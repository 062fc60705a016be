import { expect } from 'chai';
import fc from 'fast-check';
import { pack, unpack } from '../../../src/engine/images/packed-text.js';
import { digestOf } from '../../../src/oci/digest.js';

const digest = digestOf('an image');

describe('A packed text', () => {
  it('comes out as it went in, whatever values it has', () => {
    const element = fc.record({
      Containers: fc.integer(),
      Created: fc.integer(),
      Id: fc.constant(digest),
      Labels: fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })),
      ParentId: fc.constantFrom('', digest, digestOf('another')),
      RepoTags: fc.array(fc.string({ unit: 'grapheme' })),
    });
    fc.assert(
      fc.property(element, (value) => {
        const text = Buffer.from(JSON.stringify(value)).toString();
        expect(unpack(pack(text, digest), digest)).to.equal(text);
      }),
    );
  });

  it('takes less than half of what an element of a list takes', () => {
    const text = `{"Containers":0,"Created":1704067200,"Id":"${digest}","Labels":{"a":"b"},"ParentId":"","Descriptor":{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"${digest}","size":855,"annotations":{"io.containerd.image.name":"docker.io/bench/image:latest","org.opencontainers.image.ref.name":"latest"}},"RepoDigests":["bench/image@${digest}"],"RepoTags":["bench/image:latest"],"SharedSize":-1,"Size":4711}`;
    expect(pack(text, digest).length * 2).to.be.lessThan(text.length);
    expect(unpack(pack(text, digest), digest)).to.equal(text);
  });
});
