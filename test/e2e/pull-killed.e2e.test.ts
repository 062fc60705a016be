import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import Docker from 'dockerode';
import { execute } from '../../src/cli/program.js';
import { capture } from '../cli/capture.js';
import { FakeRegistry } from '../support/registry-client/fake-registry.js';
import { startDaemon } from './support/daemon.js';
import { ATTESTED } from './support/images.js';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

describe('A daemon that is killed while it pulls', function () {
  this.timeout(60_000);

  it('leaves nothing half there, and pulls it all the next time', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'attestd-e2e-killed-'));
    const store = join(folder, 'store');
    const socketPath = join(folder, 'd.sock');
    const fake = await FakeRegistry.start();
    try {
      await fake.load(ATTESTED.tar, 'a/b');
      // Every blob but the first ones comes a byte at a time.
      let stuck = 0;
      fake.fault = ({ method, path }, response) => {
        const bytes = fake.blobs.get(path.replace(/^.*\/blobs\//, ''));
        if (method !== 'GET' || !path.includes('/blobs/') || bytes === undefined || fake.seen.length < 6) return false;
        response.writeHead(200, { 'content-length': bytes.length });
        response.write(bytes.subarray(0, 1));
        stuck++;
        return true;
      };
      const args = [main, 'serve', '--listen', `unix://${socketPath}`, '--store', store, '--platform', 'linux/amd64'];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      let printed = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => (printed += String(piece)));
      try {
        for (let i = 0; i < 300 && !printed.includes('DOCKER_HOST='); i++) await sleep(50);
        const path = `/v1.55/images/create?fromImage=${fake.host}/a/b&tag=latest`;
        request({ socketPath, path, method: 'POST' }, (response) => response.resume().on('error', () => undefined))
          .on('error', () => undefined)
          .end();
        for (let i = 0; i < 300 && stuck === 0; i++) await sleep(50);
        expect(stuck).to.be.above(0);
      } finally {
        child.kill('SIGKILL');
        await ended;
      }
      expect(await readdir(join(store, '.attestd', 'ingest'))).not.to.deep.equal([]);
      fake.fault = () => false;
      const again = await startDaemon(['--platform', 'linux/amd64'], store);
      try {
        const docker = new Docker({ socketPath: again.socket });
        expect(await docker.listImages({ all: true })).to.deep.equal([]);
        expect(await readdir(join(store, '.attestd', 'ingest'))).to.deep.equal([]);
        const stream = await docker.pull(`${fake.host}/a/b:latest`);
        await new Promise((resolve, reject) =>
          docker.modem.followProgress(stream, (error) => (error ? reject(error) : resolve(undefined))),
        );
        const { Id } = await docker.getImage(`${fake.host}/a/b:latest`).inspect();
        expect(Id).to.equal(ATTESTED.index);
      } finally {
        await again.stop();
      }
      const { code, stdout } = await capture(() => execute(['store', 'check', store]));
      expect(stdout).not.to.match(/broken|corrupt/i);
      expect(code).to.equal(0);
    } finally {
      await fake.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
