import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { raw } from '../server/support.js';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
  /** Resolves with what standard output holds once it matches. */
  seen(pattern: RegExp): Promise<string>;
}

function attestd(...args: string[]): Run {
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  const waiting: (() => void)[] = [];
  child.stdout?.on('data', (piece) => {
    stdout += piece;
    for (const wake of waiting) wake();
  });
  child.stderr?.on('data', (piece) => {
    stderr += piece;
  });
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  const seen = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        if (pattern.test(stdout)) resolve(stdout);
      };
      waiting.push(look);
      void ended.then(() => reject(new Error(`ended without ${pattern}: ${stderr}`)));
      look();
    });
  return { child, ended, seen };
}

describe('attestd serve', function () {
  this.timeout(60_000);
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'attestd-test-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('goes on after SIGHUP, SIGQUIT, SIGUSR1 and SIGUSR2, and opens no inspector', async () => {
    const path = join(folder, 'signals.sock');
    const run = attestd('serve', '--listen', `unix://${path}`);
    await run.seen(/DOCKER_HOST/);
    for (const signal of ['SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const) {
      run.child.kill(signal);
      expect(await raw(path, 'GET /_ping HTTP/1.1')).to.have.property('status', 200);
    }
    run.child.kill('SIGTERM');
    const { code, stderr } = await run.ended;
    expect(code).to.equal(0);
    expect(stderr).to.not.include('Debugger');
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`says where it listens, answers, and ends cleanly on ${signal}`, async () => {
      const path = join(folder, `${signal}.sock`);
      const run = attestd('serve', '--listen', `unix://${path}`, '--store', join(folder, signal));
      const text = await run.seen(/export DOCKER_HOST=.*\n/);
      expect(text)
        .to.match(/^attestd is ready/)
        .and.include(`export DOCKER_HOST=unix://${path}\n`);
      expect((await raw(path, 'GET /_ping HTTP/1.1')).status).to.equal(200);
      run.child.kill(signal);
      expect(await run.ended).to.deep.include({ code: 0, stderr: '' });
      expect(await stat(path).catch(() => undefined)).to.equal(undefined);
    });
  }

  it('starts with the packaged fixtures on a private socket, and writes only its address when quiet', async () => {
    const run = attestd('serve', '--quiet');
    const host = (await run.seen(/\n/)).trim();
    expect(host).to.match(/^unix:\/\/.*\/attestd-[^/]*\/docker\.sock$/);
    const answer = await raw(host.slice('unix://'.length), 'GET /images/json HTTP/1.1');
    expect(JSON.parse(answer.body.toString())).to.be.an('array').that.is.not.empty;
    run.child.kill('SIGTERM');
    expect((await run.ended).code).to.equal(0);
    expect(await stat(join(host.slice('unix://'.length), '..')).catch(() => undefined)).to.equal(undefined);
  });

  it('waits for answers that are under way, and ends event streams, before it ends', async () => {
    const path = join(folder, 'drain.sock');
    const run = attestd('serve', '--quiet', '--listen', `unix://${path}`, '--drain-timeout', '20');
    await run.seen(/\n/);
    const events = raw(path, 'GET /events HTTP/1.1');
    const slow = connect(path);
    const begun = once(slow, 'data');
    slow.write(
      'POST /images/load HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n',
    );
    expect(String((await begun)[0])).to.match(/^HTTP\/1\.1 100 /);
    const answer = buffer(slow);
    slow.write('ab');
    run.child.kill('SIGTERM');
    expect((await events).status).to.equal(200);
    slow.write('cde');
    expect((await answer).toString()).to.match(/^HTTP\/1\.1 200 /);
    expect((await run.ended).code).to.equal(0);
  });

  it('keeps what is changed while it waits', async () => {
    const path = join(folder, 'kept.sock');
    const store = join(folder, 'kept');
    const serve = () => attestd('serve', '--quiet', '--store', store, '--listen', `unix://${path}`);
    const run = serve();
    await run.seen(/\n/);
    const slow = connect(path);
    const answer = buffer(slow);
    const body = JSON.stringify({ Name: 'late' });
    const head = 'POST /volumes/create HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json';
    slow.write(`${head}\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 5)}`);
    await sleep(300);
    run.child.kill('SIGTERM');
    await sleep(300);
    slow.write(body.slice(5));
    expect((await answer).toString()).to.match(/^HTTP\/1\.1 201 /);
    expect((await run.ended).code).to.equal(0);
    const again = serve();
    await again.seen(/\n/);
    expect((await raw(path, 'GET /volumes/late HTTP/1.1')).status).to.equal(200);
    again.child.kill('SIGTERM');
    expect((await again.ended).code).to.equal(0);
  });

  it('ends, whoever is still connected, where what is left to keep cannot be kept', async () => {
    const path = join(folder, 'failing.sock');
    const store = join(folder, 'failing');
    const options = ['--store', store, '--drain-timeout', '1'];
    const run = attestd('serve', '--quiet', '--listen', `unix://${path}`, ...options);
    await run.seen(/\n/);
    const drafts = join(store, '.attestd/state/draft');
    await rm(drafts, { recursive: true });
    await writeFile(drafts, '');
    expect((await raw(path, 'POST /volumes/create HTTP/1.1')).status).to.equal(500);
    const slow = connect(path).on('error', () => undefined);
    const begun = once(slow, 'data');
    slow.write('POST /images/load HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n');
    await begun;
    run.child.kill('SIGTERM');
    const { code, stderr } = await run.ended;
    expect(code).to.equal(3);
    expect(stderr).to.include('ENOTDIR');
    expect(await stat(path).catch(() => undefined)).to.equal(undefined);
  });

  it('ends at once at the second signal, and leaves nothing behind', async () => {
    const run = attestd('serve', '--quiet', '--drain-timeout', '60');
    const path = (await run.seen(/\n/)).trim().slice('unix://'.length);
    const slow = connect(path).on('error', () => undefined);
    const begun = once(slow, 'data');
    slow.write('POST /images/load HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n');
    await begun;
    run.child.kill('SIGTERM');
    await sleep(300);
    expect(run.child.exitCode).to.equal(null);
    run.child.kill('SIGTERM');
    expect((await run.ended).code).to.equal(1);
    expect(await stat(join(path, '..')).catch(() => undefined)).to.equal(undefined);
  });

  it('removes what a killed server has left, and nothing that belongs to one that lives', async () => {
    const killed = attestd('serve', '--quiet');
    const left = join((await killed.seen(/\n/)).trim().slice('unix://'.length), '..');
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(await stat(left).catch(() => undefined)).not.to.equal(undefined);
    const living = attestd('serve', '--quiet');
    const alive = join((await living.seen(/\n/)).trim().slice('unix://'.length), '..');
    expect(await stat(left).catch(() => undefined)).to.equal(undefined);
    const another = attestd('serve', '--quiet');
    await another.seen(/\n/);
    expect(await stat(alive).catch(() => undefined)).not.to.equal(undefined);
    for (const { child, ended } of [living, another]) {
      child.kill('SIGTERM');
      await ended;
    }
  });

  /** Start a server from a process that is then killed; resolves when the server is gone, with its socket. */
  const orphaned = async (file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> => {
    const script = `const c = require('node:child_process').spawn(${JSON.stringify(file)}, ${JSON.stringify(args)}, { stdio: ['ignore', 'pipe', 'ignore'] });
      c.stdout.once('data', (text) => process.stdout.write(c.pid + ' ' + text));
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const [pid, host = ''] = line.toString().trim().split(' ');
    parent.kill('SIGKILL');
    const isAlive = () => {
      try {
        return process.kill(Number(pid), 0);
      } catch {
        return false;
      }
    };
    while (isAlive()) await sleep(50);
    return host.slice('unix://'.length);
  };
  const withParent = ['--import', 'tsx', main, 'serve', '--quiet', '--exit-with-parent'];

  it('ends with its parent where that is wanted', async () => {
    const socket = await orphaned(process.execPath, withParent);
    expect(await stat(join(socket, '..')).catch(() => undefined)).to.equal(undefined);
  });

  it('ends with npx, which starts it through a shell', async () => {
    const command = [process.execPath, ...withParent].map((word) => `'${word}'`).join(' ');
    const socket = await orphaned('sh', ['-c', `${command}; true`], { npm_command: 'exec' });
    expect(await stat(join(socket, '..')).catch(() => undefined)).to.equal(undefined);
  });

  it('plays a bad day, of another release', async () => {
    const path = join(folder, 'faults.sock');
    const file = join(folder, 'faults.yaml');
    await writeFile(
      file,
      "version: '1.0'\nfaults: [{ match: { operation: SystemInfo }, status: 429, message: slow down }]\n",
    );
    const run = attestd(
      'serve',
      '--listen',
      `unix://${path}`,
      '--faults',
      file,
      '--engine',
      '29.0',
      '--max-api',
      '1.50',
    );
    expect(await run.seen(/DOCKER_HOST/)).to.include('API 1.44 to 1.50');
    expect((await raw(path, 'GET /info HTTP/1.1')).status).to.equal(429);
    expect((await raw(path, 'GET /v1.43/_ping HTTP/1.1')).status).to.equal(400);
    run.child.kill('SIGTERM');
    expect((await run.ended).code).to.equal(0);
  });

  for (const [args, what] of [
    [['--faults', '/nowhere/faults.yaml'], '/nowhere/faults.yaml'],
    [['--faults', 'package.json'], 'package.json'],
    [['--engine', '27.0'], '27.0'],
    [['--min-api', '1.50', '--max-api', '1.44'], '1.50'],
  ] as const)
    it(`says in one line what is wrong with ${args.join(' ')}`, async () => {
      const { code, stderr } = await attestd('serve', ...args).ended;
      expect(code).to.equal(2);
      expect(stderr)
        .to.match(/^attestd: [^\n]*\n$/)
        .and.include(what);
    });

  it('says in one line what cannot be a store or an address', async () => {
    await writeFile(join(folder, 'file'), 'x');
    await mkdir(join(folder, 'foreign'));
    await writeFile(join(folder, 'foreign', 'precious'), 'x');
    for (const args of [
      ['--store', join(folder, 'file')],
      ['--store', join(folder, 'file', 'below')],
      ['--store', join(folder, 'foreign')],
      ['--store', '/proc/none/below'],
      ['--listen', `unix://${join(folder, 'none', 'x.sock')}`],
      ['--listen', 'tcp://0.0.0.0:0'],
    ]) {
      const { code, stdout, stderr } = await attestd('serve', ...args).ended;
      expect(stderr, args.join(' '))
        .to.match(/^attestd: [^\n]+\n$/)
        .and.not.match(/mkdir|EEXIST|ENOTDIR|EACCES/);
      expect({ code, stdout }, args.join(' ')).to.deep.equal({ code: 2, stdout: '' });
    }
    expect(await readdir(join(folder, 'foreign'))).to.deep.equal(['precious']);
  });

  for (const args of [
    ['--nope'],
    ['--listen', 'http://localhost:1'],
    ['--channel', 'other'],
    ['--platform', 'a/b/c/d/e'],
    ['--log-level', 'loud'],
    ['--log-format', 'xml'],
    ['--drain-timeout', 'soon'],
    ['--unpack-limit', '2GiB'],
    ['--git-limit', '0'],
    ['--git-timeout', 'long'],
    ['--config-file', '/nosuch'],
    ['--cache-size', '0'],
    ['--control', 'tcp://127.0.0.1:1'],
    ['--tlsverify'],
    ['--tlscert', '/does/not/exist', '--tlskey', '/does/not/exist'],
    ['stray'],
  ]) {
    it(`refuses '${args.join(' ')}' with one line on standard error and exit code 2`, async () => {
      const { code, stdout, stderr } = await attestd('serve', ...args).ended;
      expect(stderr).to.match(/^attestd: [^\n]+\n$/);
      expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
    });
  }

  it('explains its flags', async () => {
    const { code, stdout } = await attestd('serve', '--help').ended;
    expect(code).to.equal(0);
    for (const flag of ['--listen', '--store', '--channel', '--platform', '--strict', '--log-level', '--tlsverify'])
      expect(stdout).to.include(flag);
  });
});
