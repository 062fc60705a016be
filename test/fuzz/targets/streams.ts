import type { ServerHttp2Stream } from 'node:http2';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { Content } from '../../../src/generated/content.js';
import { decompress, detectCompression, magicLength } from '../../../src/oci/compression.js';
import { readTar } from '../../../src/oci/tar.js';
import { readMessages } from '../../../src/server/grpc/frames.js';
import { GrpcStatusError } from '../../../src/server/grpc/status.js';
import { collect, entry, pieces, tar } from '../../oci/support/archives.js';
import { blockOfCopies, frameOf } from '../../oci/support/zstd-blocks.js';
import { holds, type Target } from '../target.js';

/** Most that may come out of an archive in these tests, bytes. */
const limit = 8 << 20;

/** Pieces of a size that the input itself chooses. */
const cut = (bytes: Buffer): AsyncGenerator<Buffer> => pieces(bytes, 1 + (bytes.at(-1) ?? 0) * 7);

const archive: Target = {
  name: 'tar',
  words: [
    'ustar\0' + '00',
    'path=',
    'size=',
    'linkpath=',
    '../',
    '0000644\0',
    '00000000000\0',
    '\0'.repeat(512),
    '././@LongLink',
  ],
  async seeds() {
    const pax = entry('long', 'x');
    return [
      await tar({ a: 'x', 'b/c': 'y'.repeat(600) }),
      entry('link', '2', 'a'),
      entry('dir/', '5'),
      pax,
      entry('l', 'L'),
    ];
  },
  async run(bytes) {
    // A sum that a change broke would end every other attempt: it is made right where a header may begin.
    const whole = Buffer.from(bytes);
    for (let at = 0; at + 512 <= whole.length; at += 512) if (whole[at] !== 0) mend(whole.subarray(at, at + 512));
    for await (const { name, type, target, size, content } of readTar(cut(whole))) {
      holds(!name.startsWith('/') && !name.split('/').includes('..'), 'no entry leads outside');
      holds(type !== 'symlink' || !target.startsWith('/'), 'no link leads outside');
      if (size <= whole.length && (await collect(content)).length !== size) holds(false, 'a file has its bytes');
    }
  },
};

/** Write the sum that a tar header must have. */
function mend(header: Buffer): void {
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}

const compressed: Target = {
  name: 'compression',
  words: ['\x28\xb5\x2f\xfd', '\x1f\x8b\x08', '\x50\x2a\x4d\x18', '\x00\x00\x00', '\xff\xff\xff\xff'],
  seeds: [
    Buffer.from('28b52ffd045829000068656c6c6fa36d9f88', 'hex'),
    Buffer.from('28b52ffd0458550000107879787901000d3f0275d3b3a4', 'hex'),
    Buffer.from('28b52ffd00580300020061000100', 'hex'),
    frameOf(
      blockOfCopies(Buffer.from('abcdabcd'), { count: 3, literalCode: 2, literalBits: 0, matchCode: 36, matchBits: 2 }),
      2,
    ),
    // What `zstd` made: a block that brings a table of each kind.
    Buffer.from(
      'KLUv/QBYpQUAUgUMDcAlHf1ma5JI2QAAgF9bW8/MtCJbb912a+nWJblYfB0HyGi3nhERgyLYhAEG79YBRqhRD2lqbR0gQoZYngcR1DBoqrYyB/WM4Wa2X0iHiohe' +
        'QCBfXs+9293+M3oWmkWy1ALunPaarwcuwD9RSe/cDVS5A4J1Wi6MZ24LSut3/UuRLMLlmFLPtxOp9rGLaLZYGsgxDVCPa7JZpp/6d1N48zTkIZKvZ8yxxnQk+Bdf4cfV',
      'base64',
    ),
    gzipSync('hello hello hello'),
    Buffer.from('502a4d1802000000ffff28b52ffd045829000068656c6c6fa36d9f88', 'hex'),
  ],
  async run(bytes) {
    // Those go to programs, which are none of this project's.
    if (['bzip2', 'xz'].includes(detectCompression(bytes.subarray(0, magicLength)))) return;
    let size = 0;
    for await (const chunk of await decompress(cut(bytes), limit)) size += (chunk as Buffer).length;
    holds(size <= limit, 'no more comes out than the limit');
  },
};

const frames: Target = {
  name: 'grpc-frames',
  words: [
    '\0\0\0\0\x02',
    '\x01\0\0\0\x10',
    '\x0a\x47sha256:',
    '\x12\x02',
    '\x08\xff\xff\xff\xff\x0f',
    '\x1a\x04\x0a\x00\x12\x00',
  ],
  seeds: [
    Buffer.from('000000000d0a0b7368613235363a61626364', 'hex'),
    Buffer.concat([Buffer.from([1, 0, 0, 0, 23]), gzipSync('\x0a\x01a')]),
    Buffer.from('00000000020801', 'hex'),
  ],
  async run(bytes) {
    const stream = Object.assign(Readable.from(cut(bytes)), {
      iterator: (options?: object) => Readable.from(cut(bytes)).iterator(options),
    }) as unknown as ServerHttp2Stream;
    for await (const message of readMessages(stream, 'gzip'))
      for (const { request } of Object.values(Content.methods)) {
        try {
          const decoded = request.decode(message) as never;
          request.decode(request.encode(decoded));
        } catch (error) {
          // The service answers each of these with a status.
          holds(error instanceof Error && !(error instanceof TypeError), `decoding throws ${String(error)}`);
        }
      }
  },
  expected: (error) => error instanceof GrpcStatusError,
};

export const streamTargets: readonly Target[] = [archive, compressed, frames];
