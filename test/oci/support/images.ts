import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ContentStore } from '../../../src/oci/content-store.js';
import type { Descriptor } from '../../../src/oci/descriptor.js';

const folders: string[] = [];

/** A new empty folder, gone after the test run. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'attestd-test-'));
  folders.push(folder);
  return folder;
}

after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

/** Write a blob and describe it. */
export async function write(
  content: ContentStore,
  value: string | Buffer | object,
  mediaType = 'application/octet-stream',
): Promise<Descriptor> {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
  return { mediaType, ...(await content.ingest(bytes)) };
}

/** Write an image of one platform with one layer. */
export async function writeImage(content: ContentStore, layer: string, extra: object = {}): Promise<Descriptor> {
  const config = await write(
    content,
    { architecture: 'amd64', os: 'linux', layer },
    'application/vnd.oci.image.config.v1+json',
  );
  const layers = [await write(content, layer, 'application/vnd.oci.image.layer.v1.tar')];
  return writeManifest(content, { config, layers, ...extra });
}

/** Write a manifest with the given members. */
export async function writeManifest(content: ContentStore, members: object): Promise<Descriptor> {
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  return write(content, { schemaVersion: 2, mediaType, ...members }, mediaType);
}

/** Write an index over manifests. */
export async function writeIndex(content: ContentStore, manifests: readonly Descriptor[]): Promise<Descriptor> {
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  return write(content, { schemaVersion: 2, mediaType, manifests }, mediaType);
}

/** Digests of all blobs. */
export async function digests(content: ContentStore): Promise<string[]> {
  const list: string[] = [];
  for await (const { digest } of content.list()) list.push(digest);
  return list;
}
