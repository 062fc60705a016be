import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Daemon, startDaemon } from './support/daemon.js';
import { DockerCli } from './support/docker.js';
import { ATTESTED, PLAIN } from './support/images.js';
import { run } from './support/run.js';
import { DOCKER, describeWith, ORAS, SKOPEO, UMOCI } from './support/tools.js';

/** Runs a program that must succeed; resolves with what it printed. */
async function ok(path: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(path, args);
  if (code !== 0) throw new Error(`${path} ${args.join(' ')} ended with ${code}: ${stderr.trim()}`);
  return stdout.trim();
}

describeWith(DOCKER, 'Image layouts and archives', (docker) => {
  let folder: string;
  let layout: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'attestd-e2e-layouts-'));
    layout = join(folder, 'layout');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Runs the daemon on the layout while something is done with the docker CLI. */
  async function serving(act: (cli: DockerCli) => Promise<void>): Promise<void> {
    const daemon: Daemon = await startDaemon([], layout);
    try {
      await act(new DockerCli(docker, daemon.host));
    } finally {
      await daemon.stop();
    }
  }

  /** Names, moves and removes images, in the store that the layout is. */
  const changes = (name: string) =>
    serving(async (cli) => {
      await cli.ok('tag', name, 'another:v1');
      await cli.ok('load', '-i', PLAIN.tar);
      await cli.ok('tag', PLAIN.name, 'third:v1');
      await cli.ok('rmi', 'another:v1');
    });

  describeWith(SKOPEO, 'and skopeo', (skopeo) => {
    const inspect = (image: string): Promise<string> =>
      ok(skopeo, '--insecure-policy', 'inspect', '--raw', image).then((text) => text.replace(/\s/g, ''));

    for (const name of ['my/app:v1', 'latest']) {
      it(`finds ${name} where it put it, whatever is named afterwards`, async () => {
        const image = `oci:${layout}:${name}`;
        await ok(skopeo, '--insecure-policy', 'copy', '--all', `oci-archive:${ATTESTED.tar}`, image);
        const before = await inspect(image);
        await changes(name);
        expect(await inspect(image)).to.equal(before);
      });
    }

    it('reads what docker save gives', async () => {
      await serving(async (cli) => {
        await cli.ok('load', '-i', ATTESTED.tar);
        await cli.ok('save', '-o', join(folder, 'saved.tar'), ATTESTED.name);
      });
      const saved = await inspect(`oci-archive:${join(folder, 'saved.tar')}:attested`);
      expect(saved).to.equal(await inspect(`oci-archive:${ATTESTED.tar}`));
    });
  });

  describeWith(ORAS, 'and oras', (oras) => {
    it('finds what it put there, whatever is named afterwards', async () => {
      await writeFile(join(folder, 'note.txt'), 'note');
      const { code, stderr } = await run('sh', [
        '-c',
        `cd '${folder}' && exec '${oras}' push --oci-layout '${layout}:mine' note.txt:text/plain`,
      ]);
      expect(code, stderr).to.equal(0);
      const before = await ok(oras, 'resolve', '--oci-layout', `${layout}:mine`);
      await changes('mine');
      expect(await ok(oras, 'resolve', '--oci-layout', `${layout}:mine`)).to.equal(before);
      expect((await ok(oras, 'repo', 'tags', '--oci-layout', layout)).split('\n')).to.include('mine');
    });
  });

  describeWith(UMOCI, 'and umoci', (umoci) => {
    it('reads the store, and what docker save gives', async () => {
      const saved = join(folder, 'saved');
      await mkdir(saved);
      await serving(async (cli) => {
        await cli.ok('load', '-i', PLAIN.tar);
        await cli.ok('tag', PLAIN.name, 'another:v2');
        await cli.ok('save', '-o', `${saved}.tar`, PLAIN.name);
      });
      await ok('tar', '-xf', `${saved}.tar`, '-C', saved);
      for (const [image, tags] of [
        [`${layout}:plain`, ['plain', 'v2']],
        [`${saved}:plain`, ['plain']],
      ] as const) {
        expect((await ok(umoci, 'ls', '--layout', image.replace(/:plain$/, ''))).split('\n')).to.have.members(tags);
        const { history } = JSON.parse(await ok(umoci, 'stat', '--json', '--image', image)) as { history: unknown[] };
        expect(history).not.to.have.length(0);
      }
    });
  });
});
