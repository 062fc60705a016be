/** Image layouts of any size, for measurements: what another program would have written, not this project's code. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const types = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  statement: 'application/vnd.in-toto+json',
} as const;

/** How many images share a layer. */
const sharing = 50;

/** A blob and its descriptor. */
interface Blob {
  readonly bytes: Buffer;
  readonly descriptor: { readonly mediaType: string; readonly digest: string; readonly size: number };
}

function blob(mediaType: string, content: Buffer | object): Blob {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content));
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  return { bytes, descriptor: { mediaType, digest, size: bytes.length } };
}

/** A tar archive with one file of one block. */
function layerOf(seed: number): Buffer {
  const archive = Buffer.alloc(3 * 512 + 512);
  archive.write(`file-${seed}`, 0);
  archive.write('0000644\0', 100);
  archive.write('0000000\0', 108);
  archive.write('0000000\0', 116);
  archive.write('00000001000\0', 124);
  archive.write('00000000000\0', 136);
  archive.write('        ', 148);
  archive.write('0', 156);
  archive.write('ustar\x0000', 257);
  const sum = archive.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  archive.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  archive.write(`content ${seed}`, 512);
  return archive;
}

/** An image: its name, and blobs of which the last is its index. */
export interface GeneratedImage {
  readonly name: string;
  readonly blobs: readonly Blob[];
}

/**
 * The image with a number: an index of a manifest for linux/amd64 and its attestation manifest with one statement. Five
 * small blobs are its own; a layer is shared with others.
 */
export function imageOf(number: number): GeneratedImage {
  const layer = blob(types.layer, layerOf(Math.floor(number / sharing)));
  const config = blob(types.config, {
    created: new Date(Date.UTC(2024, 0, 1) + number * 60_000).toISOString(),
    architecture: 'amd64',
    os: 'linux',
    config: { Cmd: ['/app'], Labels: { 'org.opencontainers.image.title': `image ${number}` } },
    rootfs: { type: 'layers', diff_ids: [layer.descriptor.digest] },
  });
  const manifest = blob(types.manifest, {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: config.descriptor,
    layers: [layer.descriptor],
  });
  const statement = blob(types.statement, {
    _type: 'https://in-toto.io/Statement/v0.1',
    predicateType: 'https://slsa.dev/provenance/v1',
    subject: [{ name: `image-${number}`, digest: { sha256: manifest.descriptor.digest.slice(7) } }],
    predicate: { buildDefinition: { externalParameters: { number } } },
  });
  const empty = blob(types.config, {});
  const attestation = blob(types.manifest, {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: empty.descriptor,
    layers: [
      {
        ...statement.descriptor,
        annotations: { 'in-toto.io/predicate-type': 'https://slsa.dev/provenance/v1' },
      },
    ],
  });
  const index = blob(types.index, {
    schemaVersion: 2,
    mediaType: types.index,
    manifests: [
      { ...manifest.descriptor, platform: { architecture: 'amd64', os: 'linux' } },
      {
        ...attestation.descriptor,
        annotations: {
          'vnd.docker.reference.digest': manifest.descriptor.digest,
          'vnd.docker.reference.type': 'attestation-manifest',
        },
        platform: { architecture: 'unknown', os: 'unknown' },
      },
    ],
  });
  return {
    name: `docker.io/bench/image-${number}:latest`,
    blobs: [layer, empty, config, manifest, statement, attestation, index],
  };
}

/** Entry of an index.json for a generated image, as containerd exports it. */
function entryOf({ name, blobs }: GeneratedImage): object {
  const { descriptor } = blobs.at(-1) as Blob;
  return {
    ...descriptor,
    annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': 'latest' },
  };
}

function writeBlobs(folder: string, { blobs }: GeneratedImage, first: boolean): void {
  for (const [at, { bytes, descriptor }] of blobs.entries()) {
    if (at < 2 && !first) continue;
    writeFileSync(join(folder, 'blobs', 'sha256', descriptor.digest.slice(7)), bytes);
  }
}

/**
 * An image layout with so many images, made once for each folder and number.
 *
 * @param parent folder that the layouts are in
 * @returns the layout's folder
 */
export function makeStore(parent: string, count: number): string {
  const folder = join(parent, `store-${count}`);
  if (existsSync(join(folder, 'oci-layout'))) return folder;
  const draft = `${folder}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(join(draft, 'blobs', 'sha256'), { recursive: true });
  const manifests: object[] = [];
  for (let number = 0; number < count; number++) {
    const image = imageOf(number);
    writeBlobs(draft, image, number % sharing === 0);
    manifests.push(entryOf(image));
  }
  writeFileSync(join(draft, 'index.json'), JSON.stringify({ schemaVersion: 2, mediaType: types.index, manifests }));
  writeFileSync(join(draft, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  renameSync(draft, folder);
  return folder;
}

/** A generated image as an archive that can be loaded, an image layout in a tar. */
export function archiveOf(number: number): Buffer {
  const image = imageOf(number);
  const files: [string, Buffer][] = image.blobs.map(({ bytes, descriptor }) => [
    `blobs/sha256/${descriptor.digest.slice(7)}`,
    bytes,
  ]);
  files.push(['oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}')]);
  files.push(['index.json', Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [entryOf(image)] }))]);
  return Buffer.concat([...files.flatMap(([name, bytes]) => entry(name, bytes)), Buffer.alloc(1024)]);
}

function entry(name: string, bytes: Buffer): Buffer[] {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write('0', 156);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
}
