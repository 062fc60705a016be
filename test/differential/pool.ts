import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readTar } from '../e2e/support/tar.js';

/** An image archive and what a request can name in it. */
export interface Archive {
  /** File name without its ending. */
  readonly name: string;
  readonly content: Buffer;
  /** Names that the archive gives its images, as containerd writes them. */
  readonly names: readonly string[];
  /** Digests of what the archive's index lists: what the daemon shows as ids. */
  readonly roots: readonly string[];
  /** Digests that the roots refer to: manifests, configs and layers. */
  readonly inner: readonly string[];
  readonly predicateTypes: readonly string[];
}

const DIGEST = /sha256:[0-9a-f]{64}/g;
const PREDICATE = /"in-toto\.io\/predicate-type":\s*"([^"\\]+)"/g;

function unpacked(content: Buffer): Buffer {
  return content[0] === 0x1f && content[1] === 0x8b ? gunzipSync(content) : content;
}

async function readArchive(folder: string, file: string): Promise<Archive> {
  const content = await readFile(join(folder, file));
  const files = await readTar(unpacked(content));
  const index = files.get('index.json')?.toString() ?? '';
  const names = [...index.matchAll(/"io\.containerd\.image\.name":\s*"([^"]+)"/g)].map((match) => match[1] ?? '');
  const tags = [...(files.get('manifest.json')?.toString() ?? '').matchAll(/"RepoTags":\s*\["([^"]+)"/g)];
  const inner = new Set<string>();
  const predicateTypes = new Set<string>();
  for (const [name, bytes] of files) {
    // ManifestCache that name other content are small; statements and layers are not looked into.
    if (!name.startsWith('blobs/') || bytes.length > 1 << 18) continue;
    const text = bytes.toString('latin1');
    if (!text.includes('schemaVersion')) continue;
    for (const [digest] of text.matchAll(DIGEST)) inner.add(digest);
    for (const match of text.matchAll(PREDICATE)) predicateTypes.add(match[1] ?? '');
  }
  const roots = [...new Set([...index.matchAll(DIGEST)].map(([digest]) => digest))];
  for (const root of roots) inner.delete(root);
  return {
    name: file.replace(/\.tar(\.gz)?$/, ''),
    content,
    names: names.length > 0 ? names : tags.map((match) => match[1] ?? ''),
    roots,
    inner: [...inner],
    predicateTypes: [...predicateTypes],
  };
}

/**
 * Reads the image archives of a folder, in name order.
 *
 * An image with a name that the API refuses cannot be removed again, so archives with such a name are left out.
 */
export async function readArchives(folder: string): Promise<Archive[]> {
  const files = (await readdir(folder)).filter((file) => /\.tar(\.gz)?$/.test(file)).sort();
  const archives: Archive[] = [];
  for (const file of files) {
    const archive = await readArchive(folder, file);
    if (archive.names.every((name) => /^[a-z0-9./:_-]+$/.test(name))) archives.push(archive);
  }
  return archives;
}
