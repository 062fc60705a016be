import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import Docker from 'dockerode';
import { type Daemon, startDaemon } from './support/daemon.js';
import { ATTESTED, PLAIN, SLSA02 } from './support/images.js';
import { readTar } from './support/tar.js';

interface Removed {
  readonly Untagged?: string;
  readonly Deleted?: string;
}

interface Refusal {
  readonly message: string;
  readonly statusCode: number;
  readonly json: { readonly message: string };
}

/** The message of a stream of progress; its `stream` and `error` parts put together. */
async function progress(stream: NodeJS.ReadableStream): Promise<string[]> {
  const messages: string[] = [];
  for await (const line of createInterface({ input: stream })) {
    if (line.trim() === '') continue;
    const message = JSON.parse(line) as { stream?: string; status?: string; error?: string };
    messages.push((message.stream ?? message.status ?? message.error ?? '').trim());
  }
  return messages;
}

async function refused(answer: Promise<unknown>): Promise<Refusal> {
  try {
    await answer;
  } catch (error) {
    return error as Refusal;
  }
  throw new Error('the call succeeded');
}

async function bytes(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

describe('dockerode', function () {
  this.timeout(60_000);
  let daemon: Daemon;
  let docker: Docker;

  const load = async (image: { tar: string }, options: object = {}): Promise<string[]> =>
    progress(await docker.loadImage(createReadStream(image.tar), options));
  const tags = async (options: Docker.ListImagesOptions = {}): Promise<string[]> =>
    (await docker.listImages(options)).flatMap((image) => image.RepoTags ?? []).sort();

  /** A request that dockerode has no method for; a path that takes options ends with a question mark. */
  const get = (path: string, options: object): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const statusCodes = { 200: true, 404: 'no such image', 500: 'server error' };
      docker.modem.dial({ path, method: 'GET', options, statusCodes }, (error: unknown, data: unknown) =>
        error ? reject(error) : resolve(data),
      );
    });

  before(async () => {
    daemon = await startDaemon();
    docker = new Docker({ socketPath: daemon.socket });
  });

  beforeEach(async () => {
    await load(ATTESTED);
    await load(PLAIN);
  });

  afterEach(async () => {
    for (const image of await docker.listImages({ all: true })) await docker.getImage(image.Id).remove({ force: true });
  });

  after(() => daemon?.stop());

  it('pings, and asks for version and info', async () => {
    expect(String(await docker.ping())).to.equal('OK');
    expect(await docker.version()).to.include({ ApiVersion: '1.55', MinAPIVersion: '1.40' });
    expect(await docker.info()).to.include({ Images: 2, OSType: 'linux' });
  });

  it('speaks older versions of the API', async () => {
    const older = new Docker({ socketPath: daemon.socket, version: 'v1.44' });
    expect((await older.listImages()).map((image) => image.Id)).to.have.members([ATTESTED.index, PLAIN.id]);
    const tooOld = new Docker({ socketPath: daemon.socket, version: 'v1.30' });
    expect((await refused(tooOld.listImages())).statusCode).to.equal(400);
  });

  describe('listImages', () => {
    it('gives all images', async () => {
      const images = await docker.listImages();
      const attested = images.find((image) => image.Id === ATTESTED.index);
      expect(attested).to.deep.include({ RepoTags: [ATTESTED.name], RepoDigests: [`hello@${ATTESTED.index}`] });
      expect(attested?.Labels).to.deep.equal({ 'org.opencontainers.image.title': 'hello' });
    });

    it('gives the manifests with their attestations', async () => {
      const images = await docker.listImages({ manifests: true, filters: { reference: [ATTESTED.name] } });
      expect(images).to.have.length(1);
      const { Manifests } = images[0] as unknown as { Manifests: { ID: string; Kind: string; Available: boolean }[] };
      expect(Manifests.map((manifest) => manifest.Kind)).to.deep.equal([
        'image',
        'image',
        'attestation',
        'attestation',
      ]);
      expect(Manifests.slice(0, 2).map((manifest) => manifest.ID)).to.deep.equal([ATTESTED.amd64, ATTESTED.arm64]);
      expect(Manifests.every((manifest) => manifest.Available)).to.equal(true);
    });

    it('filters', async () => {
      expect(await tags({ filters: JSON.stringify({ reference: ['hello:p*'] }) })).to.deep.equal([PLAIN.name]);
      expect(await tags({ filters: { dangling: ['true'] } })).to.deep.equal([]);
      expect((await refused(docker.listImages({ filters: { bogus: ['1'] } }))).statusCode).to.equal(400);
    });

    it('counts what images share', async () => {
      const images = await docker.listImages({ 'shared-size': true } as object);
      const plain = images.find((image) => image.Id === PLAIN.id);
      expect(plain?.SharedSize).to.be.greaterThan(0);
      expect(plain?.SharedSize).to.equal(plain?.Size);
    });
  });

  describe('an image', () => {
    it('is inspected', async () => {
      const image = await docker.getImage(ATTESTED.name).inspect();
      expect(image).to.deep.include({
        Id: ATTESTED.index,
        RepoTags: [ATTESTED.name],
        Architecture: 'amd64',
        Os: 'linux',
      });
      const { statusCode, json } = await refused(docker.getImage('nowhere:1').inspect());
      expect(statusCode).to.equal(404);
      expect(json.message).to.equal('No such image: nowhere:1');
    });

    it('is inspected with its manifests', async () => {
      const { Manifests } = (await get(`/images/${ATTESTED.name}/json?`, { manifests: true })) as {
        Manifests: { Kind: string; AttestationData?: { For: string } }[];
      };
      const attestations = Manifests.filter((manifest) => manifest.Kind === 'attestation');
      expect(attestations.map((manifest) => manifest.AttestationData?.For)).to.deep.equal([
        ATTESTED.amd64,
        ATTESTED.arm64,
      ]);
    });

    it('gives its attestations', async () => {
      const statements = (await get(`/images/${ATTESTED.name}/attestations?`, { statement: true })) as {
        PredicateType: string;
        Statement: { _type: string };
      }[];
      expect(statements.map((statement) => statement.PredicateType)).to.deep.equal([
        'https://spdx.dev/Document',
        'https://slsa.dev/provenance/v1',
      ]);
      for (const { Statement } of statements) expect(Statement._type).to.match(/^https:\/\/in-toto\.io\/Statement\//);
    });

    it('tells its history', async () => {
      const steps = (await docker.getImage(ATTESTED.name).history()) as { Id: string; CreatedBy: string }[];
      expect(steps[0]?.Id).to.equal(ATTESTED.index);
      expect(steps.map((step) => step.CreatedBy.split(' ')[0])).to.deep.equal(['LABEL', 'COPY', 'ARG']);
    });

    it('is exported', async () => {
      const archive = await readTar(await bytes(await docker.getImage(PLAIN.name).get()));
      const index = JSON.parse(String(archive.get('index.json'))) as { manifests: { digest: string }[] };
      expect(index.manifests[0]?.digest).to.equal(PLAIN.id);
    });

    it('is exported with others', async () => {
      // The method is there, only its types lack it.
      const { getImages } = docker as unknown as {
        getImages(options: { names: string[] }): Promise<NodeJS.ReadableStream>;
      };
      const archive = await readTar(await bytes(await getImages.call(docker, { names: [PLAIN.name, ATTESTED.name] })));
      const index = JSON.parse(String(archive.get('index.json'))) as { manifests: { digest: string }[] };
      expect(index.manifests.map((manifest) => manifest.digest)).to.have.members([PLAIN.id, ATTESTED.index]);
    });

    it('is tagged', async () => {
      await docker.getImage(ATTESTED.name).tag({ repo: 'example.com/team/hello', tag: '2' });
      expect(await tags()).to.include('example.com/team/hello:2');
      expect((await refused(docker.getImage('nowhere:1').tag({ repo: 'a', tag: 'b' }))).statusCode).to.equal(404);
    });

    it('is removed', async () => {
      const removed = (await docker.getImage(ATTESTED.name).remove()) as Removed[];
      expect(removed).to.deep.equal([{ Untagged: ATTESTED.name }, { Deleted: ATTESTED.index }]);
      expect((await refused(docker.getImage(ATTESTED.name).remove())).statusCode).to.equal(404);
    });

    it('is removed against a conflict only by force', async () => {
      await docker.getImage(ATTESTED.name).tag({ repo: 'example.com/team/hello', tag: '2' });
      const image = docker.getImage(ATTESTED.index);
      expect((await refused(image.remove())).statusCode).to.equal(409);
      expect(await image.remove({ force: true })).to.have.length(3);
    });

    it('is not pushed without a network', async () => {
      const messages = await progress(
        await docker.getImage(PLAIN.name).push({ authconfig: { username: '', password: '' } }),
      );
      expect(messages[0]).to.equal('The push refers to repository [docker.io/library/hello]');
      expect(messages.at(-1)).to.include('registry-1.docker.io');
    });

    it('has no distribution without a network', async () => {
      const { statusCode, json } = await refused(docker.getImage(PLAIN.name).distribution());
      expect(statusCode).to.equal(500);
      expect(json.message).to.include('registry-1.docker.io');
    });
  });

  describe('images come in', () => {
    it('by loadImage', async () => {
      expect(await load(SLSA02)).to.deep.equal([`Loaded image: ${SLSA02.name}`]);
      expect(await load(SLSA02, { quiet: true })).to.deep.equal([`Loaded image: ${SLSA02.name}`]);
    });

    it('by importImage', async () => {
      const options = { repo: 'attestd-e2e-dockerode', tag: 'imported' };
      const stream = await docker.importImage(Readable.from([Buffer.alloc(1024)]), options);
      const [id] = await progress(stream);
      expect(id).to.match(/^sha256:[0-9a-f]{64}$/);
      expect(await tags()).to.include('attestd-e2e-dockerode:imported');
    });

    it('but not by createImage and pull without a network', async () => {
      const calls = [
        () => docker.createImage({ fromImage: 'attestd-e2e-nowhere', tag: '1' }),
        () => docker.pull('attestd-e2e-nowhere:1'),
      ];
      for (const call of calls) {
        const answer = await refused(call());
        expect(answer.statusCode).to.equal(500);
        expect(answer.message).to.include('docker.io/library/attestd-e2e-nowhere:1');
      }
    });
  });

  it('prunes', async () => {
    expect(await docker.pruneImages()).to.deep.equal({ ImagesDeleted: null, SpaceReclaimed: 0 });
    const pruned = await docker.pruneImages({ filters: { dangling: { false: true } } });
    expect((pruned.ImagesDeleted as Removed[]).map((entry) => entry.Untagged)).to.include.members([
      ATTESTED.name,
      PLAIN.name,
    ]);
    expect(await tags()).to.deep.equal([]);
  });

  it('counts disk usage', async () => {
    const usage = (await docker.df()) as { Images: { Id: string }[] };
    expect(usage.Images.map((image) => image.Id)).to.have.members([ATTESTED.index, PLAIN.id]);
  });

  it('hears events', async () => {
    const stream = (await docker.getEvents({ filters: { type: ['image'] } })) as Readable;
    try {
      const heard = once(stream, 'data');
      await docker.getImage(PLAIN.name).tag({ repo: 'attestd-e2e-dockerode', tag: 'heard' });
      const event = JSON.parse(String((await heard)[0])) as { Action: string; Actor: { ID: string } };
      expect(event).to.deep.include({ Action: 'tag' });
      expect(event.Actor.ID).to.equal(PLAIN.id);
    } finally {
      stream.destroy();
    }
  });

  it('searches nothing without a network', async () => {
    const { statusCode, json } = await refused(docker.searchImages({ term: 'attestd' }));
    expect(statusCode).to.equal(500);
    expect(json.message).to.include('index.docker.io/v1/search?q=attestd');
  });
});
