import { expect } from 'chai';
import { container } from '../support.js';

describe('programs about the system', () => {
  it('list the mounts with their types', async () => {
    const { fs } = await container();
    const source = (await container()).fs;
    fs.mount('/dir', { fileSystem: source, path: '/', readOnly: true });
    fs.mount('/tmp', { fileSystem: source, path: '/', readOnly: false, type: 'tmpfs' });
    const { start } = await container({ fileSystem: fs });
    const running = start(['mount']);
    expect((await running.exit).code).to.equal(0);
    expect(running.stdout.split('\n')).to.include.members([
      'overlay on / type overlay (rw,relatime)',
      '/dev/root on /dir type ext4 (ro,relatime)',
      'tmpfs on /tmp type tmpfs (rw,relatime)',
    ]);
  });

  it('show groups sorted, as the kernel keeps them', async () => {
    const { start } = await container();
    const running = start(['id', '-G'], { user: '7:7', groups: ['50', '10', '777', '3'] });
    await running.exit;
    expect(running.stdout).to.equal('7 3 10 50 777\n');
  });
});
