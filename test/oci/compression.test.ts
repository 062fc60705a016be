import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { crc32, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { decompress, detectCompression, peekCompression } from '../../src/oci/compression.js';
import { skip } from '../helpers/record.js';
import { turnsDuring } from '../helpers/turns.js';
import { collect, pieces } from './support/archives.js';
import { rejected } from './support/rejected.js';

/** `printf hello | zstd` */
const zstdHello = Buffer.from('28b52ffd045829000068656c6c6fa36d9f88', 'hex');

const plainOf = async (archive: Buffer, size?: number): Promise<Buffer> =>
  collect(await decompress(pieces(archive, size)));

describe('a stream that may be compressed', () => {
  const plain = Buffer.from('all the same '.repeat(20_000));

  /** Compresses the plain bytes with a program of the system. Skips the test if the program is not installed. */
  const madeBy = (test: Mocha.Context, program: string, args: readonly string[]): Buffer => {
    const made = spawnSync(program, args, { input: plain });
    if (made.error === undefined) return made.stdout;
    return skip(test, `${program} not found (apt install ${program === 'xz' ? 'xz-utils' : program})`);
  };

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

    it('waits until others have ended that have all of the memory for windows', async () => {
      const open = async (): Promise<{ readonly plain: AsyncIterator<unknown>; readonly end: () => void }> => {
        let end = (): void => undefined;
        const ended = new Promise<void>((resolve) => {
          end = resolve;
        });
        const source = async function* () {
          yield frame(23, Buffer.from([0x02, 0x00, 0x10, 0x41]), 70);
          await ended;
          yield last;
        };
        const plain = (await decompress(source()))[Symbol.asyncIterator]();
        return { plain, end };
      };
      const streams = await Promise.all(Array.from({ length: 33 }, open));
      const [first, waiting] = [streams[0], streams.at(-1)];
      for (const { plain } of streams.slice(0, -1)) await plain.next();
      let begun = false;
      const next = waiting?.plain.next().then(() => {
        begun = true;
      });
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(begun).to.equal(false);
      first?.end();
      for await (const _ of { [Symbol.asyncIterator]: () => first?.plain as AsyncIterator<unknown> });
      await next;
      for (const { plain, end } of streams) {
        end();
        await plain.return?.();
      }
    });

    it('is taken where a few bytes of a block come to much', async function () {
      const made = spawnSync('sh', ['-c', 'yes abcdefg | head -c 100000000 | zstd -q -c -19']);
      expect(madeBy(this, 'zstd', ['-q', '-c'])).to.have.length.above(0);
      expect(made.stdout[5]).to.equal(13 << 3);
      let size = 0;
      for await (const chunk of await decompress(pieces(made.stdout))) size += (chunk as Buffer).length;
      expect(size).to.equal(100_000_000);
    });

    it('is taken by the program where the window is larger', async function () {
      const archive = madeBy(this, 'zstd', ['-q', '-c', '--long=27']);
      expect(archive[5]).to.equal(17 << 3);
      expect(await plainOf(archive, 5)).to.deep.equal(plain);
      expect(await rejected(plainOf(archive.subarray(0, -8)))).to.have.property('code', 'INVALID_ARCHIVE');
      expect(await rejected(plainOf(Buffer.concat([zstdHello, archive])))).to.have.property('code', 'INVALID_ARCHIVE');
    });

    it('is not worked on where nobody wants it any more', async () => {
      const body = Readable.from(pieces(Buffer.concat([frame(23, single, 3), last])));
      const stream = await decompress(body);
      body.destroy();
      expect(await rejected(collect(stream))).to.include({ code: 'INVALID_ARCHIVE', message: 'context canceled' });
    });

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

  it('is refused when xz would need more than 256 MiB for it', async function () {
    const archive = madeBy(this, 'xz', ['-c']);
    // The size of the dictionary stands in the head of the first block, which ends with a sum of itself.
    const head = archive.subarray(12, 12 + ((archive[12] as number) + 1) * 4);
    expect(head.readUInt16BE(2)).to.equal(0x2101);
    head[4] = 40;
    head.writeUInt32LE(crc32(head.subarray(0, -4)), head.length - 4);
    expect(await rejected(plainOf(archive))).to.have.property('code', 'INVALID_ARCHIVE');
    head[4] = 24;
    head.writeUInt32LE(crc32(head.subarray(0, -4)), head.length - 4);
    expect(await plainOf(archive)).to.deep.equal(plain);
  });

  for (const [program, args] of [
    ['zstd', ['-q', '-c']],
    ['bzip2', ['-c']],
    ['xz', ['-c']],
  ] as const)
    it(`is decompressed when ${program} made it`, async function () {
      const made = madeBy(this, program, args);
      expect(await plainOf(made, 5)).to.deep.equal(plain);
      const cut = plainOf(made.subarray(0, made.length - 8));
      expect(await rejected(cut)).to.have.property('code', 'INVALID_ARCHIVE');
    });
});
