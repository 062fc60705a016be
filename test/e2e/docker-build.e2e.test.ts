import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Daemon, startDaemon } from './support/daemon.js';
import { DockerCli } from './support/docker.js';
import { DOCKER, describeWith } from './support/tools.js';

const classic = { env: { DOCKER_BUILDKIT: '0' } };

describeWith(DOCKER, 'the docker CLI builds', function (path) {
  this.timeout(60_000);
  let daemon: Daemon;
  let docker: DockerCli;
  let folder: string;

  before(async () => {
    daemon = await startDaemon();
    docker = new DockerCli(path, daemon.host);
    folder = await mkdtemp(join(tmpdir(), 'attestd-e2e-build-'));
    await mkdir(join(folder, 'bin'));
    // The simulation has the programs; their names are all that an image needs.
    await writeFile(join(folder, 'bin/busybox'), 'busybox');
    await chmod(join(folder, 'bin/busybox'), 0o755);
    for (const name of ['sh', 'cat', 'echo']) await symlink('busybox', join(folder, 'bin', name));
    await writeFile(join(folder, '.dockerignore'), 'secret\n');
    await writeFile(join(folder, 'secret'), 'secret');
    await writeFile(join(folder, 'greeting'), 'hello from a file\n');
    const dockerfile = [
      'FROM scratch AS base',
      'COPY bin /bin',
      'ENV PATH=/bin',
      'FROM base',
      'ARG WHO=nobody',
      'WORKDIR /data',
      'COPY . .',
      'RUN echo "built for $WHO" >> greeting',
      'CMD ["cat","greeting"]',
    ];
    await writeFile(join(folder, 'Dockerfile'), `${dockerfile.join('\n')}\n`);
  });

  after(async () => {
    await rm(folder, { recursive: true, force: true });
    await daemon?.stop();
  });

  const build = (...args: string[]): ReturnType<DockerCli['try']> =>
    docker.try(['build', '--network', 'none', ...args, folder], classic);

  it('an image that runs', async () => {
    const { code, stdout } = await build('--tag', 'e2e/built:1', '--build-arg', 'WHO=you', '--label', 'l=1');
    expect(code, stdout).to.equal(0);
    expect(stdout).to.include('Step 1/10 : FROM scratch AS base').and.include('Successfully tagged e2e/built:1');
    expect(await docker.ok('run', '--rm', '--network', 'none', 'e2e/built:1')).to.equal(
      'hello from a file\nbuilt for you',
    );
    expect(await docker.json('inspect', '--format', '{{json .Config.Labels}}', 'e2e/built:1')).to.deep.equal({
      l: '1',
    });
  });

  it('without what .dockerignore says', async () => {
    expect(await docker.fails('run', '--rm', '--network', 'none', 'e2e/built:1', 'cat', 'secret')).to.match(
      /cat: can't open 'secret': No such file or directory/,
    );
  });

  it('again from its cache', async () => {
    const { stdout } = await build('--quiet', '--build-arg', 'WHO=you', '--label', 'l=1');
    expect(stdout.trim()).to.equal(await docker.ok('inspect', '--format', '{{.Id}}', 'e2e/built:1'));
  });

  it('and fails where a command does', async () => {
    const { code, stderr } = await docker.try(['build', '--network', 'none', '-'], {
      ...classic,
      input: Buffer.from('FROM e2e/built:1\nRUN exit 7\n'),
    });
    expect(code).to.equal(7);
    expect(stderr).to.include("The command '/bin/sh -c exit 7' returned a non-zero code: 7");
  });
});
