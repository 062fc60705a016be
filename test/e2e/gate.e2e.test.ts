import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { image } from '../../src/testing/fixtures.js';
import { BUSYBOX, loadBusybox } from './support/busybox.js';
import { type Daemon, startDaemon } from './support/daemon.js';
import { DockerCli } from './support/docker.js';
import { DOCKER, describeWith } from './support/tools.js';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const attested = 'gate/attested:1';

/** The policy of docs/reference/gate.md, as it stands there. */
async function pagePolicy(): Promise<string> {
  const page = await readFile(new URL('../../docs/reference/gate.md', import.meta.url), 'utf8');
  const [, program = ''] = /```js file=policy\.mjs\n([\s\S]*?)```/.exec(page) ?? [];
  return program;
}

describeWith(DOCKER, 'attestd gate before the docker CLI', function (path) {
  this.timeout(60_000);
  let folder: string;
  let daemon: Daemon;
  let gate: ChildProcess;
  let docker: DockerCli;
  let direct: DockerCli;

  /** An image with provenance and a shell; on a real daemon, whose shell is a real one, BuildKit makes it. */
  async function loadAttested(): Promise<void> {
    if (process.env.ATTESTD_E2E_HOST) {
      const config = { DOCKER_CONFIG: process.env.ATTESTD_E2E_DOCKER_CONFIG ?? '/nonexistent' };
      const build = ['buildx', 'build', '--quiet', '--provenance=true', '--tag', attested, '-'];
      const { code, stderr } = await direct.try(build, { input: Buffer.from(`FROM ${BUSYBOX}\n`), env: config });
      expect(code, stderr).to.equal(0);
      return;
    }
    const files = ['sh', 'cat', 'echo', 'sleep'].map((name) => [
      `/bin/${name}`,
      { content: `\x7fELF${name}`, mode: 0o755 },
    ]);
    const built = image(attested)
      .layer(Object.fromEntries(files))
      .config({ Env: ['PATH=/bin'], Cmd: ['sh'] })
      .provenance();
    await writeFile(join(folder, 'attested.tar'), built.toArchive());
    await direct.ok('load', '--quiet', '--input', join(folder, 'attested.tar'));
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'attestd-e2e-gate-'));
    daemon = await startDaemon();
    direct = new DockerCli(path, daemon.host);
    await loadBusybox(daemon);
    await loadAttested();
    await writeFile(join(folder, 'policy.mjs'), await pagePolicy());
    const socket = join(folder, 'gate.sock');
    const flags = ['--policy', join(folder, 'policy.mjs'), '--host', daemon.host, '--listen', `unix://${socket}`];
    const args = [main, 'gate', ...flags, '--audit', join(folder, 'audit.jsonl'), '--exit-with-parent'];
    gate = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [said] = (await once(gate.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    expect(said.toString()).to.include('the gate is ready');
    docker = new DockerCli(path, `unix://${socket}`);
  });
  after(async () => {
    gate?.kill('SIGTERM');
    await direct?.try(['rmi', '--force', attested, BUSYBOX]);
    await daemon?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('refuses to run what is not attested, with the reason, and creates nothing', async () => {
    const error = await docker.fails('run', '--rm', BUSYBOX, 'echo', 'x');
    expect(error).to.include(`Error response from daemon: ${BUSYBOX} may not run: it has no provenance`);
    expect(await direct.lines('ps', '--all', '--quiet')).to.deep.equal([]);
  });

  it('runs what is attested, with its input and output', async () => {
    expect(await docker.ok('run', '--rm', attested, 'echo', 'x')).to.equal('x');
    const { stdout } = await docker.try(['run', '--rm', '--interactive', attested, 'cat'], {
      input: Buffer.from('a\nb'),
    });
    expect(stdout).to.equal('a\nb');
  });

  it('does not start what was made past it', async () => {
    await direct.ok('create', '--name', 'elsewhere', BUSYBOX, 'echo', 'x');
    expect(await docker.fails('start', 'elsewhere')).to.include('may not run: it has no provenance');
    await docker.ok('rm', 'elsewhere');
  });

  it('executes, logs, stops and starts again', async () => {
    await docker.ok('run', '--detach', '--name', 'long', attested, 'sh', '-c', 'echo started; sleep 1000');
    expect(await docker.ok('exec', 'long', 'echo', 'inside')).to.equal('inside');
    expect(await docker.ok('logs', 'long')).to.equal('started');
    await docker.ok('stop', '--time', '0', 'long');
    await docker.ok('start', 'long');
    await docker.ok('rm', '--force', 'long');
  });

  it('refuses builds and commits', async () => {
    const classic = { DOCKER_BUILDKIT: '0' };
    const built = await docker.try(['build', '-'], { input: Buffer.from(`FROM ${attested}\n`), env: classic });
    expect(built.code).to.not.equal(0);
    expect(built.stderr).to.include("it cannot be judged ('--allow build')");
  });

  it('has written down what it decided', async () => {
    const lines = (await readFile(join(folder, 'audit.jsonl'), 'utf8')).trimEnd().split('\n');
    const decisions = lines.map((line) => JSON.parse(line) as { decision: string; operation: string });
    expect(decisions[0]).to.include({ decision: 'deny', operation: 'ContainerCreate', image: BUSYBOX });
    expect(decisions.map(({ decision }) => decision)).to.include.members(['allow', 'deny', 'refuse']);
  });

  it('ends with a signal, and takes its socket away', async () => {
    gate.kill('SIGINT');
    const [code] = (await once(gate, 'exit')) as [number];
    expect(code).to.equal(0);
    expect(await docker.fails('ps')).to.match(/cannot connect|connect: no such file|no such file/i);
  });
});
