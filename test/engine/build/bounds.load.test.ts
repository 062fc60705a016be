import { expect } from 'chai';
import { Copier } from '../../../src/engine/build/copy.js';
import { Flags } from '../../../src/engine/build/flags.js';
import { Output } from '../../../src/engine/build/output.js';
import { digestOf } from '../../../src/engine/build/sources.js';
import type { StageState } from '../../../src/engine/build/state.js';
import { asynchronous } from '../../../src/engine/containers/io/archive-entries.js';
import type { ArchiveEntry } from '../../../src/support/sandbox/fs/types.js';
import { turnsDuring } from '../../helpers/turns.js';
import { mountable, stream } from '../../support/sandbox/fs/support.js';
import { build, engineWithBase, textOf } from './support.js';

const from = 'FROM base:1\n';

describe('What a build may ask for', function () {
  this.timeout(60_000);
  const engine = engineWithBase();

  it('is no argument that doubles from one to the next', async () => {
    const doubling = (keyword: string): string =>
      Array.from({ length: 30 }, (_, i) => `${keyword} a${i + 1}=$a${i}$a${i}\n`).join('');
    const said = textOf(await build(engine.context, `${from}ARG a0=x\n${doubling('ARG')}`));
    // The history of the image tells each of them, which is too much even before.
    expect(said).to.match(/^error /m);
    const globals = textOf(await build(engine.context, `ARG a0=x\n${doubling('ARG')}${from}`));
    expect(globals).to.include("the build's arguments have more than");
  });

  it('lets others have their turn while a context of many files is read, looked through and copied', async () => {
    const files = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`f/${'a'.repeat(60)}${i}`, '']));
    const work = async (): Promise<void> => {
      const said = textOf(await build(engine.context, `${from}COPY f/${'a*'.repeat(30)}b* f /f/\n`, files));
      expect(said).to.not.include('error');
    };
    expect(await turnsDuring(work)).to.be.greaterThan(5);
  });

  it('lets others have their turn while a large file is looked through and copied', async () => {
    const { fs: files } = mountable(undefined, 2 ** 28);
    files.writeFile('/f', Buffer.alloc(2 ** 26, 'x'));
    expect(await turnsDuring(() => digestOf(files, '/f'))).to.be.greaterThan(2);
    const { fs } = mountable(undefined, 2 ** 28);
    expect(await turnsDuring(() => fs.extract('/', stream(files.entries('/f'))))).to.be.greaterThan(2);
    for (let i = 0; i < 20_000; i++) fs.symlink('x', `/${i}`);
    const { fs: volume } = mountable(undefined, 2 ** 28);
    const entries = (): AsyncIterable<ArchiveEntry> => asynchronous(fs.entries('/', { name: '' }));
    expect(await turnsDuring(() => volume.extract('/', entries()))).to.be.greaterThan(2);
  });

  it('is a pattern for more files than a call takes arguments', async () => {
    const { fs: files } = mountable(undefined, 2 ** 28);
    for (let i = 0; i < 130_000; i++) files.writeFile(`/f${i}`, '');
    const copier = new Copier(engine.context, new Output(() => undefined), new AbortController().signal, files, () =>
      Promise.reject(new Error('no image')),
    );
    const step = { name: 'COPY', flags: new Flags(new Map()), sources: ['f*'], destination: '/d/', chown: '' } as const;
    let hash = '';
    await copier.copy(step, {} as StageState, async (found) => {
      hash = found;
    });
    expect(hash).to.match(/^multi:/);
  });
});
