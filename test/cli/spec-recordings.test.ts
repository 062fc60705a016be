import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { execute } from '../../src/cli/program.js';
import { readDeviations } from '../../src/spec/deviations.js';
import { capture, type Outcome } from './capture.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const recordings = join(root, 'test/golden/recordings');
const validate = (...args: string[]): Promise<Outcome> =>
  capture(() => execute(['spec', 'validate-recordings', ...args]));

interface Report {
  exchanges: number;
  conforming: number;
  outside: Record<string, number>;
  known: Record<string, number>;
  unaccounted: { exchange: string; pointer: string; kind: string }[];
}

/** An image as inspect gives it, with nothing but what is always there. */
const image = {
  Id: 'x',
  RepoTags: [],
  RepoDigests: [],
  Config: {},
  Architecture: 'amd64',
  Os: 'linux',
  Size: 1,
  RootFS: { Type: 'layers' },
  Metadata: {},
};

describe('attestd spec validate-recordings', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'attestd-recordings-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const exchange = (path: string, status: number, body: unknown): unknown => ({
    request: { method: 'GET', path, headers: {} },
    response: { status, headers: [['Content-Type', 'application/json']], body: JSON.stringify(body) },
  });
  const record = (...exchanges: unknown[]): void => writeFileSync(join(folder, 'some.json'), JSON.stringify(exchanges));

  it('accounts for every recorded exchange with dockerd', async () => {
    const { code, stdout } = await validate(recordings, '--json');
    const report = JSON.parse(stdout) as Report;
    expect(report.unaccounted).to.deep.equal([]);
    expect(code).to.equal(0);
    const files = readdirSync(recordings, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.json'));
    const total = files
      .map((file) => JSON.parse(readFileSync(join(recordings, file), 'utf8')) as unknown[])
      .reduce((sum, list) => sum + list.length, 0);
    expect(report.exchanges).to.equal(total);
    expect(report.conforming).to.be.greaterThan(1900);
    expect(report.outside).to.have.all.keys([
      'the description has no such method and path',
      'no exchange over HTTP/1.1',
      'API version outside 1.40 to 1.55',
      'a redirection to a cleaned path',
      'ImageAttestations exists since API 1.55',
    ]);
  }).timeout(60_000);

  it('knows no deviation that is not recorded, and none that docs/explanation/deviations.md does not tell', async () => {
    const { stdout } = await validate(recordings, '--json');
    const { known } = JSON.parse(stdout) as Report;
    const text = readFileSync(join(root, 'docs/explanation/deviations.md'), 'utf8');
    for (const { id, evidence } of readDeviations()) {
      expect(known[id], id).to.be.greaterThan(0);
      expect(text, id).to.include(`\`${id}\``);
      for (const file of evidence) expect(() => readFileSync(join(recordings, file))).not.to.throw();
    }
  }).timeout(60_000);

  it('reports a wrong member, an unknown member and an undescribed status', async () => {
    record(
      exchange('/images/x/json', 200, { ...image, Id: 1, Odd: true }),
      exchange('/images/a/b/json?platform=x', 418, { message: 'no' }),
      exchange('/_ping', 400, { message: 'x' }),
    );
    const { code, stdout } = await validate(folder, '--json');
    expect(code).to.equal(1);
    const { unaccounted, conforming } = JSON.parse(stdout) as Report;
    expect(conforming).to.equal(1);
    expect(unaccounted.map(({ exchange: at, kind, pointer }) => [at, kind, pointer])).to.deep.equal([
      ['some.json#1', 'violation', '/Id'],
      ['some.json#1', 'unknown', '/Odd'],
      ['some.json#2', 'violation', ''],
    ]);
  });

  it('reads the description at the version of the request', async () => {
    const body = [{ Id: 'x', Descriptor: { mediaType: 'a/b', digest: 'sha256:00', size: 1 } }];
    const full = body.map((image) => ({
      ParentId: '',
      RepoTags: [],
      RepoDigests: [],
      Created: 1,
      Size: 1,
      SharedSize: 1,
      Labels: null,
      Containers: 0,
      ...image,
    }));
    record(exchange('/v1.48/images/json', 200, full), exchange('/v1.47/images/json', 200, full));
    const { stdout } = await validate(folder, '--json');
    expect((JSON.parse(stdout) as Report).unaccounted.map(({ exchange: at, pointer }) => [at, pointer])).to.deep.equal([
      ['some.json#2', '/0/Descriptor'],
    ]);
  });

  it('takes other known deviations from a file', async () => {
    record(exchange('/images/x/json', 200, { ...image, Odd: true }));
    const known = join(folder, 'known.yaml');
    writeFileSync(
      known,
      'deviations: [{id: odd, kind: unknown, operationId: ImageInspect, status: 200, pointers: [/*], why: w, evidence: []}]',
    );
    expect((await validate(folder, '--known', known)).code).to.equal(0);
    writeFileSync(known, 'deviations: [{id: odd}]');
    expect((await validate(folder, '--known', known)).error).to.have.property('code', 'INVALID_ARGUMENT');
  });

  it('refuses folders without recordings, broken files and wrong flags', async () => {
    expect((await validate(folder)).error).to.have.property('code', 'NOT_FOUND');
    expect((await validate(join(folder, 'none'))).error).to.have.property('code', 'NOT_FOUND');
    writeFileSync(join(folder, 'x.json'), '{"a":1}');
    expect((await validate(folder)).error).to.have.property('code', 'INVALID_JSON');
    writeFileSync(join(folder, 'x.json'), '{');
    expect((await validate(folder)).error).to.have.property('code', 'INVALID_JSON');
    expect((await validate()).error).to.have.property('code', 'USAGE');
    expect((await validate(folder, '--oldest', 'x')).error).to.have.property('code', 'USAGE');
  });
});
