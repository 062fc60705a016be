import { expect } from 'chai';
import { BUSYBOX, loadBusybox } from './support/busybox.js';
import { type Daemon, startDaemon } from './support/daemon.js';
import { run } from './support/run.js';
import { DOCKER_PY, describeWith } from './support/tools.js';

describeWith(DOCKER_PY, 'docker-py', function (path) {
  this.timeout(60_000);
  let daemon: Daemon;

  before(async () => {
    daemon = await startDaemon();
    await loadBusybox(daemon);
  });
  after(() => daemon?.stop());

  /** What a program prints that has a `client`. */
  async function python(...lines: readonly string[]): Promise<string> {
    const program = ['import docker, io, tarfile', 'client = docker.from_env()', ...lines].join('\n');
    const { code, stdout, stderr } = await run(path, ['-c', program], { env: { DOCKER_HOST: daemon.host } });
    expect(code, stderr).to.equal(0);
    return stdout.trim();
  }

  it('runs a container and has its output', async () => {
    expect(await python(`print(client.containers.run('${BUSYBOX}', ['echo', 'hi'], remove=True).decode())`)).to.equal(
      'hi',
    );
  });

  it('raises what a failing command and a missing image are', async () => {
    const lines = [
      'def kind(*args):',
      '  try: client.containers.run(*args, remove=True)',
      '  except docker.errors.ContainerError as e: return e.exit_status',
      '  except docker.errors.APIError as e: return type(e).__name__',
      `print(kind('${BUSYBOX}', ['sh', '-c', 'exit 3']), kind('${BUSYBOX}', 'nosuch'))`,
    ];
    expect(await python(...lines)).to.equal('3 APIError');
  });

  it('follows a container through its life', async () => {
    const lines = [
      `c = client.containers.run('${BUSYBOX}', ['sh', '-c', 'echo one; sleep 1000'], name='py', detach=True, labels={'a': 'b'})`,
      "print(c.status, [x.name for x in client.containers.list(filters={'label': 'a=b'})])",
      "print(c.exec_run(['sh', '-c', 'echo out; exit 2']))",
      'c.pause(); c.reload(); print(c.status); c.unpause()',
      "c.rename('py2'); c.reload(); print(c.name)",
      'print(next(c.logs(stream=True)))',
      "print(sorted(c.stats(stream=False))[0], c.top()['Titles'][0])",
      "c.stop(timeout=0); print(c.wait()['StatusCode'])",
      'c.remove(); print(client.containers.list(all=True, filters={"name": "py2"}))',
    ];
    expect((await python(...lines)).split('\n')).to.deep.equal([
      "created ['py']",
      "ExecResult(exit_code=2, output=b'out\\n')",
      'paused',
      'py2',
      "b'one\\n'",
      'blkio_stats UID',
      '137',
      '[]',
    ]);
  });

  it('puts files into a container and gets them out', async () => {
    const lines = [
      'data = io.BytesIO(); t = tarfile.open(fileobj=data, mode="w")',
      'info = tarfile.TarInfo("f"); info.size = 4; t.addfile(info, io.BytesIO(b"text")); t.close()',
      `c = client.containers.create('${BUSYBOX}', ['cat', '/tmp/f'])`,
      'print(c.put_archive("/tmp", data.getvalue()))',
      'bits, stat = c.get_archive("/tmp/f"); print(stat["name"], stat["size"])',
      'print(tarfile.open(fileobj=io.BytesIO(b"".join(bits))).getnames())',
      'c.start(); c.wait(); print(c.logs()); c.remove()',
    ];
    expect((await python(...lines)).split('\n')).to.deep.equal(['True', 'f 4', "['f']", "b'text'"]);
  });

  it('makes networks and volumes', async () => {
    const lines = [
      "n = client.networks.create('py-net', driver='bridge', labels={'k': 'v'})",
      `c = client.containers.create('${BUSYBOX}', 'true')`,
      "n.connect(c, aliases=['alias']); n.reload(); c.reload()",
      "print(c.attrs['NetworkSettings']['Networks']['py-net']['Aliases'])",
      'n.disconnect(c); n.remove(); c.remove()',
      "v = client.volumes.create('py-vol', labels={'k': 'v'})",
      "print(v.name, [x.name for x in client.volumes.list(filters={'label': 'k=v'})]); v.remove()",
    ];
    expect((await python(...lines)).split('\n')).to.deep.equal(["['alias']", "py-vol ['py-vol']"]);
  });
});
