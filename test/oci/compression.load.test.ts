import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { decompress } from '../../src/oci/compression.js';
import { turnsDuring } from '../helpers/turns.js';
import { collect, pieces } from './support/archives.js';
import { rejected } from './support/rejected.js';

const plainOf = async (archive: Buffer, size?: number): Promise<Buffer> =>
  collect(await decompress(pieces(archive, size)));

describe('a stream that may be compressed', () => {
  it('is refused where more comes out of it than is allowed, and takes little memory until then', async () => {
    const zeros = gzipSync(Buffer.alloc(1 << 20));
    const limited = async (archive: Buffer, limit: number): Promise<Buffer> =>
      collect(await decompress(pieces(archive), limit));
    expect(await limited(zeros, 1 << 20)).to.have.lengthOf(1 << 20);
    expect(await rejected(limited(zeros, (1 << 20) - 1))).to.have.property('code', 'INVALID_ARCHIVE');
    // 16,000 blocks of zstd, each of which says in four bytes that a byte is repeated 131,072 times.
    const block = Buffer.from([0x02, 0x00, 0x10, 0x00]);
    const bomb = Buffer.concat([Buffer.from('28b52ffd0058', 'hex'), ...Array<Buffer>(16_000).fill(block)]);
    const whole = async function* () {
      yield bomb;
    };
    let largest = 0;
    let size = 0;
    const before = process.memoryUsage().rss;
    const refused = (async () => {
      for await (const chunk of await decompress(whole(), 256 << 20)) {
        size += (chunk as Buffer).length;
        largest = Math.max(largest, process.memoryUsage().rss - before);
      }
    })();
    expect(await rejected(refused)).to.have.property('code', 'INVALID_ARCHIVE');
    expect(size).to.be.within(200 << 20, 256 << 20);
    expect(largest).to.be.lessThan(200 << 20);
  });

  describe('as zstd with a large window', () => {
    /** A frame whose window is so large (RFC 8878, section 3.1.1.1.2), of the same block again and again. */
    const frame = (exponent: number, block: Buffer, times: number): Buffer =>
      Buffer.concat([
        Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, (exponent - 10) << 3]),
        ...Array<Buffer>(times).fill(block),
      ]);
    const last = Buffer.from([0x03, 0x00, 0x00, 0x41]);

    it('is taken where whole blocks come out, and lets others work meanwhile', async () => {
      const block = Buffer.from([0x02, 0x00, 0x10, 0x41]);
      const archive = Buffer.concat([frame(23, block, 64), last]);
      const work = async (): Promise<void> => {
        const plain = await plainOf(archive, archive.length);
        expect(plain.equals(Buffer.alloc(8 << 20, 0x41))).to.equal(true);
      };
      expect(await turnsDuring(work)).to.be.greaterThan(4);
    });
  });
});
