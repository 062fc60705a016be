/** Archives that are small and ask for much: the bodies of `POST /images/load` and `POST /images/create`. */
import { gzipSync } from 'node:zlib';
import { digestOf } from '../../src/oci/digest.js';
import { tarOf } from '../../src/oci/tar-write.js';
import { blockOfCopies, frameOf } from '../../test/oci/support/zstd-blocks.js';

const indexType = 'application/vnd.oci.image.index.v1+json';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const configType = 'application/vnd.oci.image.config.v1+json';
const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip';

interface File {
  readonly name: string;
  readonly bytes: Buffer;
}

interface Reference {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

function tar(files: readonly File[]): Buffer {
  return tarOf(files.map((file) => ({ ...file, mode: 0o644, size: file.bytes.length })));
}

/** An image layout whose index names the given content. */
export function layout(blobs: readonly Buffer[], named: readonly object[]): Buffer {
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
  return tar([
    { name: 'oci-layout', bytes: json({ imageLayoutVersion: '1.0.0' }) },
    { name: 'index.json', bytes: json({ schemaVersion: 2, mediaType: indexType, manifests: named }) },
    ...blobs.map((bytes) => ({ name: `blobs/sha256/${digestOf(bytes).slice('sha256:'.length)}`, bytes })),
  ]);
}

export function referTo(bytes: Buffer, mediaType: string): Reference {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

/** Indexes that name the one below them twice, so that a walk that forgets where it was takes 2^depth steps. */
export function doubledIndexes(depth: number): Buffer {
  let below = referTo(Buffer.from('{}'), manifestType);
  const blobs: Buffer[] = [Buffer.from('{}')];
  for (let level = 0; level < depth; level++) {
    const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests: [below, below] }));
    blobs.push(index);
    below = referTo(index, indexType);
  }
  return layout(blobs, [below]);
}

/** A layout with a manifest of so many bytes, most of them blanks. */
export function longManifest(bytes: number): Buffer {
  const manifest = Buffer.alloc(bytes, ' ');
  manifest.write('{"schemaVersion":2}');
  return layout([manifest], [referTo(manifest, manifestType)]);
}

/** A layout whose index has so many entries without a name, each of content that is not there. */
export function unnamedEntries(count: number): Buffer {
  const entries = Array.from({ length: count }, (_, i) => ({
    mediaType: manifestType,
    digest: digestOf(Buffer.from(String(i))),
    size: 1,
  }));
  return layout([], entries);
}

/** A layout whose index has so many entries that say nothing, three bytes each. */
export function emptyEntries(count: number): Buffer {
  const index = `{"schemaVersion":2,"manifests":[${Array(count).fill('{}').join(',')}]}`;
  return tar([
    { name: 'oci-layout', bytes: Buffer.from('{"imageLayoutVersion":"1.0.0"}') },
    { name: 'index.json', bytes: Buffer.from(index) },
  ]);
}

/** An archive of so many files with these bytes. */
export function manyFiles(count: number, bytesOf: (i: number) => Buffer): Buffer {
  return tar(Array.from({ length: count }, (_, i) => ({ name: `blobs/${i}`, bytes: bytesOf(i) })));
}

/** An image `layered:1` of one layer with so many files, and of so many, one and the same, with one file more. */
export function manyLayers(count: number, files: number): Buffer {
  const archives = [
    ...(files > 0 ? [manyFiles(files, () => Buffer.alloc(0))] : []),
    tar([{ name: 'blobs/f', bytes: Buffer.alloc(0) }]),
  ];
  const stack = [...archives, ...Array<Buffer>(count - 1).fill(archives.at(-1) as Buffer)];
  const layers = new Map(archives.map((archive) => [archive, gzipSync(archive, { level: 1 })]));
  const digests = new Map(archives.map((archive) => [archive, digestOf(archive)]));
  const rootfs = { type: 'layers', diff_ids: stack.map((archive) => digests.get(archive)) };
  const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', config: {}, rootfs }));
  const references = new Map(archives.map((archive) => [archive, referTo(layers.get(archive) as Buffer, layerType)]));
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: referTo(config, configType),
      layers: stack.map((archive) => references.get(archive)),
    }),
  );
  const annotations = { 'io.containerd.image.name': 'docker.io/library/layered:1' };
  const platform = { architecture: 'amd64', os: 'linux' };
  const named = { ...referTo(manifest, manifestType), platform, annotations };
  return layout([config, manifest, ...layers.values()], [named]);
}

/** A gzip file that comes to so many MiB of zeros, after a tar header for a file of that size. */
export function* zeros(mib: number): Generator<Buffer> {
  const size = mib * 1024 * 1024;
  const [head] = [tarOf([{ name: 'layer.tar', mode: 0o644, size, bytes: Buffer.alloc(0) }]).subarray(0, 512)];
  yield gzipSync(head as Buffer);
  const block = gzipSync(Buffer.alloc(64 << 20), { level: 9 });
  for (let left = mib; left > 0; left -= 64) yield block;
}

/**
 * A zstd frame of run-length blocks, four bytes each (RFC 8878, section 3.1.1.2), without content size and checksum.
 *
 * @param window power of two from 10 on
 * @param run bytes that a block stands for, at most 128 KiB
 */
export function zstdRuns(blocks: number, window: number, run: number): Buffer {
  const bytes = Buffer.alloc(6 + blocks * 4);
  bytes.writeUInt32LE(0xfd2fb528, 0);
  bytes[5] = (window - 10) << 3;
  for (let block = 0; block < blocks; block++) {
    const last = block === blocks - 1 ? 1 : 0;
    bytes.writeUIntLE(last | (1 << 1) | (run << 3), 6 + block * 4, 3);
  }
  return bytes;
}

/** A zstd frame of one block whose 57,000 sequences copy 128 KiB each. */
export const zstdCopies = (): Buffer =>
  frameOf(
    blockOfCopies(Buffer.from('abcd'), { count: 57_000, literalCode: 0, literalBits: 0, matchCode: 52, matchBits: 16 }),
    1,
  );

/** An archive that names a link that leads to itself, and entries outside of the archive. */
export function loops(): Buffer {
  const bytes = tar([{ name: 'manifest.json', bytes: Buffer.alloc(0) }]);
  bytes[156] = '2'.charCodeAt(0);
  bytes.write('manifest.json', 157);
  let sum = 0;
  bytes.fill(' ', 148, 156);
  for (const byte of bytes.subarray(0, 512)) sum += byte;
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return bytes;
}
