import { expect } from 'chai';
import { Budget } from '../../../src/support/sandbox/fs/budget.js';
import { createFileSystem } from '../../../src/support/sandbox/fs/file-system.js';
import { container, run } from './support.js';

describe('What the kernel shows in a container', () => {
  const controls = {
    memory: 10_485_760,
    memorySwap: 20_971_520,
    memoryReservation: 0,
    cpuPeriod: 0,
    cpuQuota: 50_000,
    cpuShares: 0,
    cpus: '',
    memoryNodes: '',
    processes: 7,
  };

  /** The output of a script in a container that has the directories every container has. */
  const said = async (script: string, more: object = {}): Promise<string[]> => {
    const { fs, clock } = await container();
    for (const path of ['/proc', '/sys', '/dev/shm']) fs.mkdir(path, { recursive: true });
    const shared = createFileSystem({ budget: new Budget(128 << 10), clock });
    const box = await container({
      fileSystem: fs,
      controlGroup: '/docker/abc',
      sharedMemory: { fileSystem: shared, path: '/', readOnly: false, type: 'shm' },
      ...more,
    });
    const { stdout, stderr } = await run(['sh', '-c', script], { in: box });
    return (stdout + stderr).trimEnd().split('\n');
  };

  it('are control groups with the bounds that hold now', async () => {
    const read = (...names: string[]): Promise<string[]> =>
      said(`cd /sys/fs/cgroup; cat ${names.join(' ')}`, { controls: () => controls });
    expect(
      await read(
        'memory/memory.limit_in_bytes',
        'memory/memory.memsw.limit_in_bytes',
        'cpu/cpu.cfs_quota_us',
        'cpu/cpu.cfs_period_us',
        'pids/pids.max',
      ),
    ).to.deep.equal(['10485760', '20971520', '50000', '100000', '7']);
    expect(
      await said('cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes cpu/cpu.cfs_quota_us pids/pids.max'),
    ).to.deep.equal(['9223372036854771712', '-1', 'max']);
  });

  it('say to which control groups a process belongs', async () => {
    expect(await said('cat /proc/self/cgroup | grep -E "^(9|1|0):"')).to.deep.equal([
      '9:name=systemd:/docker/abc',
      '1:cpu:/docker/abc',
      '0::/docker/abc',
    ]);
  });

  it('cannot be changed, and are in lists of files', async () => {
    expect(await said('mkdir /sys/fs/cgroup/pids/foo; touch /sys/a; echo a > /proc/sys/kernel/hostname')).to.deep.equal(
      [
        "mkdir: can't create directory '/sys/fs/cgroup/pids/foo': Read-only file system",
        'touch: /sys/a: Read-only file system',
        "sh: can't create /proc/sys/kernel/hostname: Read-only file system",
      ],
    );
    expect(
      await said('ls /sys/fs/cgroup; ls -d /proc/[0-9]*; test -f /proc/cpuinfo && readlink /proc/self'),
    ).to.deep.equal(['blkio', 'cpu', 'cpuset', 'memory', 'pids', '/proc/1', '1']);
  });

  it('tell names, ports and pings', async () => {
    const files = 'kernel/hostname kernel/domainname net/ipv4/ping_group_range net/ipv4/ip_unprivileged_port_start';
    expect(await said(`cd /proc/sys; cat ${files}`)).to.deep.equal(['box', '(none)', '0\t2147483647', '0']);
  });

  it('list mounts, shared memory among them, which takes no more than it has', async () => {
    expect(
      (await said('grep -E " / (/|/sys|/dev/shm) " /proc/self/mountinfo')).map((line) => line.replace(/^\d+ \d+ /, '')),
    ).to.deep.equal([
      '0:60 / / rw,relatime - overlay overlay rw',
      '0:61 / /dev/shm rw,nosuid,nodev,noexec,relatime - tmpfs shm rw',
      '0:63 / /sys ro,nosuid,nodev,noexec,relatime - sysfs sysfs ro',
    ]);
    expect(await said('dd if=/dev/zero of=/dev/shm/a bs=1k count=200 2>&1 | head -n 1')).to.deep.equal([
      "dd: error writing '/dev/shm/a': No space left on device",
    ]);
  });
});
