import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { chanceOf, FaultChoice, matchesAny, namesOf } from '../../../src/server/faults/choice.js';
import { hardenJson } from '../../../src/server/faults/hard.js';
import { checkFaults, readFaults } from '../../../src/server/faults/read.js';
import type { FaultPlan } from '../../../src/server/faults/types.js';
import { chooseRelease, type RunningServer, startServer } from '../../../src/server/index.js';
import { AttestdError } from '../../../src/support/foundation/errors.js';
import { startDaemon } from '../../../src/testing/server.js';
import { ask } from '../../testing/support.js';
import { raw } from '../support.js';

async function code(promise: Promise<unknown>): Promise<string | undefined> {
  return promise.then(
    () => undefined,
    (error) => (error instanceof AttestdError ? error.code : String(error)),
  );
}

describe('a plan of faults', () => {
  for (const [text, place] of [
    ['faults: []', 'version'],
    ["version: '2.0'", 'version'],
    ["version: '1.0'\nfaults: [{ name: x }]", 'faults[0]'],
    ["version: '1.0'\nfaults: [{ status: 99 }]", 'faults[0].status'],
    ["version: '1.0'\nfaults: [{ delay: soon }]", 'faults[0].delay'],
    ["version: '1.0'\nfaults: [{ message: x, delay: 1s }]", 'status'],
    ["version: '1.0'\nfaults: [{ status: 500, headers: { 'a b': x } }]", 'faults[0].headers'],
    ['version: \'1.0\'\nfaults: [{ status: 500, headers: { a: "x\\r\\ny" } }]', 'faults[0].headers.a'],
    ["version: '1.0'\nfaults: [{ blob: { is: gone } }]", 'faults[0].blob.is'],
    ["version: '1.0'\nfaults: [{ delay: 1s, often: 1 }]", 'often'],
    ['version: [', ''],
  ] as const) {
    it(`is refused where it says ${JSON.stringify(text)}`, async () => {
      const error = await readFaults(text, 'x.yaml').catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(AttestdError).with.property('code', 'INVALID_ARGUMENT');
      expect((error as Error).message)
        .to.match(/^x\.yaml: /)
        .and.include(place);
    });
  }

  it('may come from a program', async () => {
    expect(await code(checkFaults({ faults: [{ status: 500 }] }))).to.equal(undefined);
    expect(await code(checkFaults({ faults: [{}] } as FaultPlan))).to.equal('INVALID_ARGUMENT');
  });
});

describe('the choice of a fault', () => {
  const asked = (operationId: string, images: readonly string[] = [], client = 'me/1') => ({
    operationId,
    images,
    client,
  });

  it('is the first that matches and still may', () => {
    const choice = new FaultChoice({
      faults: [
        { name: 'a', match: { operation: 'Image*' }, skip: 1, times: 1, status: 500 },
        { name: 'b', match: { client: ['you/*', 'me/?'] }, times: 2, status: 501 },
      ],
    });
    const struck = ['ImageList', 'ImageList', 'SystemPing', 'ImageList'].map((id) => choice.of(asked(id))?.name);
    expect(struck).to.deep.equal(['b', 'a', 'b', undefined]);
    expect(choice.counts()).to.deep.equal([
      { name: 'a', matched: 3, struck: 1 },
      { name: 'b', matched: 3, struck: 2 },
    ]);
  });

  it('knows an image by the names that it has', () => {
    const names = namesOf('app');
    for (const pattern of ['app', 'app:latest', 'docker.io/library/app:*', '*/app:latest'])
      expect(matchesAny(pattern, names), pattern).to.equal(true);
    for (const pattern of ['app:1', 'a', 'pp:latest', 'app.*'])
      expect(matchesAny(pattern, names), pattern).to.equal(false);
  });

  it('is by chance that a seed fixes', () => {
    const draw = (seed: number): number[] => Array.from({ length: 2000 }, chanceOf(seed));
    expect(draw(3)).to.deep.equal(draw(3));
    expect(draw(3)).not.to.deep.equal(draw(4));
    const mean = draw(0).reduce((sum, value) => sum + value, 0) / 2000;
    expect(mean).to.be.within(0.45, 0.55);
  });
});

describe('a hardened body', () => {
  const half = () => 0.5;

  it('has members that no client knows, and all other bytes as they were', () => {
    const body = (text: string): string =>
      hardenJson('ImageAttestations', Buffer.from(text, 'latin1'), half).toString('latin1');
    const extra = '"XAttestd500":{"Unknown":[null,1.5e3,""]}';
    expect(body('{}\n')).to.equal(`{${extra}}\n`);
    expect(body('{"a":{"b":1}}')).to.equal(`{${extra},"a":{"b":1}}`);
    expect(body('[{"S":{"x":"]},{\\"\xe9"}},{}]\n')).to.equal(`[{${extra},"S":{"x":"]},{\\"\xe9"}},{${extra}}]\n`);
    for (const text of ['null\n', '[]', '["a","b"]', '"x"']) expect(body(text)).to.equal(text);
  });

  it('has lists of networks and volumes in any order, and no others', () => {
    const names = (operationId: string, text: string, member?: string): string => {
      const value = JSON.parse(hardenJson(operationId, Buffer.from(text), chanceOf(9)).toString());
      return (member === undefined ? value : value[member]).map(({ N }: { N: string }) => N).join('');
    };
    const list = `[${[...'abcdefgh'].map((N) => `{"N":"${N}"}`).join(',')}]`;
    expect(names('ImageList', list)).to.equal('abcdefgh');
    const networks = names('NetworkList', list);
    expect(networks).not.to.equal('abcdefgh');
    expect([...networks].sort().join('')).to.equal('abcdefgh');
    const volumes = names('VolumeList', `{"Volumes":${list},"Warnings":null}`, 'Volumes');
    expect([...volumes].sort().join('')).to.equal('abcdefgh');
    expect(volumes).not.to.equal('abcdefgh');
  });
});

describe('a server with faults', () => {
  it('writes headers in another case and bodies in pieces when it is hard', async () => {
    await using daemon = await startDaemon({ images: ['attestd/five-platforms'], faults: { mode: 'hard' } });
    const path = (daemon.connection as { socketPath: string }).socketPath;
    const answer = await raw(path, 'GET /v1.55/images/json HTTP/1.1');
    expect(answer.names.some((name) => /[a-z]/.test(name[0] ?? ''))).to.equal(true);
    expect(answer.headers['x-attestd-hard']).to.equal('1');
    expect(JSON.parse(answer.body.toString())).to.have.lengthOf(1);
  });

  it('answers as before where nothing was asked for, and when it ends', async () => {
    await using daemon = await startDaemon({
      images: ['attestd/five-platforms'],
      faults: { faults: [{ status: 500 }] },
    });
    expect((await ask(daemon.connection, '/_ping')).status).to.equal(500);
    await daemon.setFaults();
    expect((await ask(daemon.connection, '/_ping')).status).to.equal(200);
    await daemon.reset();
    expect((await ask(daemon.connection, '/_ping')).status).to.equal(500);
    expect(await code(daemon.setFaults({ faults: [{}] } as FaultPlan))).to.equal('INVALID_ARGUMENT');
  });

  it('gives no kept answer to who is to be struck, and keeps none of a bad day', async () => {
    await using daemon = await startDaemon({ images: ['attestd/five-platforms'] });
    const version = async () => (await ask(daemon.connection, '/v1.55/version')).status;
    expect([await version(), await version()]).to.deep.equal([200, 200]);
    await daemon.setFaults({ faults: [{ status: 503 }] });
    expect(await version()).to.equal(503);
    await daemon.setFaults();
    expect(await version()).to.equal(200);
  });
});

describe('faults over the control socket', () => {
  let folder: string;
  let server: RunningServer;
  const control = () => join(folder, 'control.sock');
  const api = () => join(folder, 'x.sock');
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'attestd-test-'));
    server = await startServer({ listen: [`unix://${api()}`], control: `unix://${control()}`, logLevel: 'none' });
  });
  after(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });
  const put = (text: string) =>
    raw(control(), `PUT /faults HTTP/1.1\r\nContent-Length: ${Buffer.byteLength(text)}`, text);
  const ping = async (): Promise<number> => (await raw(api(), 'GET /_ping HTTP/1.1')).status;

  it('are set, told, counted and ended', async () => {
    expect((await put("version: '1.0'\nfaults: [{ name: busy, times: 2, status: 429 }]\n")).status).to.equal(200);
    expect([await ping(), await ping(), await ping()]).to.deep.equal([429, 429, 200]);
    const told = JSON.parse((await raw(control(), 'GET /faults HTTP/1.1')).body.toString());
    expect(told).to.deep.equal({
      version: '1.0',
      faults: [{ name: 'busy', times: 2, status: 429 }],
      counts: [{ name: 'busy', matched: 3, struck: 2 }],
    });
    expect((await put("version: '1.0'\nfaults: [{ status: 418 }]")).status).to.equal(200);
    expect(await ping()).to.equal(418);
    expect((await raw(control(), 'DELETE /faults HTTP/1.1')).status).to.equal(200);
    expect(await ping()).to.equal(200);
  });

  it('are refused with a reason, and stay as they were', async () => {
    await put("version: '1.0'\nfaults: [{ status: 418 }]");
    const answer = await put("version: '1.0'\nfaults: [{ status: 1 }]");
    expect([answer.status, answer.body.toString()]).to.deep.equal([400, 'faults: faults[0].status must be >= 200\n']);
    expect(await ping()).to.equal(418);
    await raw(control(), 'DELETE /faults HTTP/1.1');
  });

  it('are never the API’s', async () => {
    expect((await raw(api(), 'GET /faults HTTP/1.1')).status).to.equal(404);
    expect((await raw(api(), 'DELETE /faults HTTP/1.1')).status).to.equal(404);
  });
});

describe('a release that a server answers like', () => {
  it('has the window of its API versions, and says that it is it', async () => {
    await using daemon = await startDaemon({ release: { engine: '29.0' } });
    const answer = await ask(daemon.connection, '/v1.43/_ping');
    expect(answer.status).to.equal(400);
    expect(JSON.parse(answer.body).message).to.match(/^client version 1\.43 is too old\. .* is 1\.44, please upgrade/);
    expect((await ask(daemon.connection, '/v1.44/_ping')).status).to.equal(200);
    expect((await ask(daemon.connection, '/v1.53/_ping')).status).to.equal(400);
    const version = JSON.parse((await ask(daemon.connection, '/version')).body);
    expect(version).to.include({ Version: '29.0.0', ApiVersion: '1.52', MinAPIVersion: '1.44' });
  });

  it('does not know the operations that came after it', async () => {
    await using daemon = await startDaemon({ images: ['attestd/five-platforms'], release: { engine: '28.5' } });
    const answer = await ask(daemon.connection, '/v1.51/images/attestd%2Ffive-platforms/attestations');
    expect([answer.status, answer.body]).to.deep.equal([404, '{"message":"page not found"}\n']);
    expect((await ask(daemon.connection, '/v1.24/_ping')).status).to.equal(200);
  });

  it('may have another window', () => {
    expect(chooseRelease({ minimumApi: '1.44', maximumApi: '1.50' })).to.deep.equal({
      engine: '29.7.2',
      api: '1.50',
      minimumApi: '1.44',
    });
    for (const choice of [
      { engine: '27.0' },
      { minimumApi: '1.2' },
      { maximumApi: '1.99' },
      { minimumApi: 'x' },
      { minimumApi: '1.50', maximumApi: '1.44' },
    ])
      expect(() => chooseRelease(choice), JSON.stringify(choice))
        .to.throw(AttestdError)
        .with.property('code', 'USAGE');
  });
});
