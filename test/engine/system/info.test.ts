import { expect } from 'chai';
import { noFilters, parseFilters } from '../../../src/engine/filters.js';
import { authenticate } from '../../../src/engine/registry/auth.js';
import { inspectDistribution } from '../../../src/engine/registry/distribution.js';
import { pullImage } from '../../../src/engine/registry/pull.js';
import { pushImage } from '../../../src/engine/registry/push.js';
import { searchImages } from '../../../src/engine/registry/search.js';
import { daemonInfo, daemonVersion } from '../../../src/engine/system/info.js';
import { diskUsage } from '../../../src/engine/system/usage.js';
import { all, history, load, openEngine, parsed, refusal, type TestEngine } from '../support.js';

describe('The system', () => {
  let test: TestEngine;
  before(async () => {
    test = await openEngine('standard', { id: 'an-id', hostname: 'a-host', clock: () => new Date(1_700_000_000_000) });
    await load(test.context, 'att-basic', 'two-names');
  });
  after(() => test.close());

  it('tells its version', () => {
    const version = parsed(daemonVersion(test.context));
    expect(version).to.include({ Version: '29.7.2', ApiVersion: '1.55', MinAPIVersion: '1.40', Os: 'linux' });
    expect(version.Components[0]).to.include({ Name: 'Engine', Version: '29.7.2' });
  });

  it('tells what it is and how many images it has', async () => {
    const info = parsed(await daemonInfo(test.context, { apiVersion: '1.55' }));
    expect(info).to.include({ ID: 'an-id', Name: 'a-host', Images: 2, OSType: 'linux', Architecture: 'x86_64' });
    expect(info.SystemTime).to.equal('2023-11-14T22:13:20.000Z');
  });

  it('tells older clients what they know', async () => {
    const info = async (apiVersion: string) => parsed(await daemonInfo(test.context, { apiVersion }));
    expect(await info('1.49')).to.include.keys('BridgeNfIptables', 'FirewallBackend');
    expect(await info('1.48')).not.to.have.property('FirewallBackend');
    expect((await info('1.48')).RuncCommit).to.have.property('Expected');
    expect(await info('1.45')).not.to.have.property('Containerd');
    expect((await info('1.43')).Runtimes.runc).not.to.have.property('status');
    expect((await info('1.46')).RegistryConfig).to.have.property('AllowNondistributableArtifactsCIDRs');
  });

  it('measures its images', async () => {
    const usage = parsed(await diskUsage(test.context, { apiVersion: '1.55' }));
    expect(Object.keys(usage)).to.deep.equal([
      'LayersSize',
      'Images',
      'Containers',
      'Volumes',
      'BuildCache',
      'ImageUsage',
      'ContainerUsage',
      'VolumeUsage',
      'BuildCacheUsage',
    ]);
    expect(usage.ImageUsage.TotalCount).to.equal(2);
    expect(usage.ImageUsage.TotalSize)
      .to.equal(usage.LayersSize)
      .and.to.be.above(usage.ImageUsage.Reclaimable - 1);
    expect(usage.ContainerUsage).to.deep.equal({});
  });

  it('measures only the types that are asked for', async () => {
    const keys = async (apiVersion: string, types: readonly string[], verbose = false) =>
      Object.keys(parsed(await diskUsage(test.context, { apiVersion, types, verbose })));
    expect(await keys('1.55', ['container'])).to.deep.equal(['Containers', 'ContainerUsage']);
    expect(await keys('1.55', ['image'], true)).to.deep.equal(['ImageUsage']);
    expect(await keys('1.51', ['volume', 'build-cache'])).to.deep.equal(['Volumes', 'BuildCache']);
    expect(await keys('1.41', ['bogus'])).to.include('Images');
    expect(await refusal(() => keys('1.42', ['images']))).to.deep.equal([
      'INVALID_ARGUMENT',
      'unknown object type: images',
    ]);
  });

  it('repeats the size for clients below API 1.44', async () => {
    const [image] = parsed(await diskUsage(test.context, { apiVersion: '1.43', types: ['image'] })).Images;
    expect(image.VirtualSize).to.equal(image.Size);
  });
});

describe('Registries', () => {
  let test: TestEngine;
  beforeEach(async () => {
    test = await openEngine();
    await load(test.context, 'att-basic');
  });
  afterEach(() => test.close());

  it('have what the store has: a pull of it is up to date', async () => {
    const messages = await all(await pullImage(test.context, { fromImage: 'att-basic', tag: 'latest' }));
    expect(messages.map(({ status }) => status)).to.deep.equal([
      'Pulling from library/att-basic',
      'Digest: sha256:af71d3271f31f71d95ccf740baf11c0108009a9fb7dc90257fee2c0a20b6c70d',
      'Status: Image is up to date for att-basic:latest',
    ]);
    expect((await history(test.context)).at(-1)).to.equal('pull att-basic');
  });

  it('are out of reach for anything else', async () => {
    const [code, message] = await refusal(() => pullImage(test.context, { fromImage: 'nope', tag: '1' }));
    expect(code).to.equal('INTERNAL');
    expect(message).to.equal(
      'failed to resolve reference "docker.io/library/nope:1": failed to do request: Head "https://registry-1.docker.io/v2/library/nope/manifests/1": dial tcp: lookup registry-1.docker.io: no such host',
    );
  });

  it('are not asked for what cannot be', async () => {
    const pull = (fromImage: string, more = {}) => refusal(() => pullImage(test.context, { fromImage, ...more }));
    expect(await pull('scratch')).to.deep.equal(['FORBIDDEN', "'scratch' is a reserved name"]);
    expect((await pull('UPPER'))[0]).to.equal('INVALID_REFERENCE');
    expect(await pull('x', { tag: 'bad tag' })).to.deep.equal(['INVALID_REFERENCE', 'invalid tag format']);
    expect((await pull('att-basic:latest', { platform: 'linux/riscv64' }))[1]).to.equal(
      'no matching manifest for linux/riscv64 in the manifest list entries: no match for platform in manifest: not found',
    );
  });

  it('take no pushes: the stream ends with an error', async () => {
    const push = async (name: string, tag?: string) => all(await pushImage(test.context, name, tag ? { tag } : {}));
    expect((await push('nope', '1')).at(-1)?.error).to.equal('tag does not exist: nope:1');
    expect((await push('nope')).at(-1)?.error).to.equal('An image does not exist locally with the tag: nope');
    expect((await push('att-basic', 'latest')).at(-1)?.error).to.match(/^failed to do request: Head "https:/);
  });

  it('cannot be searched, and bad searches are told apart', async () => {
    const search = (options: { limit?: string; filters?: string }) =>
      refusal(() => searchImages(test.context, { term: 'a b', ...options, filters: parseFilters(options.filters) }));
    expect(await search({})).to.deep.equal([
      'INTERNAL',
      'Get "https://index.docker.io/v1/search?q=a+b&n=25": dial tcp: lookup index.docker.io: no such host',
    ]);
    expect((await search({ limit: 'abc' }))[1]).to.equal(
      'invalid limit specified: strconv.Atoi: parsing "abc": invalid syntax',
    );
    expect((await search({ limit: '1000' }))[1]).to.equal('limit 1000 is outside the range of [1, 100]');
    expect((await search({ filters: '{"stars":["x"]}' }))[1]).to.match(/^invalid filter 'stars=x': strconv.Atoi/);
    expect(await searchImages(test.context, { term: '', limit: '-1', filters: noFilters })).to.equal(undefined);
    expect(
      await searchImages(test.context, { term: '', filters: parseFilters('{"is-automated":["1"]}') }),
    ).to.deep.equal([]);
  });

  it('cannot be asked about names or credentials', async () => {
    expect((await refusal(() => inspectDistribution(test.context, 'localhost:1/x')))[1]).to.match(
      /^Get "http:\/\/localhost:1\/v2\/"/,
    );
    expect((await refusal(() => authenticate(test.context, Buffer.from('bad'))))[1]).to.equal(
      "invalid X-Registry-Auth header: invalid JSON: invalid character 'b' looking for beginning of value",
    );
    expect(
      (await refusal(() => authenticate(test.context, Buffer.from('{"serveraddress":"example.test"}'))))[1],
    ).to.match(/^Get "https:\/\/example.test\/v2\/"/);
  });
});
