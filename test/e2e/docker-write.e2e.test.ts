import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { type Daemon, startDaemon } from './support/daemon.js';
import { DockerCli } from './support/docker.js';
import { ATTESTED, PLAIN, SLSA02, short } from './support/images.js';
import { readTar } from './support/tar.js';
import { DOCKER, describeWith } from './support/tools.js';

interface Layout {
  readonly manifests: {
    readonly digest: string;
    readonly annotations?: Record<string, string>;
    readonly platform?: { readonly architecture: string };
  }[];
}

describeWith(DOCKER, 'the docker CLI writes', function (path) {
  this.timeout(60_000);
  let daemon: Daemon;
  let docker: DockerCli;
  let folder: string;

  const images = async (): Promise<string[]> =>
    (await docker.lines('images', '--all', '--format', '{{.Repository}}:{{.Tag}}')).sort();
  const load = (image: { tar: string }, ...args: string[]): Promise<string> =>
    docker.ok('load', ...args, '--input', image.tar);
  const layout = async (file: string): Promise<Layout> => {
    const index = (await readTar(await readFile(file))).get('index.json');
    expect(index, 'index.json of the archive').not.to.equal(undefined);
    return JSON.parse(String(index)) as Layout;
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'attestd-e2e-files-'));
    daemon = await startDaemon();
    docker = new DockerCli(path, daemon.host);
  });

  afterEach(async () => {
    const left = await docker.lines('images', '--all', '--quiet', '--no-trunc');
    if (left.length > 0) await docker.ok('rmi', '--force', ...new Set(left));
  });

  after(async () => {
    await rm(folder, { recursive: true, force: true });
    await daemon?.stop();
  });

  describe('load', () => {
    it('brings an image in under its name', async () => {
      expect(await load(ATTESTED)).to.equal('Loaded image: hello:attested');
      expect(await images()).to.deep.equal(['hello:attested']);
    });

    it('says nothing but the name when quiet', async () => {
      expect(await load(PLAIN, '--quiet')).to.equal('Loaded image: hello:plain');
    });

    it('reads an archive from standard input, compressed too', async () => {
      const archive = gzipSync(await readFile(PLAIN.tar));
      const { code, stdout } = await docker.try(['load'], { input: archive });
      expect(stdout.trim()).to.equal('Loaded image: hello:plain');
      expect(code).to.equal(0);
    });

    it('takes the platform that is asked for', async () => {
      expect(await load(ATTESTED, '--platform', 'linux/arm64')).to.equal('Loaded image: hello:attested');
      expect(await docker.ok('image', 'inspect', '--platform', 'linux/arm64', '-f', '{{.Id}}', ATTESTED.name)).to.equal(
        ATTESTED.arm64,
      );
    });

    it('refuses a platform that the archive lacks', async () => {
      expect(await docker.fails('load', '--platform', 'linux/riscv64', '--input', ATTESTED.tar)).to.include(
        'linux/riscv64',
      );
    });

    it('refuses what is no image archive', async () => {
      const { code, stderr } = await docker.try(['load'], { input: Buffer.from('not a tar') });
      expect(code).to.equal(1);
      expect(stderr.trim()).not.to.equal('');
      expect(await images()).to.deep.equal([]);
    });
  });

  describe('save', () => {
    it('writes what load reads back', async () => {
      await load(ATTESTED);
      const file = join(folder, 'one.tar');
      await docker.ok('save', '--output', file, ATTESTED.name);
      const { manifests } = await layout(file);
      expect(manifests.map((entry) => entry.digest)).to.deep.equal([ATTESTED.index]);
      await docker.ok('rmi', '--force', ATTESTED.index);
      expect(await load({ tar: file })).to.equal('Loaded image: hello:attested');
    });

    it('writes several names into one archive', async () => {
      await load(ATTESTED);
      await load(PLAIN);
      await docker.ok('tag', PLAIN.name, 'example.com/other/plain:2');
      const file = join(folder, 'several.tar');
      await docker.ok('save', '--output', file, ATTESTED.name, PLAIN.name, 'example.com/other/plain:2');
      const { manifests } = await layout(file);
      expect(manifests.map((entry) => entry.annotations?.['io.containerd.image.name'])).to.have.members([
        'docker.io/library/hello:attested',
        'docker.io/library/hello:plain',
        'example.com/other/plain:2',
      ]);
      await docker.ok('rmi', '--force', ATTESTED.index, PLAIN.id);
      expect((await docker.lines('load', '--input', file)).sort()).to.deep.equal([
        'Loaded image: example.com/other/plain:2',
        'Loaded image: hello:attested',
        'Loaded image: hello:plain',
      ]);
    });

    it('writes the platform that is asked for, and its attestations', async () => {
      await load(ATTESTED);
      const file = join(folder, 'arm64.tar');
      await docker.ok('save', '--platform', 'linux/arm64', '--output', file, ATTESTED.name);
      const { manifests } = await layout(file);
      expect(manifests[0]).to.include({ digest: ATTESTED.arm64 });
      const blobs = await readTar(await readFile(file));
      expect([...blobs.keys()]).to.include(`blobs/sha256/${ATTESTED.arm64.slice(7)}`);
      expect([...blobs.keys()]).not.to.include(`blobs/sha256/${ATTESTED.amd64.slice(7)}`);
    });

    it('refuses a platform that the image lacks, and an image that is not there', async () => {
      await load(PLAIN);
      const file = join(folder, 'never.tar');
      expect(await docker.fails('save', '--platform', 'linux/arm64', '-o', file, PLAIN.name)).to.include('linux/arm64');
      expect(await docker.fails('save', '-o', file, 'nowhere:1')).to.match(/No such image|not found/i);
    });
  });

  describe('import', () => {
    it('makes an image of a file system, with changes', async () => {
      const { stdout, code } = await docker.try(
        ['import', '--change', 'ENV A=b', '--change', 'LABEL x=y', '--message', 'by hand', '-', 'attestd-e2e:imported'],
        { input: Buffer.alloc(1024) },
      );
      expect(code).to.equal(0);
      expect(stdout.trim()).to.match(/^sha256:[0-9a-f]{64}$/);
      const template = '{{.Id}} {{.Config.Env}} {{.Config.Labels}} {{.Comment}}';
      expect(await docker.ok('image', 'inspect', '--format', template, 'attestd-e2e:imported')).to.equal(
        `${stdout.trim()} [A=b] map[x:y] by hand`,
      );
    });

    it('refuses a change that it does not know', async () => {
      const { code, stderr } = await docker.try(['import', '--change', 'COPY a b', '-', 'attestd-e2e:bad'], {
        input: Buffer.alloc(1024),
      });
      expect(code).to.equal(1);
      expect(stderr).to.match(/copy/i);
    });
  });

  describe('tag and rmi', () => {
    beforeEach(() => load(ATTESTED));

    it('gives an image another name and takes it away', async () => {
      await docker.ok('tag', ATTESTED.name, 'example.com/team/hello:2');
      expect(await images()).to.deep.equal(['example.com/team/hello:2', 'hello:attested']);
      expect(await docker.ok('rmi', 'example.com/team/hello:2')).to.equal('Untagged: example.com/team/hello:2');
      expect(await docker.lines('rmi', ATTESTED.name)).to.deep.equal([
        'Untagged: hello:attested',
        `Deleted: ${ATTESTED.index}`,
      ]);
      expect(await images()).to.deep.equal([]);
    });

    it('refuses to tag what is not there, and a name that is none', async () => {
      expect(await docker.fails('tag', 'nowhere:1', 'other:1')).to.match(/No such image: nowhere:1/);
      expect(await docker.fails('tag', ATTESTED.name, 'UPPER:1')).to.match(/must be lowercase/);
    });

    it('needs force for an id with names in several repositories', async () => {
      await docker.ok('tag', ATTESTED.name, 'example.com/team/hello:2');
      expect(await docker.fails('rmi', short(ATTESTED.index))).to.match(/must be forced/);
      const gone = await docker.lines('rmi', '--force', short(ATTESTED.index));
      expect(gone).to.include(`Deleted: ${ATTESTED.index}`).and.to.have.length(3);
      expect(await images()).to.deep.equal([]);
    });

    it('removes all names of a digest', async () => {
      await docker.ok('tag', ATTESTED.name, 'hello:again');
      const gone = await docker.lines('rmi', `hello@${ATTESTED.index}`);
      expect(gone).to.include.members(['Untagged: hello:attested', 'Untagged: hello:again']);
      expect(await images()).to.deep.equal([]);
    });

    it('removes one platform, by force only', async () => {
      expect(await docker.fails('rmi', '--platform', 'linux/arm64', ATTESTED.name)).to.match(/force/);
      const gone = await docker.lines('rmi', '--force', '--platform', 'linux/arm64', ATTESTED.name);
      expect(gone).to.deep.equal([`Deleted: ${ATTESTED.arm64}`]);
      expect(await docker.ok('image', 'inspect', '-f', '{{.Architecture}}', ATTESTED.name)).to.equal('amd64');
      expect(
        await docker.fails('save', '--platform', 'linux/arm64', '-o', join(folder, 'no.tar'), ATTESTED.name),
      ).to.include('linux/arm64');
    });

    it('says that an image is not there, and with force is content', async () => {
      expect(await docker.fails('rmi', 'nowhere:1')).to.match(/No such image: nowhere:1/);
      expect((await docker.try(['rmi', '--force', 'nowhere:1'])).code).to.equal(0);
    });
  });

  describe('image prune', () => {
    beforeEach(async () => {
      await load(ATTESTED);
      await load(SLSA02);
    });

    it('leaves images that have a name', async () => {
      expect(await docker.ok('image', 'prune', '--force')).to.equal('Total reclaimed space: 0B');
      expect(await images()).to.have.length(2);
    });

    it('takes all that no container uses', async () => {
      const report = await docker.lines('image', 'prune', '--force', '--all');
      expect(report).to.include.members(['Deleted Images:', 'untagged: hello:attested', `deleted: ${SLSA02.index}`]);
      expect(report.at(-1)).to.match(/^Total reclaimed space: [1-9]/);
      expect(await images()).to.deep.equal([]);
    });

    it('takes only what the filters let through', async () => {
      await docker.ok('image', 'prune', '--force', '--all', '--filter', 'label=nobody.has.this');
      await docker.ok('image', 'prune', '--force', '--all', '--filter', 'until=2001-01-01T00:00:00Z');
      expect(await images()).to.have.length(2);
      await docker.ok('image', 'prune', '--force', '--all', '--filter', 'label=org.opencontainers.image.title=hello');
      expect(await images()).to.deep.equal([]);
    });
  });
});
