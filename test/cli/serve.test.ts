import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

  for (const args of [
    ['--nope'],
    ['--listen', 'http://localhost:1'],
    ['--channel', 'other'],
    ['--platform', 'a/b/c/d/e'],
    ['--log-level', 'loud'],
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
