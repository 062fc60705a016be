import { spawnSync } from 'node:child_process';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { expect } from 'chai';
import { decompress } from '../../src/oci/compression.js';
import { skip } from '../helpers/record.js';
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

  describe('as zstd with a large window', () => {
    const single = Buffer.from([0x0a, 0x00, 0x00, 0x41]);
    /** A frame whose window is so large (RFC 8878, section 3.1.1.1.2), of the same block again and again. */
    const frame = (exponent: number, block: Buffer, times: number): Buffer =>
      Buffer.concat([
        Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, (exponent - 10) << 3]),
        ...Array<Buffer>(times).fill(block),
      ]);
    const last = Buffer.from([0x03, 0x00, 0x00, 0x41]);

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
