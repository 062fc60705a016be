import { posix } from 'node:path';
import { AttestdError } from '../../support/foundation/errors.js';
import { yieldIfDue } from '../../support/foundation/scheduler.js';
import { header, type RegistryResponse } from '../../support/registry-client/transport.js';
import { FileSystemError } from '../../support/sandbox/fs/errors.js';
import { createFileSystem } from '../../support/sandbox/fs/file-system.js';
import type { FileSystem } from '../../support/sandbox/fs/types.js';
import { extractionError } from '../containers/io/archive-entries.js';
import type { Context } from '../context.js';
import { download, reportBody } from '../registry/download.js';
import type { Output } from './output.js';
import { ownerOf } from './owner.js';
import { type Placement, place } from './place.js';
import { digestOf, jointHash, type Source, sourcesOf } from './sources.js';
import type { BaseImage, StageState } from './state.js';
import type { CopyStep } from './steps.js';

/** Where COPY and ADD take files from. */
interface CopyFrom {
  /** The context, or an image; undefined when there is no context. */
  readonly files: FileSystem | undefined;
  readonly image: boolean;
}

/** A step with its variables replaced. */
export interface Copied extends Pick<CopyStep, 'name' | 'flags' | 'sources' | 'destination'> {
  readonly chown: string;
}

/** Does with a step's sources what is to be done: `put` makes a file system of the image with them in it. */
export type UseCopy = (hash: string, put: () => Promise<FileSystem>) => Promise<void>;

/** Copies for all stages of a build. */
export class Copier {
  constructor(
    private readonly context: Context,
    private readonly output: Output,
    private readonly signal: AbortSignal,
    /** The context; undefined when there is none. */
    private readonly files: FileSystem | undefined,
    /** The image that `--from` names. */
    private readonly from: (name: string) => Promise<BaseImage>,
  ) {}

  /**
   * Find a step's sources, and hand them on.
   *
   * @throws INTERNAL for sources that are not there; what is wrong with an image that is not there
   */
  async copy(step: Copied, state: StageState, use: UseCopy): Promise<void> {
    const from = step.flags.text('from');
    const image = from === '' ? undefined : await this.#open(await this.#image(from));
    const gatherer = new Gatherer(this.context, this.output, this.signal);
    try {
      const where = { files: image ?? this.files, image: image !== undefined };
      const sources = await gatherer.gather(step, where);
      await use(jointHash(sources), () => this.#put(sources, step, state));
    } finally {
      gatherer.dispose();
      image?.dispose();
    }
  }

  async #image(name: string): Promise<BaseImage> {
    try {
      return await this.from(name);
    } catch (error) {
      if (!(error instanceof AttestdError)) throw error;
      throw new AttestdError(error.code, `invalid from flag value ${name}: ${error.message}`, { cause: error });
    }
  }

  async #open({ manifest }: Pick<BaseImage, 'manifest'>): Promise<FileSystem> {
    const { context } = this;
    const snapshot = await context.rootfs.snapshot(manifest);
    return createFileSystem({ snapshot, budget: context.layerBudget, clock: context.timers });
  }

  async #put(sources: readonly Source[], step: Copied, state: StageState): Promise<FileSystem> {
    const target = await this.#open(state);
    try {
      const keeps = step.chown === '' && step.flags.text('from') !== '';
      const owner = step.chown === '' ? { uid: 0, gid: 0 } : ownerOf(target, step.chown);
      const destination = inWorkdir(state, step.destination);
      const how = { destination, owner: keeps ? undefined : owner, unpack: step.name === 'ADD' };
      for (const source of sources) {
        await yieldIfDue();
        await placed(target, source, how);
      }
      return target;
    } catch (error) {
      target.dispose();
      throw error;
    }
  }
}

async function placed(target: FileSystem, source: Source, how: Placement): Promise<void> {
  try {
    await place(target, source, how);
  } catch (error) {
    if (error instanceof AttestdError && error.code === 'INVALID_ARCHIVE')
      throw new AttestdError('INTERNAL', `failed to copy files: ${extractionError(error)}`, { cause: error });
    if (!(error instanceof FileSystemError)) throw error;
    const why = error.text.toLowerCase();
    throw new AttestdError('INTERNAL', `failed to copy files: lstat ${how.destination}: ${why}`, { cause: error });
  }
}

/** A path in an image, from a stage's working directory on; a slash at its end stays. */
function inWorkdir({ config }: StageState, path: string): string {
  const absolute = posix.resolve('/', config.WorkingDir ?? '', path);
  return path.endsWith('/') && absolute !== '/' ? `${absolute}/` : absolute;
}

/** What a file from a URL is called: as the URL's path ends, or as the server says; empty for neither. */
function nameOf(url: string, response: RegistryResponse): string {
  const { pathname } = new URL(url);
  if (!pathname.endsWith('/')) return posix.basename(pathname);
  const [, quoted, plain] =
    /;\s*filename=(?:"([^"]*)"|([^\s;]*))/i.exec(header(response, 'content-disposition') ?? '') ?? [];
  const name = quoted ?? plain ?? '';
  return name.endsWith('/') ? '' : posix.basename(name);
}

/** Gathers what COPY and ADD copy; what was fetched is kept until it is disposed. */
class Gatherer {
  readonly #fetched: FileSystem[] = [];

  constructor(
    private readonly context: Context,
    private readonly output: Output,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Find what is to be copied.
   *
   * @throws INTERNAL for what is not there, is outside, or does not fit the destination
   */
  async gather(step: Copied, from: CopyFrom): Promise<readonly Source[]> {
    const { name, destination } = step;
    const sources: Source[] = [];
    try {
      for (const given of step.sources)
        for (const source of await this.#sources(step, given, from)) sources.push(source);
      if (sources.length === 0) throw new AttestdError('INTERNAL', 'no source files were specified');
    } catch (error) {
      if (!(error instanceof AttestdError)) throw error;
      throw new AttestdError(error.code, `${name} failed: ${error.message}`, { cause: error });
    }
    if (sources.length > 1 && !destination.endsWith('/')) {
      const why = 'the destination must be a directory and end with a /';
      throw new AttestdError('INTERNAL', `When using ${name} with more than one source file, ${why}`);
    }
    return sources;
  }

  /** Let go of what was fetched. */
  dispose(): void {
    for (const files of this.#fetched) files.dispose();
  }

  async #sources(step: Copied, given: string, { files, image }: CopyFrom): Promise<readonly Source[]> {
    if (/^https?:\/\//.test(given)) {
      if (step.name === 'COPY') throw new AttestdError('INTERNAL', "source can't be a URL for COPY");
      return [await this.#fetch(given, step.destination)];
    }
    if (files === undefined) throw new AttestdError('INTERNAL', 'missing build context');
    return sourcesOf(files, given, image);
  }

  /** A file from a URL. */
  async #fetch(url: string, destination: string): Promise<Source> {
    const response = await download(this.context, url, this.signal);
    const told = nameOf(url, response);
    const name = told || '__unnamed__';
    const files = createFileSystem({ budget: this.context.layerBudget, clock: this.context.timers });
    this.#fetched.push(files);
    const path = posix.join('/', name);
    const file = files.open(path, { write: true, create: true, mode: 0o600 });
    try {
      for await (const piece of reportBody(response, this.output.emit, { status: 'Downloading' })) file.write(piece);
    } finally {
      file.close();
    }
    this.output.print('\n');
    if (told === '' && destination.endsWith('/'))
      throw new AttestdError('INTERNAL', `cannot determine filename for source ${url}`);
    const modified = Date.parse(header(response, 'last-modified') ?? '');
    files.change(path, { mtime: BigInt(Number.isNaN(modified) ? 0 : modified) * 1_000_000n });
    return { files, path, name, directory: false, hash: await digestOf(files, path), packed: true };
  }
}
