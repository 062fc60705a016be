import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { decompress } from '../../oci/compression.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { quote } from '../../support/go/quote.js';
import { createFileSystem } from '../../support/sandbox/fs/file-system.js';
import type { ArchiveEntry, FileSystem } from '../../support/sandbox/fs/types.js';
import { entriesOfTar, extractionError } from '../containers/io/archive-entries.js';
import type { Context } from '../context.js';
import { largestText } from './lines.js';

/** What a Dockerfile is built from. */
export interface BuildContext {
  /** Undefined when there is but the Dockerfile. */
  readonly files: FileSystem | undefined;
  readonly dockerfile: Buffer;
}

/** What the Dockerfile is called when nobody says it. */
export const usualDockerfile = 'Dockerfile';

/**
 * Take a context out of an archive (docs/reference/behavior/builder.md#build-context).
 *
 * @param archive plain, or compressed with gzip, bzip2, xz or zstd
 * @param path of the Dockerfile
 * @throws INTERNAL for an archive that cannot be read and a Dockerfile that is not there; INVALID_ARGUMENT for an empty one
 */
export async function contextOfArchive(context: Context, archive: Readable, path: string): Promise<BuildContext> {
  const files = createFileSystem({ budget: context.layerBudget, clock: context.timers });
  try {
    await unpack(files, archive);
    const name = pathOf(files, path);
    const dockerfile = readDockerfile(files, name);
    await hideIgnored(files, name);
    return { files, dockerfile };
  } catch (error) {
    files.dispose();
    throw error;
  }
}

async function unpack(files: FileSystem, archive: Readable): Promise<void> {
  try {
    await files.extract('/', within(entriesOfTar(await decompress(archive))));
  } catch (error) {
    throw new AttestdError('INTERNAL', extractionError(error), { cause: error });
  }
}

/** Entries none of which leads out of the context. */
async function* within(entries: AsyncIterable<ArchiveEntry>): AsyncGenerator<ArchiveEntry> {
  for await (const entry of entries) {
    if (posix.normalize(entry.name).split('/')[0] === '..')
      throw new AttestdError('INVALID_ARCHIVE', `invalid entry name ${quote(entry.name)}`);
    yield entry;
  }
}

/** The path of the Dockerfile; the usual one may be written in small letters. */
function pathOf(files: FileSystem, given: string): string {
  const path = pathInContext(given);
  if (files.find(`/${path}`) !== undefined) return path;
  const small = path.toLowerCase();
  if (given === usualDockerfile && files.find(`/${small}`) !== undefined) return small;
  throw new AttestdError('INTERNAL', `Cannot locate specified Dockerfile: ${given}`);
}

function readDockerfile(files: FileSystem, path: string): Buffer {
  if (files.stat(`/${path}`).type !== 'file')
    throw new AttestdError('INTERNAL', `unexpected error reading Dockerfile: read ${path}: is a directory`);
  const bytes = readText(files, path);
  if (bytes.length === 0) throw new AttestdError('INVALID_ARGUMENT', `the Dockerfile (${path}) cannot be empty`);
  return bytes;
}

function readText(files: FileSystem, path: string): Buffer {
  if (files.stat(`/${path}`).size > largestText)
    throw new AttestdError('INVALID_ARGUMENT', `${path} has more than ${largestText} bytes`);
  return files.readFile(`/${path}`, largestText);
}

/** What stands in the context for the builder alone is not copied when .dockerignore says so; clients leave out the rest. */
async function hideIgnored(files: FileSystem, dockerfile: string): Promise<void> {
  if (files.find('/.dockerignore')?.type !== 'file') return;
  const { ignoredOf } = await import('./ignore.js');
  const rules = readText(files, '.dockerignore').toString();
  for (const path of await ignoredOf(rules, ['.dockerignore', dockerfile])) files.remove(`/${path}`);
}

/**
 * A path of the context without what leads nowhere.
 *
 * @throws INTERNAL for one that leads out of the context
 */
export function pathInContext(given: string): string {
  const path = posix.normalize(given.replace(/^\/+/, ''));
  if (path === '..' || path.startsWith('../'))
    throw new AttestdError('INTERNAL', `forbidden path outside the build context: ${given} ()`);
  return path === '.' ? '' : path.replace(/\/$/, '');
}
