import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { decompress, detectCompression, peekCompression } from '../../src/oci/compression.js';
import { collect, pieces } from './support/archives.js';
import { rejected } from './support/rejected.js';

/** `printf hello | zstd` */
const zstdHello = Buffer.from('28b52ffd045829000068656c6c6fa36d9f88', 'hex');

const plainOf = async (archive: Buffer, size?: number): Promise<Buffer> =>
  collect(await decompress(pieces(archive, size)));

describe('a stream that may be compressed', () => {
  const plain = Buffer.from('all the same '.repeat(20_000));

  it('is passed on when it is not, even when it is shorter than a magic number', async () => {
    for (const bytes of [plain, Buffer.alloc(0), Buffer.from('x')])
      expect(await plainOf(bytes, 7)).to.deep.equal(bytes);
  });

  it('is decompressed when it is gzip, several members included', async () => {
    const archive = Buffer.concat([gzipSync(plain), gzipSync('end')]);
    expect(await plainOf(archive, 1)).to.deep.equal(Buffer.concat([plain, Buffer.from('end')]));
  });

  it('is decompressed when it is zstd, frames that are to be skipped included', async () => {
    const skipped = Buffer.from('502a4d1802000000ffff', 'hex');
    expect(detectCompression(skipped)).to.equal('zstd');
    expect((await plainOf(zstdHello, 1)).toString()).to.equal('hello');
    expect((await plainOf(Buffer.concat([skipped, zstdHello]))).toString()).to.equal('hello');
  });

  describe('as zstd with a large window', () => {
    const empty = Buffer.from([0x00, 0x00, 0x00]);
    const single = Buffer.from([0x0a, 0x00, 0x00, 0x41]);
    /** A frame whose window is so large (RFC 8878, section 3.1.1.1.2), of the same block again and again. */
    const frame = (exponent: number, block: Buffer, times: number): Buffer =>
      Buffer.concat([
        Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, (exponent - 10) << 3]),
        ...Array<Buffer>(times).fill(block),
      ]);
    const last = Buffer.from([0x03, 0x00, 0x00, 0x41]);

    it('is refused above 128 MiB, which 25 bytes can ask for', async () => {
      expect(await plainOf(Buffer.concat([frame(23, single, 3), last]))).to.have.lengthOf(3);
      const inputs = [
        Buffer.from('502a4d1802000000ffff28b52ffdb5582900006822656c6d6f', 'hex'),
        ...[28, 30, 31, 32, 41].map((exponent) => frame(exponent, single, 3)),
      ];
      for (const input of inputs)
        expect(await rejected(plainOf(input)))
          .to.include({ code: 'INVALID_ARCHIVE' })
          .and.have.property('message')
          .that.includes('window');
    });

    it('is refused when its blocks hold next to nothing, before the window was moved often', async () => {
      for (const block of [empty, single])
        expect(await rejected(plainOf(frame(23, block, 20_000))))
          .to.have.property('message')
          .that.includes('window');
      const frames = Buffer.concat(Array<Buffer>(3000).fill(Buffer.concat([frame(23, empty, 1), last])));
      expect(await rejected(plainOf(frames)))
        .to.have.property('message')
        .that.includes('window');
    });
  });

  it('is refused when it is cut short or damaged', async () => {
    const archive = gzipSync(randomBytes(5000));
    const cut = await rejected(plainOf(archive.subarray(0, 300)));
    expect(cut).to.include({ code: 'INVALID_ARCHIVE', message: 'unexpected EOF' });
    archive[3000] = (archive[3000] as number) ^ 0xff;
    expect(await rejected(plainOf(archive))).to.have.property('code', 'INVALID_ARCHIVE');
    expect(await rejected(plainOf(zstdHello.subarray(0, 9)))).to.have.property('code', 'INVALID_ARCHIVE');
  });

  it('can be looked at without consuming it', async () => {
    const peeked = await peekCompression(pieces(zstdHello, 3));
    expect(peeked.compression).to.equal('zstd');
    expect(await collect(peeked.stream)).to.deep.equal(zstdHello);
  });
});
