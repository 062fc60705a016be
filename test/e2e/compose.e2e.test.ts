import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { BUSYBOX, loadBusybox } from './support/busybox.js';
import { type Daemon, startDaemon } from './support/daemon.js';
import { type Finished, run } from './support/run.js';
import { COMPOSE, describeWith } from './support/tools.js';

const project = `
services:
  database:
    image: ${BUSYBOX}
    command: ["sh", "-c", "sleep 0.5; touch /tmp/ready; echo database is ready; sleep 1000"]
    stop_grace_period: 0s
    healthcheck: { test: ["CMD", "test", "-f", "/tmp/ready"], interval: 1s, start_interval: 200ms, start_period: 10s, retries: 5 }
    volumes: ["data:/data"]
  web:
    image: ${BUSYBOX}
    command: ["sh", "-c", "echo web has $$GREETING; sleep 1000"]
    stop_grace_period: 0s
    environment: { GREETING: hello }
    depends_on: { database: { condition: service_healthy } }
volumes: { data: {} }
`;

describeWith(COMPOSE, 'docker compose', function (path) {
  this.timeout(120_000);
  let daemon: Daemon;
  let folder: string;
  const compose = (...args: readonly string[]): Promise<Finished> =>
    run(path, ['--project-name', 'e2e', '--file', join(folder, 'compose.yaml'), '--ansi', 'never', ...args], {
      env: { DOCKER_HOST: daemon.host, DOCKER_CONFIG: folder },
    });
  const ok = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await compose(...args);
    expect(code, stderr).to.equal(0);
    return stdout.trim();
  };

  before(async () => {
    daemon = await startDaemon();
    folder = await mkdtemp(join(tmpdir(), 'attestd-e2e-'));
    await writeFile(join(folder, 'compose.yaml'), project);
    await loadBusybox(daemon);
  });

  after(async () => {
    await compose('down', '--volumes');
    await rm(folder, { recursive: true, force: true });
    await daemon?.stop();
  });

  it('brings up a service when the one that it depends on is healthy', async () => {
    const { code, stderr } = await compose('up', '--detach', '--pull', 'never');
    expect(code, stderr).to.equal(0);
    const steps = stderr.split('\n').map((line) => line.trim());
    const at = (text: RegExp): number => steps.findIndex((line) => text.test(line));
    expect(at(/e2e-database-1\s+Healthy/), stderr)
      .to.be.above(at(/e2e-database-1\s+Started/))
      .and.below(at(/e2e-web-1\s+Started/));
  });

  it('lists them', async () => {
    const rows = (await ok('ps', '--format', '{{.Service}}|{{.State}}|{{.Health}}')).split('\n').sort();
    expect(rows).to.deep.equal(['database|running|healthy', 'web|running|']);
  });

  it('shows their logs', async () => {
    const lines = (await ok('logs', '--no-color')).split('\n').map((line) => line.replace(/ +\| +/, '|'));
    expect(lines.sort()).to.deep.equal(['database-1|database is ready', 'web-1|web has hello']);
  });

  it('runs a command in one', async () => {
    expect(await ok('exec', '--no-TTY', 'web', 'cat', '/etc/hostname')).to.match(/^[0-9a-f]{12}$/);
  });

  it('takes all of it down, networks and volumes included', async () => {
    const { code, stderr } = await compose('down', '--volumes');
    expect(code, stderr).to.equal(0);
    expect(stderr)
      .to.match(/Network e2e_default\s+Removed/)
      .and.to.match(/Volume e2e_data\s+Removed/);
    expect(await ok('ps', '--all', '--quiet')).to.equal('');
  });
});
