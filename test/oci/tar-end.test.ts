import { Readable } from 'node:stream';
import { expect } from 'chai';
import tar from 'tar-stream';
import { entriesOfTar, extractionError } from '../../src/engine/containers/io/archive-entries.js';

const block = 512;

/** An archive of one file, without its end. */
async function archive(size: number): Promise<Buffer> {
  const pack = tar.pack();
  pack.entry({ name: 'f', pax: { comment: 'x' } }, Buffer.alloc(size, 'y'));
  pack.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of pack) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).subarray(0, -2 * block);
}

async function read(...pieces: readonly Buffer[]): Promise<string> {
  const found: string[] = [];
  // In odd pieces, as they come.
  const whole = Buffer.concat(pieces);
  const cut = Array.from({ length: Math.ceil(whole.length / 300) }, (_, at) =>
    whole.subarray(at * 300, (at + 1) * 300),
  );
  for await (const { name, content } of entriesOfTar(Readable.from(cut, { objectMode: false }))) {
    let size = 0;
    for await (const piece of content) size += piece.length;
    found.push(`${name} ${size}`);
  }
  return found.join();
}

const fault = (...pieces: readonly Buffer[]): Promise<string> => read(...pieces).catch(extractionError);

describe('The end of an archive', () => {
  const junk = Buffer.alloc(3 * block, 'j');
  const empty = Buffer.alloc(block);

  it('is two empty blocks, whatever comes behind them', async () => {
    expect(await read(await archive(100), empty, empty, junk)).to.equal('f 100');
  });

  it('may be the last byte of the last file', async () => {
    const whole = await archive(100);
    expect(await read(whole.subarray(0, -412))).to.equal('f 100');
    expect(await read(whole.subarray(0, -100))).to.equal('f 100');
    expect(await read(whole)).to.equal('f 100');
    expect(await read(await archive(block))).to.equal('f 512');
  });

  it('is missing when a file, or a header, is cut', async () => {
    const whole = await archive(100);
    for (const cut of [whole.subarray(0, -450), Buffer.concat([whole, whole.subarray(0, 300)])])
      expect(await fault(cut)).to.equal('unexpected EOF');
  });

  it('is not one empty block before what is none', async () => {
    expect(await fault(await archive(100), empty, junk)).to.equal('archive/tar: invalid tar header');
  });
});
