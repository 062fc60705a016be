import { expect } from 'chai';
import { type Daemon, startDaemon } from './support/daemon.js';
import { DockerCli } from './support/docker.js';
import { ATTESTED, PLAIN, SLSA02, short } from './support/images.js';
import { DOCKER, describeWith } from './support/tools.js';

interface ImageRow {
  readonly Repository: string;
  readonly Tag: string;
  readonly ID: string;
  readonly Digest: string;
  readonly CreatedAt: string;
  readonly Size: string;
}

describeWith(DOCKER, 'the docker CLI reads', function (path) {
  this.timeout(60_000);
  let daemon: Daemon;
  let docker: DockerCli;

  before(async () => {
    daemon = await startDaemon();
    docker = new DockerCli(path, daemon.host);
    for (const image of [ATTESTED, PLAIN, SLSA02]) await docker.ok('load', '--quiet', '--input', image.tar);
  });

  after(async () => {
    await docker.try(['rmi', '--force', ATTESTED.name, PLAIN.name, SLSA02.name]);
    await daemon?.stop();
  });

  it('the version of client and server', async () => {
    const version = (await docker.json('version', '--format', 'json')) as {
      Client: { ApiVersion: string };
      Server: { ApiVersion: string; MinAPIVersion: string; Os: string; Components: { Name: string }[] };
    };
    expect(version.Server).to.include({ ApiVersion: '1.55', MinAPIVersion: '1.40', Os: 'linux' });
    expect(version.Server.Components.map((part) => part.Name)).to.include('Engine');
    expect(await docker.ok('version')).to.match(/^Server:/m);
  });

  it('what the daemon says of itself', async () => {
    const info = (await docker.json('info', '--format', 'json')) as {
      Images: number;
      Driver: string;
      ServerErrors?: unknown;
    };
    expect(info).to.include({ Images: 3, Driver: 'overlayfs' });
    expect(info.ServerErrors).to.equal(undefined);
  });

  describe('the list of images', () => {
    const ids = (...args: string[]): Promise<string[]> => docker.lines('images', '--quiet', '--no-trunc', ...args);
    const names = async (...args: string[]): Promise<string[]> =>
      (await docker.lines('images', '--format', '{{.Repository}}:{{.Tag}}', ...args)).sort();

    it('as a table', async () => {
      const [header, ...rows] = await docker.lines('images');
      expect(header).to.match(/^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE$/);
      expect(rows).to.have.length(3);
      expect(rows.find((row) => row.includes('attested'))).to.match(
        new RegExp(`^hello +attested +${short(ATTESTED.index)} `),
      );
    });

    it('as ids', async () => {
      expect(await ids()).to.have.members([ATTESTED.index, PLAIN.id, SLSA02.index]);
      expect(await docker.lines('images', '--quiet', ATTESTED.name)).to.deep.equal([short(ATTESTED.index)]);
    });

    it('with digests', async () => {
      const row = await docker.ok('images', '--digests', '--no-trunc', ATTESTED.name);
      expect(row.split(ATTESTED.index)).to.have.length(3);
    });

    it('as JSON', async () => {
      const rows = (await docker.lines('images', '--digests', '--format', 'json')).map(
        (line) => JSON.parse(line) as ImageRow,
      );
      const attested = rows.find((row) => row.Tag === 'attested');
      expect(attested).to.include({ Repository: 'hello', ID: short(ATTESTED.index), Digest: ATTESTED.index });
      expect(attested?.CreatedAt).to.match(/^2026-11-23 21:11:20 /);
      expect(attested?.Size).to.match(/kB$/);
    });

    it('by a template', async () => {
      expect(await docker.lines('images', '--format', '{{.Repository}}/{{.Tag}}={{.ID}}', PLAIN.name)).to.deep.equal([
        `hello/plain=${short(PLAIN.id)}`,
      ]);
      expect(await docker.ok('images', '--format', 'table {{.Tag}}', PLAIN.name)).to.match(/^TAG\s+plain$/);
    });

    it('by reference', async () => {
      expect(await names('--filter', 'reference=hello:a*')).to.deep.equal([ATTESTED.name]);
      expect(await names('--filter', 'reference=hello:plain', '--filter', 'reference=*:slsa??')).to.deep.equal([
        PLAIN.name,
        SLSA02.name,
      ]);
      expect(await names('--filter', 'reference=other')).to.deep.equal([]);
      expect(await names('hello')).to.have.length(3);
    });

    it('by label', async () => {
      const label = 'label=org.opencontainers.image.title';
      expect(await names('--filter', label)).to.have.length(3);
      expect(await names('--filter', `${label}=hello`)).to.have.length(3);
      expect(await names('--filter', `${label}=other`)).to.deep.equal([]);
      expect(await names('--filter', label.replace('label', 'label!'))).to.deep.equal([]);
    });

    it('by the time at which the daemon got them', async () => {
      expect(await names('--filter', 'until=2999-01-01')).to.have.length(3);
      expect(await names('--filter', 'until=2001-01-01')).to.deep.equal([]);
    });

    it('by another image', async () => {
      const imported = await docker.try(['import', '-', 'attestd-e2e-newer:1'], { input: Buffer.alloc(1024) });
      expect(imported.stderr).to.equal('');
      try {
        expect(await names('--filter', 'before=attestd-e2e-newer:1')).to.deep.equal([
          ATTESTED.name,
          PLAIN.name,
          SLSA02.name,
        ]);
        expect(await names('--filter', `since=${ATTESTED.name}`)).to.deep.equal(['attestd-e2e-newer:1']);
        expect(await docker.fails('images', '--filter', 'since=nowhere:1')).to.match(/No such image: nowhere:1/);
      } finally {
        await docker.ok('rmi', 'attestd-e2e-newer:1');
      }
    });

    it('of dangling and other images', async () => {
      expect(await ids('--filter', 'dangling=true')).to.deep.equal([]);
      expect(await ids('--filter', 'dangling=false')).to.have.length(3);
      expect(await ids('--all')).to.have.length(3);
    });

    it('but not by an unknown filter', async () => {
      expect(await docker.fails('images', '--filter', 'bogus=1')).to.match(/invalid filter 'bogus'/);
    });

    it('as a tree of platforms', async () => {
      // The CLI colours headings even into a pipe.
      const colours = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');
      const tree = (await docker.ok('image', 'ls', '--tree')).replaceAll(colours, '');
      const lines = tree.split('\n').map((line) => line.trim());
      const at = lines.findIndex((line) => line.startsWith(ATTESTED.name));
      expect(lines[at]).to.include(short(ATTESTED.index));
      expect(lines[at + 1]).to.match(new RegExp(`linux/amd64 +${short(ATTESTED.amd64)}`));
      expect(lines[at + 2]).to.match(new RegExp(`linux/arm64 +${short(ATTESTED.arm64)}`));
      expect(lines[at + 3]).to.equal('');
      expect(tree).to.include('linux/arm/v7').and.not.to.include('unknown');
    });
  });

  describe('one image', () => {
    interface Inspected {
      readonly Id: string;
      readonly RepoTags: string[];
      readonly Architecture: string;
      readonly Descriptor: { digest: string; platform?: { architecture: string } };
    }

    it('by name, by id and by digest', async () => {
      for (const name of [ATTESTED.name, ATTESTED.index, short(ATTESTED.index), `hello@${ATTESTED.index}`]) {
        const [image, ...others] = (await docker.json('image', 'inspect', name)) as Inspected[];
        expect(others).to.deep.equal([]);
        expect(image).to.include({ Id: ATTESTED.index, Architecture: 'amd64' });
        expect(image?.RepoTags).to.deep.equal([ATTESTED.name]);
      }
    });

    it('by a template', async () => {
      expect(await docker.ok('inspect', '--format', '{{.Os}}/{{.Architecture}}', ATTESTED.name)).to.equal(
        'linux/amd64',
      );
    });

    it('of another platform', async () => {
      const [image] = (await docker.json(
        'image',
        'inspect',
        '--platform',
        'linux/arm64',
        ATTESTED.name,
      )) as Inspected[];
      expect(image).to.include({ Id: ATTESTED.arm64, Architecture: 'arm64' });
      expect(image?.Descriptor.platform).to.deep.equal({ architecture: 'arm64', os: 'linux' });
    });

    it('but not of a platform that it lacks', async () => {
      expect(await docker.fails('image', 'inspect', '--platform', 'linux/riscv64', ATTESTED.name)).to.include(
        'linux/riscv64',
      );
    });

    it('but none that is not there', async () => {
      expect(await docker.fails('image', 'inspect', 'nowhere:1')).to.match(/No such image: nowhere:1/);
    });

    it('by its history', async () => {
      const step = '{{.ID}}|{{.CreatedBy}}|{{.Comment}}';
      expect(await docker.lines('history', '--no-trunc', '--format', step, ATTESTED.name)).to.deep.equal([
        `${ATTESTED.index}|LABEL org.opencontainers.image.title=hello|buildkit.dockerfile.v0`,
        '<missing>|COPY hello.txt /hello.txt # buildkit|buildkit.dockerfile.v0',
        '<missing>|ARG TARGETARCH=amd64|buildkit.dockerfile.v0',
      ]);
    });

    it("by another platform's history", async () => {
      const steps = await docker.ok('history', '--no-trunc', '--platform', 'linux/arm64', ATTESTED.name);
      expect(steps).to.include('TARGETARCH=arm64').and.not.to.include('amd64');
      expect(await docker.fails('history', '--platform', 'linux/riscv64', ATTESTED.name)).to.include('linux/riscv64');
    });
  });
});
