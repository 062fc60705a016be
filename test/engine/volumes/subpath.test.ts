import { expect } from 'chai';
import { startContainer } from '../../../src/engine/containers/run/start.js';
import { resolveSubpath } from '../../../src/engine/volumes/subpath.js';
import { mountable } from '../../support/sandbox/fs/support.js';
import { type ContainerEngine, create, openContainers, run } from '../containers/support.js';
import { failure, refusal } from '../support.js';

describe('parts of volumes', () => {
  it('are found through links that stay inside', async () => {
    const { fs } = mountable();
    fs.mkdir('/subdir/deep', { recursive: true });
    fs.mkdir('/hack');
    fs.symlink('../subdir', '/hack/good');
    expect(resolveSubpath(fs, '/hack/good/deep')).to.equal('/subdir/deep');
    expect(resolveSubpath(fs, '/')).to.equal('/');
  });

  for (const [what, target] of [
    ['an absolute link', '/'],
    ['a link upwards', '../../..'],
  ] as const)
    it(`are refused behind ${what}`, async () => {
      const { fs } = mountable();
      fs.mkdir('/hack');
      fs.symlink(target, '/hack/root');
      fs.symlink('root', '/hack/bad');
      for (const path of ['/hack/root', '/hack/bad'])
        expect(await refusal(() => resolveSubpath(fs, path))).to.deep.equal([
          'INTERNAL',
          `path concatenation escapes the base directory, subpath: ${path.slice(1)}`,
        ]);
    });

  it('are refused when nothing is there, and in a loop', async () => {
    const { fs } = mountable();
    fs.symlink('loop', '/loop');
    for (const path of ['/none', '/loop'])
      expect((await failure(() => resolveSubpath(fs, path))).message).to.match(/^cannot access path \/(none|loop): /);
  });

  describe('of a container', () => {
    let engine: ContainerEngine;
    beforeEach(async () => {
      engine = await openContainers();
    });
    afterEach(() => engine.close());

    it('get what the image has there while they are empty', async () => {
      const { context } = engine;
      const { fileSystem: volume } = context.volumes.create({ Name: 'data', Driver: '' });
      volume.writeFile('/other', 'x');
      volume.mkdir('/part');
      const mount = { Type: 'volume', Source: 'data', Target: '/etc', VolumeOptions: { Subpath: 'part' } };
      const container = await create(context, { HostConfig: { NetworkMode: 'none', Mounts: [mount] } });
      container.fileSystem?.writeFile('/etc/own', 'from the image');

      await startContainer(context, container.id);
      expect(volume.readFile('/part/own').toString()).to.equal('from the image');
      await run(context, { HostConfig: { NetworkMode: 'none', Mounts: [{ ...mount, Target: '/elsewhere' }] } });
    });
  });
});
