import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { contextOfGit, isGitUrl } from '../../../src/engine/build/git.js';
import { skip } from '../../helpers/record.js';
import { openEngine, refusal, type TestEngine } from '../support.js';

function hasGit(): boolean {
  try {
    execFileSync('git', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('A context from Git', () => {
  let engine: TestEngine;
  let folder: string;
  let server: Server;
  let url: string;
  const { signal } = new AbortController();

  before(async function () {
    if (!hasGit()) {
      skip(this, 'git not found (apt install git)');
    }
    engine = await openEngine();
    folder = mkdtempSync(join(tmpdir(), 'attestd-test-git-'));
    const git = (...args: string[]): void =>
      void execFileSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@localhost', ...args], {
        stdio: 'ignore',
      });
    git('init', '-b', 'main');
    mkdirSync(join(folder, 'inner'));
    writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\nLABEL which=outer\n');
    writeFileSync(join(folder, 'inner/Dockerfile'), 'FROM scratch\nLABEL which=inner\n');
    writeFileSync(join(folder, 'inner/file'), 'content');
    git('add', '.');
    git('commit', '-m', 'one');
    git('tag', 'v1');
    writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\nLABEL which=later\n');
    git('commit', '-a', '-m', 'two');
    git('update-server-info');
    // Files alone, as the oldest of Git's protocols has it.
    server = createServer((request, response) => {
      const path = (request.url ?? '').split('?', 1)[0] as string;
      try {
        response.end(readFileSync(join(folder, '.git', path.replace(/^\/repo\.git/, ''))));
      } catch {
        response.writeHead(404).end();
      }
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/repo.git`;
  });

  after(async () => {
    server?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
    await engine?.close();
  });

  const dockerfileOf = async (fragment: string): Promise<string> =>
    (await contextOfGit(engine.context, `${url}${fragment}`, 'Dockerfile', signal)).dockerfile.toString();

  it('is the usual branch, another reference, or a folder of either', async () => {
    expect(await dockerfileOf('')).to.contain('later');
    expect(await dockerfileOf('#v1')).to.contain('outer');
    expect(await dockerfileOf('#main:inner')).to.contain('inner');
    expect(await dockerfileOf('#:inner')).to.contain('inner');
  });

  it('has the files of its folder', async () => {
    const { files } = await contextOfGit(engine.context, `${url}#main:inner`, 'Dockerfile', signal);
    expect(files?.readFile('/file', 100).toString()).to.equal('content');
  });

  it('is refused for what git cannot fetch', async () => {
    for (const fragment of ['#nosuch', '#main:nosuch', '#--upload-pack=x'])
      expect((await refusal(() => dockerfileOf(fragment)))[0], fragment).to.equal('INTERNAL');
    const nowhere = 'git://127.0.0.1:1/x';
    const [code, message] = await refusal(() => contextOfGit(engine.context, nowhere, 'Dockerfile', signal));
    expect(code).to.equal('INTERNAL');
    expect(message).to.match(/^error fetching: fatal: unable to connect/);
  });

  it('takes no more bytes and no more time than the daemon is set up for', async () => {
    const bounds = (git: { bytes: number; seconds: number }) => ({
      ...engine.context,
      settings: { ...engine.context.settings, git },
    });
    const few = await refusal(() => contextOfGit(bounds({ bytes: 100, seconds: 60 }), url, 'Dockerfile', signal));
    expect(few).to.deep.equal(['INTERNAL', 'error fetching: the repository takes more than 100 bytes']);
    // A server that takes a connection and says nothing.
    const silent = createTcpServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const nowhere = `git://127.0.0.1:${(silent.address() as AddressInfo).port}/x`;
    const late = await refusal(() => contextOfGit(bounds({ bytes: 1e9, seconds: 0.2 }), nowhere, 'Dockerfile', signal));
    silent.close();
    expect(late).to.deep.equal(['INTERNAL', 'error fetching: it took more than 0.2 s']);
  });

  it('is told by its address', () => {
    const repositories = [
      'git://h/x',
      'git@h:x',
      'ssh://h/x',
      'github.com/a/b',
      'https://h/x.git',
      'http://h/x.git#r:f',
    ];
    expect(repositories.filter((one) => !isGitUrl(one))).to.deep.equal([]);
    expect(['http://h/x.tar', 'http://h/x?y.git', 'xyz', 'http://h/x#y.git'].filter(isGitUrl)).to.deep.equal([]);
  });
});
