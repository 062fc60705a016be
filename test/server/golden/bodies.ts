import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { readImage } from './recording.js';

/** An archive of the given files. */
async function tar(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name, mtime: new Date(0) }, content);
  archive.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of archive) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

const layout = '{"imageLayoutVersion":"1.0.0"}';

/** `att-basic` up to 512 bytes of its first statement. */
function truncated(): Buffer {
  const archive = readImage('att-basic');
  const entry = archive.indexOf('blobs/sha256/13971c45c6eae54eeddf199e0cb3bf61c152b557218d065f748c0a3f64e63f78');
  return archive.subarray(0, entry + 512 + 512);
}

/** Bodies of topics/load-errors by the notes of its exchanges, made as the notes say. */
export async function loadErrorBodies(): Promise<ReadonlyMap<string, Buffer>> {
  const basic = readImage('att-basic');
  const multi = readImage('att-multi');
  return new Map([
    ['empty body', Buffer.alloc(0)],
    ['not a tar', Buffer.from('this is not a tar archive')],
    ['4k garbage', Buffer.alloc(4096, 0xab)],
    ['empty tar', Buffer.alloc(10_240)],
    ['oci-layout only', await tar({ 'oci-layout': layout })],
    ['bad layout version', await tar({ 'oci-layout': '{"imageLayoutVersion":"9.9"}', 'index.json': '{}' })],
    ['index.json only', await tar({ 'index.json': '{"schemaVersion":2,"manifests":[]}' })],
    ['index.json bad', await tar({ 'oci-layout': layout, 'index.json': 'not json' })],
    ['no manifests', await tar({ 'oci-layout': layout, 'index.json': '{"schemaVersion":2,"manifests":[]}' })],
    ['manifest.json empty', await tar({ 'manifest.json': '[]' })],
    [
      'manifest.json missing config',
      await tar({ 'manifest.json': '[{"Config":"x.json","RepoTags":["x:1"],"Layers":[]}]' }),
    ],
    ['truncated', truncated()],
    ['gzip', gzipSync(basic)],
    ['quiet=0', basic],
    ['quiet=1', basic],
    ['reload same', basic],
    ['ct octet', basic],
    ['ct json', basic],
    ['platform amd64', multi],
    ['platform arm64', multi],
    ['platform riscv64', multi],
    ['platform absent', basic],
    ['bad platform', basic],
    ['two platforms', multi],
    ['v1.47 ignores platform', basic],
    ['platform present in index, content missing', readImage('att-missing-image-manifest')],
  ]);
}
