import { createReadStream } from 'node:fs';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type ScenarioName, scenarios } from '../generated/scenarios.js';
import { AttestdError } from '../support/foundation/errors.js';

/** An image layout that is not on disk; what `attestd/fixtures` builds. */
export interface LayoutFiles {
  /** Every file of the image layout, by its path in it. */
  layout(): ReadonlyMap<string, Uint8Array>;
  /** The layout as a tar archive, which `docker load` reads. */
  toArchive(): Buffer;
}

/** An archive that `docker load` reads: its path, its bytes, a stream of them, or an image that was built in code. */
export type ArchiveSource = (string & {}) | Uint8Array | Readable | LayoutFiles;

/**
 * Where an image comes from: the name of a packaged scenario (`five-platforms`, `attestd/five-platforms`,
 * `hello:attested`), the path of an archive or of an image layout folder (absolute, or beginning with `./` or `../`), or
 * what `load` takes.
 */
export type ImageSource = ScenarioName | `attestd/${ScenarioName}` | ArchiveSource;

/** The packaged layouts; at the same place seen from src/ and from dist/. */
const packaged = fileURLToPath(new URL('../../fixtures/layouts/', import.meta.url));

const isPath = (text: string): boolean => /^(?:\/|\.\.?(?:[/\\]|$)|[A-Za-z]:[/\\])/.test(text);

const isLayout = (source: ImageSource): source is LayoutFiles =>
  typeof source === 'object' && 'layout' in source && typeof source.layout === 'function';

/** The folder of a packaged scenario, by its own name or that of its image; undefined when there is none. */
function scenarioFolder(name: string): string | undefined {
  const tagged = /:[^/]*$/.test(name) ? name : `${name}:latest`;
  const found = scenarios.find((scenario) => scenario.name === name || scenario.images.includes(tagged));
  return found && join(packaged, found.name);
}

/**
 * The layout folder behind a source, as far as it has or can be given one.
 *
 * @param scratch folder to which an image that is not on disk is written
 * @returns undefined for an archive, which has to be loaded
 * @throws AttestdError INVALID_ARGUMENT when there is no such scenario, NOT_FOUND when there is nothing at the path
 */
export async function layoutFolder(source: ImageSource, scratch: string): Promise<string | undefined> {
  if (isLayout(source)) {
    await writeFiles(source, scratch);
    return scratch;
  }
  if (typeof source !== 'string') return undefined;
  if (isPath(source)) return (await statOf(source)).isDirectory() ? source : undefined;
  const folder = scenarioFolder(source);
  if (folder === undefined)
    throw new AttestdError(
      'INVALID_ARGUMENT',
      `'${source}' is no packaged scenario; a path begins with '/', './' or '../'`,
    );
  return folder;
}

/**
 * The bytes of an archive.
 *
 * @throws AttestdError NOT_FOUND when there is no such file, INVALID_ARGUMENT for what is no archive
 */
export async function archiveStream(source: ArchiveSource): Promise<Readable> {
  if (source instanceof Readable) return source;
  if (source instanceof Uint8Array) return Readable.from([Buffer.from(source)]);
  if (isLayout(source)) return Readable.from([source.toArchive()]);
  if (typeof source !== 'string')
    throw new AttestdError('INVALID_ARGUMENT', 'an archive is a path, bytes, a stream or an image built in code');
  if ((await statOf(source)).isDirectory())
    throw new AttestdError('INVALID_ARGUMENT', `'${source}' is a folder, and only archives are loaded`);
  return createReadStream(source);
}

async function statOf(path: string): Promise<{ isDirectory(): boolean }> {
  return stat(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') throw new AttestdError('NOT_FOUND', `there is nothing at '${path}'`, { cause });
    throw cause;
  });
}

/** Write the files of a layout below a folder. */
export async function writeFiles(image: LayoutFiles, folder: string): Promise<void> {
  const files = [...image.layout()];
  await Promise.all([...new Set(files.map(([path]) => dirname(join(folder, path))))].map(makeFolder));
  await Promise.all(files.map(([path, bytes]) => writeFile(join(folder, path), bytes)));
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
}
