import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import { expect } from 'chai';
import Docker from 'dockerode';
import { connect, type EngineClient, resolveAttestations } from '../../../src/client/index.js';
import { InfoRequest, ReadContentRequest } from '../../../src/generated/content.js';
import { readFaults } from '../../../src/server/faults/read.js';
import { image } from '../../../src/testing/image.js';
import { type Daemon, startDaemon } from '../../../src/testing/server.js';
import { ask } from '../../testing/support.js';

const page = readFileSync(new URL('../../../docs/reference/faults.md', import.meta.url), 'utf8');

/** The example under a heading of the page. */
function example(heading: string): string {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  return /```yaml\n([\s\S]*?)```/.exec(section)?.[1] ?? '';
}

/** What a promise rejects with. */
async function failure(promise: Promise<unknown>): Promise<{ code?: string; statusCode?: number; message: string }> {
  return promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error) => error,
  );
}

describe('the examples of docs/reference/faults.md', () => {
  let daemon: Daemon;
  let docker: Docker;
  let client: EngineClient;
  const program = { content: '\x7fELF', mode: 0o755 };
  const built = image('app:1')
    .layer({ '/bin/sh': program, '/bin/cat': program, '/bin/sleep': program, '/bin/echo': program })
    .platform('linux/amd64')
    .provenance()
    .statement('https://example.com/x', '{"text": "é"}');
  const list = '/v1.55/images/json';
  const attestations = { statement: true, platform: { os: 'linux', architecture: 'amd64' } };

  before(async () => {
    daemon = await startDaemon({ images: ['attestd/five-platforms', built], platform: 'linux/amd64', listen: 'tcp' });
    docker = new Docker(daemon.connection);
    client = await connect({ host: daemon.host });
  });
  after(async () => {
    await client.close();
    await daemon.close();
  });

  const begin = async (heading: string): Promise<void> => {
    await daemon.setFaults(await readFaults(example(heading), heading));
  };
  const statement = async (): Promise<string> => {
    const [first] = await client.imageAttestations('app:1', attestations);
    return first?.statement?.toString() ?? '';
  };

  beforeEach(() => daemon.setFaults());

  it('are all tried here', () => {
    const headings = page.split(/^## /m).flatMap((text) => (text.includes('```yaml') ? [text.split('\n', 1)[0]] : []));
    const tried = [...readFileSync(new URL(import.meta.url), 'utf8').matchAll(/begin\(['"](.+)['"]\)/g)].map(
      ([, name]) => name,
    );
    expect(new Set(tried)).to.deep.equal(new Set(headings));
  });

  it('give a status twice, with its headers, and then the answer', async () => {
    await begin('A status');
    for (let i = 0; i < 2; i++) {
      const error = await failure(docker.listImages());
      expect(error.statusCode).to.equal(429);
      expect(error.message).to.include('too many requests');
    }
    expect(await docker.listImages()).to.have.lengthOf(2);
    expect(daemon.faultCounts).to.deep.equal([{ name: 'faults[0]', matched: 3, struck: 2 }]);
  });

  it('delay an answer beyond what a client waits', async () => {
    await begin('A delay');
    const impatient = new Docker({ ...daemon.connection, timeout: 50 });
    expect((await failure(impatient.ping())).code).to.equal('ECONNRESET');
    expect(String(await docker.ping())).to.equal('OK');
  });

  it('reset the connection before the answer, once, for one image', async () => {
    await begin('A reset before the answer');
    expect((await docker.getImage('app:1').inspect()).RepoTags).to.deep.equal(['app:1']);
    expect((await failure(docker.getImage('attestd/five-platforms').inspect())).code).to.equal('ECONNRESET');
    expect((await docker.getImage('attestd/five-platforms').inspect()).RepoTags).to.have.lengthOf(1);
  });

  it('reset the connection in the middle of a body', async () => {
    await begin('A reset in the middle of a body');
    expect((await failure(ask(daemon.connection, list))).code).to.equal('ECONNRESET');
    expect((await failure(docker.listImages())).code).to.equal('ECONNRESET');
  });

  it('send a length that is wrong', async () => {
    await begin('A wrong Content-Length');
    expect((await failure(ask(daemon.connection, '/v1.55/images/app:1/json'))).code).to.equal('ECONNRESET');
    const response = await fetch(`${daemon.host.replace('tcp:', 'http:')}/v1.55/images/app:1/json`);
    const announced = Number(response.headers.get('content-length'));
    expect(await failure(response.text())).to.be.instanceOf(TypeError);
    await daemon.setFaults();
    expect((await ask(daemon.connection, '/v1.55/images/app:1/json')).body).to.have.lengthOf(announced - 10);
  });

  it('truncate an archive, which looks whole to HTTP', async () => {
    await begin('A truncated archive');
    const pieces: Buffer[] = [];
    for await (const piece of await docker.getImage('app:1').get()) pieces.push(piece as Buffer);
    expect(Buffer.concat(pieces)).to.have.lengthOf(4096);
    await daemon.setFaults();
    let whole = 0;
    for await (const piece of await docker.getImage('app:1').get()) whole += piece.length;
    expect(whole).to.be.above(4096);
  });

  it('stall a stream of events', async () => {
    await begin('An event stream that stalls');
    const stalled = (await docker.getEvents()) as NodeJS.ReadableStream & { destroy(): void };
    const heard: string[] = [];
    stalled.on('data', (piece) => heard.push(String(piece)));
    await daemon.setFaults();
    const hearing = (await docker.getEvents()) as NodeJS.ReadableStream & { destroy(): void };
    const [event] = await Promise.all([
      once(createInterface({ input: hearing }), 'line'),
      docker.getImage('app:1').tag({ repo: 'app', tag: 'stalled' }),
    ]);
    expect(JSON.parse(String(event)).Action).to.equal('tag');
    expect(heard).to.deep.equal([]);
    stalled.destroy();
    hearing.destroy();
    await daemon.reset();
  });

  it('cut a hijacked stream', async () => {
    await begin('A hijacked stream that is cut');
    const container = await docker.createContainer({
      Image: 'app:1',
      Cmd: ['sh', '-c', 'cat'],
      OpenStdin: true,
      Tty: true,
    });
    const stream = await container.attach({ stream: true, stdin: true, stdout: true, hijack: true });
    await container.start();
    const received: Buffer[] = [];
    stream.on('data', (piece: Buffer) => received.push(piece));
    stream.on('error', () => undefined);
    const closed = new Promise((resolve) => stream.once('close', resolve));
    stream.write(`${'x'.repeat(60)}\n`);
    await closed;
    expect(Buffer.concat(received).length).to.be.at.most(20);
    await daemon.reset();
  });

  it('strike the making and the start of containers of an image', async () => {
    await begin('A container of an image');
    const make = (Image: string): Promise<Docker.Container> => docker.createContainer({ Image, Cmd: ['cat'] });
    const other = await make('attestd/five-platforms');
    expect((await failure(other.start())).message).not.to.include('no room for it');
    const container = await make('app:1');
    const error = await failure(container.start());
    expect([error.statusCode, error.message.includes('no room for it')]).to.deep.equal([500, true]);
    await container.start();
    await daemon.reset();
  });

  it('end the output of an exec early, as if it were whole', async () => {
    const container = await docker.createContainer({ Image: 'app:1', Cmd: ['sh', '-c', 'sleep 1000'] });
    await container.start();
    await begin('An exec whose output ends early');
    const exec = await container.exec({ Cmd: ['echo', 'abcdefgh'], AttachStdout: true, Tty: true });
    const stream = await exec.start({ Tty: true, hijack: true, stdin: true });
    const received: Buffer[] = [];
    for await (const piece of stream) received.push(piece as Buffer);
    expect(Buffer.concat(received).toString()).to.equal('abcd');
    await daemon.reset();
  });

  it('stall what a container writes, and keep the connection when it ends', async () => {
    await begin('A log that stalls');
    const container = await docker.createContainer({
      Image: 'app:1',
      Cmd: ['sh', '-c', 'echo 0123456789; sleep 1000'],
      Tty: true,
    });
    const stream = await container.attach({ stream: true, stdout: true, hijack: true });
    await container.start();
    let ended = false;
    const received: Buffer[] = [];
    stream.on('data', (piece: Buffer) => received.push(piece));
    stream.on('close', () => (ended = true)).on('end', () => (ended = true));
    await container.kill();
    await container.wait();
    await docker.ping();
    expect([Buffer.concat(received).length <= 5, ended]).to.deep.equal([true, false]);
    (stream as NodeJS.ReadWriteStream & { destroy(): void }).destroy();
    await daemon.reset();
  });

  describe('for gRPC', () => {
    let calls: Client;
    let digest: string;
    before(async () => {
      calls = new Client(daemon.host.replace('tcp://', ''), credentials.createInsecure());
      digest = (await docker.getImage('app:1').inspect()).Id;
    });
    after(() => calls.close());
    const same = (bytes: Buffer): Buffer => bytes;
    const path = (method: string): string => `/containerd.services.content.v1.Content/${method}`;
    const info = (options: { deadline?: number } = {}): Promise<Buffer> =>
      new Promise((resolve, reject) => {
        const request = Buffer.from(InfoRequest.encode({ digest }));
        calls.makeUnaryRequest(path('Info'), same, same, request, new Metadata(), options, (error, answer) =>
          error ? reject(error) : resolve(answer as Buffer),
        );
      });
    const read = (options: { deadline?: number } = {}): Promise<Buffer> =>
      new Promise((resolve, reject) => {
        const pieces: Buffer[] = [];
        calls
          .makeServerStreamRequest(
            path('Read'),
            same,
            same,
            Buffer.from(ReadContentRequest.encode({ digest })),
            options,
          )
          .on('data', (piece: Buffer) => pieces.push(piece))
          .on('error', reject)
          .on('end', () => resolve(Buffer.concat(pieces)));
      });
    const codeOf = async (call: Promise<unknown>): Promise<unknown> => (await failure(call)).code;

    it('end a call with a status, of gRPC or of HTTP', async () => {
      await begin('A status of gRPC');
      const error = await failure(info());
      expect([error.code, error.message.includes('not now')]).to.deep.equal([status.UNAVAILABLE, true]);
      expect(await codeOf(info())).to.equal(status.UNAVAILABLE);
      expect(await info()).not.to.have.length(0);
      expect(daemon.faultCounts.map(({ struck }) => struck)).to.deep.equal([1, 1]);
    });

    it('delay a call beyond its deadline', async () => {
      await begin('A call that is slow');
      expect(await codeOf(info({ deadline: Date.now() + 50 }))).to.equal(status.DEADLINE_EXCEEDED);
      expect(await info()).not.to.have.length(0);
    });

    it('reset a call, before its first message and within it', async () => {
      await begin('A call that is reset');
      expect(await codeOf(info())).to.equal(status.INTERNAL);
      expect(await codeOf(read())).to.equal(status.INTERNAL);
      await daemon.setFaults();
      expect(await read()).not.to.have.length(0);
    });

    it('stall a call', async () => {
      await begin('A call that stalls');
      expect(await codeOf(read({ deadline: Date.now() + 200 }))).to.equal(status.DEADLINE_EXCEEDED);
      expect(await info()).not.to.have.length(0);
    });
  });

  it('lose blobs, for the requests that match only', async () => {
    const before = await statement();
    await begin('A blob that is missing');
    expect((await failure(client.imageAttestations('app:1', attestations))).code).to.equal('NOT_FOUND');
    expect((await docker.getImage('app:1').inspect()).RepoTags).to.deep.equal(['app:1']);
    await daemon.setFaults();
    expect(await statement())
      .to.equal(before)
      .and.not.equal('');
  });

  it('corrupt blobs, which shows where digests are checked', async () => {
    const reasons = async (): Promise<string[]> => {
      const options = { platform: { os: 'linux', architecture: 'amd64' } };
      const { gaps } = await resolveAttestations(client, 'app:1', options);
      return gaps.map(({ reason }) => reason);
    };
    expect(await reasons()).not.to.include('digest-mismatch');
    await begin('A blob that is corrupt');
    expect(await reasons()).to.include('digest-mismatch');
    expect(daemon.faultCounts[0]?.struck).to.be.above(0);
  });

  it('slow blobs down', async () => {
    await begin('A blob that is slow');
    const began = performance.now();
    expect(await statement()).not.to.equal('');
    // At least index, manifest and statement, one after the other.
    expect(performance.now() - began).to.be.above(400);
  });

  it('strike now and then, the same way each time', async () => {
    const outcomes = async (): Promise<number[]> => {
      await begin('Sometimes');
      const statuses: number[] = [];
      for (let i = 0; i < 30; i++) statuses.push((await ask(daemon.connection, '/v1.55/version')).status);
      return statuses;
    };
    const first = await outcomes();
    expect(new Set(first)).to.deep.equal(new Set([200, 500]));
    expect(await outcomes()).to.deep.equal(first);
  });

  it('answer as a graph driver’s store', async () => {
    await begin("A graph driver's store");
    const answer = await ask(daemon.connection, '/v1.55/images/app:1/attestations');
    expect([answer.status, JSON.parse(answer.body)]).to.deep.equal([
      501,
      { message: 'the legacy image store does not support attestations' },
    ]);
    expect((await failure(client.imageAttestations('app:1', attestations))).code).to.equal('NOT_IMPLEMENTED');
  });

  it('are hard for clients, who read the same', async () => {
    const wanted = [await docker.listImages(), await statement(), await docker.info().then(({ Images }) => Images)];
    await begin('Hard');
    const without = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value, (key, member) => (key.startsWith('XAttestd') ? undefined : member)));
    for (let round = 0; round < 5; round++) {
      const listed = await docker.listImages();
      expect(Object.keys(listed[0] ?? {}).some((name) => name.startsWith('XAttestd'))).to.equal(true);
      expect(without(listed)).to.deep.equal(wanted[0]);
      expect(await statement()).to.equal(wanted[1]);
      expect((await docker.info()).Images).to.equal(wanted[2]);
    }
  });
});
