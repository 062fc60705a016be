import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { AttestdError } from '../../src/errors.js';
import { decompress, peekCompression } from '../../src/oci/compression.js';

/** `printf hello | zstd` */
const zstdHello = Buffer.from('28b52ffd045829000068656c6c6fa36d9f88', 'hex');

function bytewise(bytes: Buffer): Readable {
  return Readable.from(
    (function* () {
      for (const byte of bytes) yield Buffer.from([byte]);
    })(),
    { objectMode: false },
  );
}

describe('Decompression', () => {
  it('passes uncompressed bytes through, even fewer than a header has', async () => {
    for (const text of ['', 'x', 'not compressed at all']) {
      expect((await buffer(await decompress(Readable.from([Buffer.from(text)])))).toString()).to.equal(text);
    }
  });

  it('inflates gzip that arrives byte by byte', async () => {
    const bytes = randomBytes(5000);
    expect((await buffer(await decompress(bytewise(gzipSync(bytes))))).equals(bytes)).to.equal(true);
  });

  it('inflates several gzip members as one stream', async () => {
    const bytes = Buffer.concat([gzipSync('one '), gzipSync('two')]);
    expect((await buffer(await decompress(Readable.from([bytes])))).toString()).to.equal('one two');
  });

  it('inflates zstd', async () => {
    expect((await buffer(await decompress(bytewise(zstdHello)))).toString()).to.equal('hello');
  });

  it('refuses compressions that it does not have', async () => {
    const outcome = await decompress(Readable.from([Buffer.from('BZh91AY&SY...')])).catch((error: unknown) => error);
    expect((outcome as AttestdError).code).to.equal('INVALID_ARCHIVE');
  });

  it('reports a truncated archive as an error of the stream', async () => {
    const cut = gzipSync(randomBytes(5000)).subarray(0, 100);
    const outcome = await buffer(await decompress(Readable.from([cut]))).catch((error: unknown) => error);
    expect(outcome).to.be.instanceOf(Error);
  });

  it('looks at the first bytes without consuming them', async () => {
    const peeked = await peekCompression(bytewise(zstdHello));
    expect(peeked.compression).to.equal('zstd');
    expect((await buffer(peeked.stream)).equals(zstdHello)).to.equal(true);
  });
});
