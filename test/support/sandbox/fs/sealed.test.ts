import { expect } from 'chai';
import { attempt, container } from '../support.js';

describe('A sealed file system', () => {
  it('takes nothing but below /dev and in what is mounted, in the words of busybox', async () => {
    const { fs: volume } = await container();
    const box = await container();
    box.fs.mkdir('/vol');
    box.fs.mkdir('/dev');
    box.fs.mount('/vol', { fileSystem: volume, path: '/tmp', readOnly: false });
    const { sandbox } = await container({ fileSystem: box.fs, sealed: true });
    const script = `touch /x; mkdir /y; rm /dir/file; mv /dir /e; cp /dir/file /b; chmod 777 /etc; ln -s a /b; truncate -s 1 /etc/passwd
echo a >> /etc/group; echo a > /vol/a; echo d > /dev/x; cat /vol/a /dev/x; mount | grep ' / '`;
    const { result, output } = attempt(sandbox, ['sh', '-c', script]);
    if (result.ok) await result.process.exit;
    expect(output.stdout).to.equal('a\nd\noverlay on / type overlay (ro,relatime)\n');
    const lines = output.stderr.trimEnd().split('\n');
    expect(lines).to.have.length(9);
    for (const line of lines) expect(line).to.match(/: Read-only file system$/);
    expect(volume.readFile('/tmp/a').toString()).to.equal('a\n');
    expect(box.fs.find('/x')).to.equal(undefined);
  });
});
