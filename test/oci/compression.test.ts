import { spawnSync } from 'node:child_process';
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

  for (const [program, args] of [
    ['zstd', ['-q', '-c']],
    ['bzip2', ['-c']],
    ['xz', ['-c']],
  ] as const)
    it(`is decompressed when ${program} made it`, async function () {
      const made = spawnSync(program, args, { input: plain });
      if (made.error !== undefined) {
        if (process.env.CI === 'true') throw made.error;
        if (this.test !== undefined) this.test.title += ` (${program} is not installed)`;
        this.skip();
      }
      expect(await plainOf(made.stdout, 5)).to.deep.equal(plain);
      const cut = plainOf(made.stdout.subarray(0, made.stdout.length - 8));
      expect(await rejected(cut)).to.have.property('code', 'INVALID_ARCHIVE');
    });
});
