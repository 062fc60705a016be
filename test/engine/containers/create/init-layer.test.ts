import { expect } from 'chai';
import { fillInitLayer } from '../../../../src/engine/containers/create/init-layer.js';
import { containerChanges } from '../../../../src/engine/containers/io/changes.js';
import { entry, mountable, snapshotOf } from '../../../support/sandbox/fs/support.js';
import { create, openContainers } from '../support.js';

describe('what every container finds', () => {
  it('is there without an image, and is no change of the container', async () => {
    const engine = await openContainers();
    const { fileSystem } = await create(engine.context, {}, 'web');
    expect(fileSystem?.list('/')).to.deep.equal(['.dockerenv', 'dev', 'etc', 'proc', 'sys']);
    expect(fileSystem?.list('/etc')).to.deep.equal(['hostname', 'hosts', 'mtab', 'resolv.conf']);
    expect(fileSystem?.list('/dev')).to.deep.equal(['console', 'pts', 'shm']);
    expect(fileSystem?.stat('/etc/hosts')).to.include({ type: 'file', mode: 0o755, size: 0 });
    expect(fileSystem?.lstat('/etc/mtab').target).to.equal('/proc/mounts');
    expect(await containerChanges(engine.context, 'web')).to.have.lengthOf(0);
    await engine.close();
  });

  it('takes the place of files and links of the image, and leaves its directories', async () => {
    const snapshot = await snapshotOf([
      entry('etc/'),
      entry('etc/hosts', { text: 'of the image' }),
      entry('etc/passwd', { text: 'stays' }),
      entry('dev', { type: 'symlink', target: 'elsewhere' }),
      entry('sys/'),
      entry('sys/kept', { text: '' }),
    ]);
    const { fs } = mountable(snapshot);
    fillInitLayer(fs);
    expect(fs.readFile('/etc/hosts').length).to.equal(0);
    expect(fs.readFile('/etc/passwd').toString()).to.equal('stays');
    expect(fs.lstat('/dev').type).to.equal('directory');
    expect(fs.list('/sys')).to.deep.equal(['kept']);
  });
});
