import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { image } from '../../../src/testing/fixtures.js';

const main = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));

interface Inspect {
  readonly Id: string;
  readonly Name: string;
  readonly RestartCount: number;
  readonly HostConfig: { readonly Memory: number };
  readonly State: {
    readonly Status: string;
    readonly ExitCode: number;
    readonly StartedAt: string;
    readonly FinishedAt: string;
    readonly Pid: number;
  };
  readonly Mounts: readonly { readonly Name: string; readonly Destination: string }[];
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, Record<string, unknown>>> };
}

/** A server in a process of its own, that can be killed. */
class Victim {
  #child: ChildProcess | undefined;
  stderr = '';

  constructor(
    private readonly folder: string,
    private readonly socket = join(folder, 'docker.sock'),
  ) {}

  async start(): Promise<void> {
    const args = ['serve', '--listen', `unix://${this.socket}`, '--store', join(this.folder, 'store')];
    const child = spawn(process.execPath, ['--import', 'tsx', main, ...args, '--platform', 'linux/amd64'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.stderr = '';
    child.stderr.on('data', (piece: Buffer) => {
      this.stderr += piece.toString();
    });
    const gone = once(child, 'exit').then(() => Promise.reject(new Error(`ended: ${this.stderr}`)));
    await Promise.race([once(child.stdout, 'data'), gone]);
    gone.catch(() => undefined);
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }

  async ask(method: string, path: string, body?: unknown): Promise<{ status: number; body: Buffer }> {
    const json = body !== undefined && !Buffer.isBuffer(body);
    const asked = request({
      socketPath: this.socket,
      method,
      path: `/v1.55${path}`,
      agent: false,
      headers: json ? { 'Content-Type': 'application/json' } : {},
    });
    asked.end(json ? JSON.stringify(body) : body);
    const [answer] = (await once(asked, 'response')) as [import('node:http').IncomingMessage];
    return { status: answer.statusCode ?? 0, body: await buffer(answer) };
  }

  /** What an answer of success holds. */
  async get<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.ask(method, path, body);
    expect(answer.status, `${method} ${path}: ${answer.body}`).to.be.below(300);
    return (answer.body.length === 0 ? undefined : JSON.parse(answer.body.toString())) as T;
  }

  /** Make and start a container that runs a command in the simulated shell. */
  async run(name: string, script: string, host: object = {}, more: object = {}): Promise<void> {
    const body = { Image: 'box:1', Cmd: ['sh', '-c', script], HostConfig: host, ...more };
    await this.get('POST', `/containers/create?name=${name}`, body);
    await this.ask('POST', `/containers/${name}/start`);
  }

  /** Run a command in a container that runs, to its end. */
  async exec(name: string, script: string): Promise<string> {
    const body = { Cmd: ['sh', '-c', script], AttachStdout: true, Tty: true };
    const { Id } = await this.get<{ Id: string }>('POST', `/containers/${name}/exec`, body);
    return (await this.ask('POST', `/exec/${Id}/start`, { Tty: true })).body.toString();
  }

  inspect(name: string): Promise<Inspect> {
    return this.get('GET', `/containers/${name}/json`);
  }

  async status(name: string): Promise<string> {
    const { State: state } = await this.inspect(name);
    return `${state.Status} ${state.ExitCode}`;
  }

  async file(name: string, path: string): Promise<string> {
    const { status, body } = await this.ask('GET', `/containers/${name}/archive?path=${path}`);
    return status === 200
      ? body.toString('latin1', 512, 512 + Number.parseInt(body.toString('latin1', 124, 135), 8))
      : `${status}`;
  }
}

const long = 'sleep 1000';

describe('a daemon whose server is killed', function () {
  this.timeout(120_000);
  let folder: string;
  let daemon: Victim;
  const state = (...names: string[]): string => join(folder, 'store', '.attestd', 'state', ...names);

  after(async () => {
    await daemon.end('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'attestd-state-'));
    daemon = new Victim(folder);
    await daemon.start();
    const executable = { content: '\x7fELF', mode: 0o755 };
    const programs = ['sh', 'sleep', 'date', 'cat', 'rm', 'mkdir', 'ln', 'true'].map((name) => [
      `/bin/${name}`,
      executable,
    ]);
    const files = { ...Object.fromEntries(programs), '/etc/base': 'base' };
    const box = image('box:1').layer(files).platform('linux/amd64');
    await daemon.ask('POST', '/images/load', await box.toArchive());
  });

  it('has its containers, networks and volumes again, as the acknowledged requests left them', async () => {
    await daemon.get('POST', '/networks/create', {
      Name: 'mine',
      Labels: { a: 'b' },
      IPAM: { Config: [{ Subnet: '10.9.0.0/24' }] },
    });
    await daemon.get('POST', '/volumes/create', { Name: 'data', Labels: { keep: 'yes' } });
    await daemon.run('plain', `echo one; echo two >&2; ${long}`, {
      NetworkMode: 'mine',
      Binds: ['data:/data', '/srv:/srv'],
    });
    await daemon.exec('plain', 'echo own > /own; rm /etc/base; mkdir /d; ln -s ../own /d/link');
    await daemon.exec('plain', 'echo shared > /data/file; echo host > /srv/file');
    await daemon.run('always', long, { RestartPolicy: { Name: 'always' } });
    await daemon.run('unless', long, { RestartPolicy: { Name: 'unless-stopped' } });
    await daemon.run('onfailure', long, { RestartPolicy: { Name: 'on-failure' } });
    await daemon.run('tried', 'exit 3', { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 1 } });
    await daemon.run('alwaysstopped', long, { RestartPolicy: { Name: 'always' } });
    await daemon.run('unlessstopped', long, { RestartPolicy: { Name: 'unless-stopped' } });
    await daemon.run('paused', long);
    await daemon.run('removed', long, { AutoRemove: true });
    await daemon.run('done', 'exit 5');
    await daemon.run('renamed', long);
    for (const name of ['alwaysstopped', 'unlessstopped']) await daemon.get('POST', `/containers/${name}/kill`);
    await daemon.get('POST', '/containers/paused/pause');
    await daemon.get('POST', '/containers/done/wait');
    await daemon.get('POST', '/containers/renamed/rename?name=other');
    await daemon.get('POST', '/containers/other/update', { Memory: 64 * 1024 * 1024, MemorySwap: -1 });
    await daemon.get('POST', '/containers/create?name=made', {
      Image: 'box:1',
      Cmd: ['true'],
      HostConfig: { RestartPolicy: { Name: 'always' } },
    });
    for (;;) if ((await daemon.inspect('tried')).State.Status === 'exited') break;
    await daemon.get('POST', '/commit?container=done&repo=made&tag=1');
    const before = await daemon.inspect('plain');
    const bridge = await daemon.get<{ Id: string }>('GET', '/networks/bridge');
    const host = await daemon.get<{ Id: string }>('GET', '/networks/host');
    const mine = await daemon.get<object>('GET', '/networks/mine');

    const { Parent: parent } = await daemon.get<{ Parent: string }>('GET', '/images/made:1/json');
    expect(parent).to.match(/^sha256:/);

    await daemon.end('SIGKILL');
    await daemon.start();

    const after = await daemon.inspect('plain');
    expect(after.Id).to.equal(before.Id);
    expect(after.State).to.include({ Status: 'exited', ExitCode: 255, Pid: 0, StartedAt: before.State.StartedAt });
    expect(after.State.FinishedAt > before.State.StartedAt).to.equal(true);
    expect(after.NetworkSettings.Networks.mine).to.include({ EndpointID: '', IPAddress: '' });
    for (const [name, expected] of [
      ['always', 'running 0'],
      ['unless', 'running 0'],
      ['onfailure', 'running 0'],
      ['alwaysstopped', 'running 0'],
      ['tried', 'exited 3'],
      ['unlessstopped', 'exited 137'],
      ['paused', 'exited 255'],
      ['done', 'exited 5'],
      ['other', 'exited 255'],
      ['made', 'created 0'],
    ] as const)
      expect(await daemon.status(name), name).to.equal(expected);
    expect((await daemon.ask('GET', '/containers/removed/json')).status).to.equal(404);
    expect((await daemon.inspect('always')).RestartCount).to.equal(0);
    expect((await daemon.inspect('other')).HostConfig.Memory).to.equal(64 * 1024 * 1024);
    expect((await daemon.get<{ Id: string }>('GET', '/networks/bridge')).Id).not.to.equal(bridge.Id);
    expect((await daemon.get<{ Id: string }>('GET', '/networks/host')).Id).to.equal(host.Id);
    expect(await daemon.get('GET', '/networks/mine')).to.deep.equal({
      ...mine,
      Containers: {},
      Status: { IPAM: { Subnets: { '10.9.0.0/24': { IPsInUse: 3, DynamicIPsAvailable: 253 } } } },
    });
    expect(await daemon.get('GET', '/volumes/data')).to.include({ Name: 'data' });
    expect((await daemon.get<{ Parent: string }>('GET', '/images/made:1/json')).Parent).to.equal(parent);
  });

  it('has the files and the logs of its containers', async () => {
    expect(await daemon.file('plain', '/own')).to.equal('own\n');
    expect(await daemon.file('plain', '/etc/base')).to.equal('404');
    const { body } = await daemon.ask('GET', '/containers/plain/logs?stdout=1&stderr=1');
    expect(body.toString()).to.match(/one\n[\s\S]*two\n/);
    await daemon.get('POST', '/containers/plain/start');
    expect(await daemon.exec('plain', 'cat /d/link /data/file /srv/file')).to.equal('own\r\nshared\r\nhost\r\n');
  });

  it('keeps what is written while a container runs', async () => {
    await daemon.run('writer', 'while true; do date +%s%N > /now; sleep 0.2; done');
    await new Promise((resolve) => setTimeout(resolve, 2500));
    await daemon.end('SIGKILL');
    await daemon.start();
    expect(await daemon.file('writer', '/now')).to.match(/^\d+/);
  });

  it('forgets what was removed, with its data', async () => {
    const { Id } = await daemon.inspect('plain');
    await daemon.get('DELETE', '/containers/plain?force=1');
    await daemon.get('DELETE', '/volumes/data');
    await daemon.get('DELETE', '/networks/mine');
    await daemon.end('SIGKILL');
    await daemon.start();
    expect((await daemon.ask('GET', '/containers/plain/json')).status).to.equal(404);
    expect((await daemon.ask('GET', '/networks/mine')).status).to.equal(404);
    expect(readdirSync(state('containers')).filter((name) => name.startsWith(Id))).to.deep.equal([]);
    expect(readdirSync(state('volumes'))).to.deep.equal([]);
  });

  it('sets a broken record aside, says so, and has the others', async () => {
    const { Id } = await daemon.inspect('done');
    const { Id: other } = await daemon.inspect('paused');
    await daemon.end('SIGTERM');
    const text = readFileSync(state('containers', `${Id}.json`), 'utf8');
    writeFileSync(state('containers', `${Id}.json`), text.slice(0, 200));
    writeFileSync(state('containers', `${other}.tar`), 'no archive, but long enough to be taken for one'.repeat(40));
    writeFileSync(state('networks', 'f'.repeat(64)), '{"version":2}');
    await daemon.start();
    expect((await daemon.ask('GET', '/containers/done/json')).status).to.equal(404);
    expect(await daemon.status('paused')).to.equal('exited 255');
    expect(await daemon.status('always')).to.equal('running 0');
    expect(daemon.stderr.match(/was set aside as/g)).to.have.length(2);
    expect(readdirSync(state('broken'))).to.have.length(2);
  });

  it('has a container whose volume has no record, with an empty volume', async () => {
    await daemon.run('lone', long, { Binds: ['lost:/data'] });
    await daemon.end('SIGTERM');
    rmSync(state('volumes', 'lost.json'));
    await daemon.start();
    expect((await daemon.inspect('lone')).State.Status).to.equal('exited');
    expect(await daemon.get('GET', '/volumes/lost')).to.include({ Name: 'lost' });
  });
});
