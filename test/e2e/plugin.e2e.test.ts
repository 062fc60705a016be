import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type Daemon, startDaemon } from './support/daemon.js';
import { DockerCli } from './support/docker.js';
import { ATTESTED, PLAIN } from './support/images.js';
import type { Finished } from './support/run.js';
import { DOCKER, describeWith } from './support/tools.js';

const plugin = fileURLToPath(new URL('../../dist/cli/docker-attestations.js', import.meta.url));

describeWith(DOCKER, 'docker attestations, as a plugin of the docker CLI', function (path) {
  this.timeout(60_000);
  let folder: string;
  let daemon: Daemon;
  let docker: DockerCli;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'attestd-e2e-plugin-'));
    await mkdir(join(folder, 'cli-plugins'));
    await symlink(plugin, join(folder, 'cli-plugins', 'docker-attestations'));
    daemon = await startDaemon();
    docker = new DockerCli(path, daemon.host);
    for (const { tar } of [ATTESTED, PLAIN]) await docker.ok('load', '--quiet', '--input', tar);
  });
  after(async () => {
    await docker?.try(['rmi', '--force', ATTESTED.name, PLAIN.name]);
    await daemon?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const run = (args: readonly string[], env: Record<string, string> = {}): Promise<Finished> =>
    docker.try(args, { env: { DOCKER_CONFIG: folder, ...env } });
  const attestations = async (...args: string[]): Promise<string> => (await run(['attestations', ...args])).stdout;

  it('is among docker’s commands', async () => {
    expect((await run(['help'])).stdout).to.match(/^ {2}attestations\*? *Show and verify/m);
    expect((await run(['attestations', '--help'])).stdout).to.match(/^usage: docker attestations \[OPTIONS\] IMAGE/);
  });

  it('lists, shows and draws, for the host that docker has', async () => {
    expect(await attestations('ls', ATTESTED.name)).to.match(/^https:\/\/spdx\.dev\/Document /m);
    expect(
      JSON.parse(await attestations('show', ATTESTED.name, '--type', 'https://spdx.dev/Document')),
    ).to.have.property('predicateType', 'https://spdx.dev/Document');
    const tree = await attestations('tree', ATTESTED.name, '--all-platforms');
    expect(tree)
      .to.match(/^├─ linux\/amd64 /m)
      .and.match(/^└─ linux\/arm64 /m);
    expect(await attestations('ls', PLAIN.name)).to.equal(`${PLAIN.name} has no attestations\n`);
  });

  it('goes where docker’s flags and contexts lead', async () => {
    const nowhere = { DOCKER_HOST: 'unix:///nonexistent' };
    const byFlag = await run(['--host', daemon.host, 'attestations', 'ls', ATTESTED.name], nowhere);
    expect(byFlag.stdout, byFlag.stderr).to.match(/^PREDICATE TYPE/);
    const config = join(folder, 'config.json');
    await writeFile(config, '{}');
    const made = await run(['context', 'create', 'there', '--docker', `host=${daemon.host}`], { DOCKER_HOST: '' });
    expect(made.code, made.stderr).to.equal(0);
    const byContext = await run(['--context', 'there', 'attestations', 'ls', ATTESTED.name], nowhere);
    expect(byContext.stdout, byContext.stderr).to.match(/^PREDICATE TYPE/);
  });

  it('ends with its own exit code', async () => {
    expect(await run(['attestations', 'ls', 'nope'])).to.include({ code: 1 });
    expect(await run(['attestations', 'tree', ATTESTED.name, '--nope'])).to.include({ code: 2 });
  });

  it('completes as docker asks for it', async () => {
    const { stdout } = await run(['__complete', 'attestations', 'tr']);
    expect(stdout)
      .to.match(/^tree\t/m)
      .and.match(/^:4$/m);
  });
});
