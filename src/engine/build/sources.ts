import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { AttestdError } from '../../support/foundation/errors.js';
import { yieldIfDue } from '../../support/foundation/scheduler.js';
import { matchGlob } from '../../support/go/path-match.js';
import type { FileSystem } from '../../support/sandbox/fs/types.js';
import { pathInContext } from './context.js';

/** A file or directory that is copied. */
export interface Source {
  readonly files: FileSystem;
  /** Absolute, without links. */
  readonly path: string;
  /** What a file is called where it goes. */
  readonly name: string;
  readonly directory: boolean;
  /** `file:` or `dir:` and a digest of what it is, is called and holds, without times. */
  readonly hash: string;
  /** Whether ADD leaves an archive as it is. */
  readonly packed?: boolean;
}

const internal = (message: string): AttestdError => new AttestdError('INTERNAL', message);

/**
 * What one source of COPY or ADD stands for: itself, or all that a pattern fits.
 *
 * @param image whether it is taken from an image, not from the context
 * @throws INTERNAL for what is not there, or outside
 */
export async function sourcesOf(files: FileSystem, given: string, image: boolean): Promise<readonly Source[]> {
  const path = given.replace(/^\//, '').replace(/^\.\//, '');
  if (!hasPattern(path)) return [await sourceAt(files, path, image)];
  const sources: Source[] = [];
  for (const found of below(files, '')) {
    await yieldIfDue();
    if (fits(path, found)) sources.push(await sourceAt(files, found, image));
  }
  return sources;
}

function hasPattern(path: string): boolean {
  return /[*?[]/.test(path.replace(/\\./g, ''));
}

function fits(pattern: string, path: string): boolean {
  try {
    return matchGlob(pattern, path);
  } catch {
    return false;
  }
}

function* below(files: FileSystem, folder: string): Generator<string> {
  for (const name of files.names(`/${folder}`)) {
    const path = posix.join(folder, name);
    yield path;
    if (files.lstat(`/${path}`).type === 'directory') yield* below(files, path);
  }
}

async function sourceAt(files: FileSystem, given: string, image: boolean): Promise<Source> {
  const path = pathInContext(given);
  if (files.find(`/${path}`) === undefined) {
    const missing = `stat ${path}: file does not exist`;
    throw internal(image ? missing : `file not found in build context or excluded by .dockerignore: ${missing}`);
  }
  const real = files.realPath(`/${path}`);
  const directory = files.stat(real).type === 'directory';
  const name = posix.basename(path);
  return { files, path: real, name, directory, hash: `${directory ? 'dir' : 'file'}:${await digestOf(files, real)}` };
}

/** A digest of a file, or of a directory with everything below it, and where they are. */
export async function digestOf(files: FileSystem, path: string): Promise<string> {
  const hash = createHash('sha256');
  for (const { name, type, mode, uid, gid, size, target, content } of files.entries(path, { name: path })) {
    await yieldIfDue();
    hash.update(`${JSON.stringify([name, type, mode, uid, gid, size, target])}\n`);
    for (const piece of content as Iterable<Uint8Array>) {
      hash.update(piece);
      await yieldIfDue();
    }
  }
  return hash.digest('hex');
}

/** The digests of all sources as one. */
export function jointHash(sources: readonly Source[]): string {
  const [first] = sources;
  if (first !== undefined && sources.length === 1) return first.hash;
  const all = sources.map(({ hash }) => hash).join(',');
  return `multi:${createHash('sha256').update(all).digest('hex')}`;
}
