import { Readable } from 'node:stream';
import { expect } from 'chai';
import { exportImages } from '../../src/oci/exporter.js';
import { importArchive } from '../../src/oci/importer.js';
import { openLayout } from '../../src/oci/layout.js';
import { anyOf, only } from '../../src/oci/platform.js';
import { temporaryFolder, write, writeManifest } from './support/images.js';

const mebibyte = 1 << 20;
const size = 192 * mebibyte;
/** What may be under way at once: pieces in streams and buffers, and what the collector has not come to yet. */
const limit = 96 * mebibyte;

/** Bytes that are made as they are read. */
async function* generated(): AsyncGenerator<Buffer> {
  for (let at = 0; at < size; at += mebibyte) yield Buffer.alloc(mebibyte, at / mebibyte);
}

/** Pass a stream on, noting the most memory that buffers took meanwhile. */
async function* watched(stream: AsyncIterable<Buffer>, seen: { peak: number }): AsyncGenerator<Buffer> {
  for await (const chunk of stream) {
    seen.peak = Math.max(seen.peak, process.memoryUsage().arrayBuffers);
    yield chunk;
  }
}

describe('a blob that is larger than memory should be', () => {
  it('is written, read, exported and imported in pieces', async function () {
    this.timeout(120_000);
    const [from, to] = [await openLayout(await temporaryFolder()), await openLayout(await temporaryFolder())];
    const before = process.memoryUsage().arrayBuffers;
    const seen = { peak: before };
    const blob = await from.content.ingest(Readable.from(watched(generated(), seen)));
    const layers = [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...blob }];
    const config = await write(from.content, '{}', 'application/vnd.oci.image.config.v1+json');
    const target = await writeManifest(from.content, { config, layers });
    const platforms = anyOf([], only({ architecture: 'amd64', os: 'linux' }));
    const archive = await exportImages(from, [{ target, name: 'docker.io/library/large:1' }], platforms);
    const { images, end } = await importArchive(watched(archive, seen), to);
    await to.put(images[0]?.name ?? '', target);
    await end();
    expect(await to.content.info(blob.digest)).to.include({ size });
    expect(seen.peak - before).to.be.lessThan(limit);
    await Promise.all([from.close(), to.close()]);
  });
});
