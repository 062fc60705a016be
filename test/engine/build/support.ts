import { Readable } from 'node:stream';
import tar from 'tar-stream';
import { buildImage } from '../../../src/engine/build/build.js';
import type { BuildOptions } from '../../../src/engine/build/options.js';
import type { Context } from '../../../src/engine/context.js';
import type { StreamMessage } from '../../../src/engine/types.js';
import { all, openEngine, type TestEngine } from '../support.js';

/** A file of a context: its text, or what its header says. */
export type ContextFile = string | (tar.Header extends infer H ? Partial<H> & { readonly text?: string } : never);

/** Options that ask for nothing. */
export function optionsOf(more: Partial<BuildOptions> = {}): BuildOptions {
  return {
    tags: [],
    dockerfile: '',
    remote: '',
    target: '',
    quiet: false,
    noCache: false,
    cacheFrom: [],
    pull: false,
    remove: true,
    forceRemove: false,
    arguments: new Map(),
    labels: {},
    platform: undefined,
    credentials: () => ({}),
    host: {
      networkMode: 'none',
      extraHosts: [],
      memory: 0,
      memorySwap: 0,
      shmSize: 0,
      cpuShares: 0,
      cpuPeriod: 0,
      cpuQuota: 0,
      cpusetCpus: '',
      cpusetMems: '',
      cgroupParent: '',
      ulimits: [],
    },
    ...more,
  };
}

/** An archive of files. */
export function archiveOf(files: Readonly<Record<string, ContextFile>>): Readable {
  const pack = tar.pack();
  for (const [name, file] of Object.entries(files)) {
    const { text = '', ...header } = typeof file === 'string' ? { text: file } : file;
    pack.entry({ name, mtime: new Date(0), ...header }, text);
  }
  pack.finalize();
  return Readable.from(pack, { objectMode: false });
}

/** All that a build says. */
export function build(
  context: Context,
  dockerfile: string,
  files: Readonly<Record<string, ContextFile>> = {},
  more: Partial<BuildOptions> = {},
): Promise<readonly StreamMessage[]> {
  return all(buildImage(context, archiveOf({ Dockerfile: dockerfile, ...files }), optionsOf(more)));
}

/** The text of a build's stream, with ids as `ID`. */
export function textOf(messages: readonly StreamMessage[]): string {
  return messages
    .map(
      ({ stream, error, aux }) => stream ?? (error === undefined ? `aux ${JSON.stringify(aux)}\n` : `error ${error}`),
    )
    .join('')
    .replace(/\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b/g, 'ID');
}

/** A directory of programs, which the simulation knows by the name of busybox. */
export const programs: Readonly<Record<string, ContextFile>> = {
  'bin/busybox': { mode: 0o755, text: 'busybox' },
  ...Object.fromEntries(
    ['sh', 'cat', 'chown', 'echo', 'ls', 'mkdir', 'sleep', 'stat'].map((name) => [
      `bin/${name}`,
      { type: 'symlink', linkname: 'busybox' } as const,
    ]),
  ),
};

/** Make `base:1`, an image with a shell. */
export async function makeBase(context: Context): Promise<void> {
  await build(context, 'FROM scratch\nCOPY bin /bin\nENV PATH=/bin\n', programs, { tags: ['base:1'] });
}

/** An engine with `base:1` and nothing else, another one for each test of the suite that calls this. */
export function engineWithBase(): Pick<TestEngine, 'context'> {
  let engine: TestEngine;
  beforeEach(async () => {
    engine = await openEngine();
    await makeBase(engine.context);
  });
  afterEach(() => engine.close());
  return {
    get context() {
      return engine.context;
    },
  };
}
