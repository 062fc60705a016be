import { Readable } from 'node:stream';
import { expect } from 'chai';
import { loadImages } from '../../../src/engine/images/load.js';
import { daemonInfo, daemonVersion } from '../../../src/engine/system/info.js';
import { diskUsage } from '../../../src/engine/system/usage.js';
import { image } from '../../../src/testing/image.js';
import { load, openEngine, parsed, refusal, type TestEngine } from '../support.js';

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

  it('tells how it was started: registries, log level, and where it is open to everybody', async () => {
    const started = await openEngine('standard', {
      debugging: true,
      openTo: () => ['http://0.0.0.0:2375'],
      registries: {
        insecureRegistries: ['192.168.1.0/24', 'insecure.example:5000'],
        mirrors: ['https://192.168.1.2', 'http://mirror.example:5000/x'],
      },
    });
    const info = parsed(await daemonInfo(started.context, { apiVersion: '1.55' }));
    await started.close();
    const mirrors = ['https://192.168.1.2/', 'http://mirror.example:5000/x/'];
    expect(info.RegistryConfig).to.deep.equal({
      InsecureRegistryCIDRs: ['127.0.0.0/8', '192.168.1.0/24', '::1/128'],
      IndexConfigs: {
        'docker.io': { Name: 'docker.io', Mirrors: mirrors, Secure: true, Official: true },
        'insecure.example:5000': { Name: 'insecure.example:5000', Mirrors: [], Secure: false, Official: false },
      },
      Mirrors: mirrors,
    });
    expect(info.Debug).to.equal(true);
    expect(info.NFd).to.be.above(0);
    expect(info.Warnings).to.have.length(1);
    expect(info.Warnings[0]).to.contain('http://0.0.0.0:2375');
  });

  it('warns of nothing by default', async () => {
    const info = parsed(await daemonInfo(test.context, { apiVersion: '1.55' }));
    expect(info).to.include({ Debug: false, Warnings: null });
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
    expect(await refusal(() => keys('1.42', ['images']))).to.deep.equal([
      'INVALID_ARGUMENT',
      'unknown object type: images',
    ]);
  });

  it('repeats the size for clients below API 1.44', async () => {
    const [image] = parsed(await diskUsage(test.context, { apiVersion: '1.43', types: ['image'] })).Images;
    expect(image.VirtualSize).to.equal(image.Size);
  });

  it('counts what images share once, and has each image twice in the same words', async () => {
    const own = await openEngine('standard', {});
    const base = image('one:1')
      .platform('linux/amd64')
      .layer({ '/base': 'x'.repeat(5000) });
    const archives = [
      base,
      image('two:1')
        .platform('linux/amd64')
        .layer({ '/base': 'x'.repeat(5000) })
        .layer({ '/top': 'y' }),
      image('three:1').platform('linux/amd64').layer({ '/own': 'z' }),
    ];
    for (const each of archives) for await (const _ of loadImages(own.context, Readable.from([each.toArchive()])));
    const usage = parsed(await diskUsage(own.context, { apiVersion: '1.55' }));
    const { manifests: documents, snapshots, store } = own.context;
    const firstLayer = async (name: string) => {
      const target = store.get(`docker.io/library/${name}`)?.target;
      const { manifests = [] } = await documents.index(target as never);
      const manifest = await documents.manifest(manifests[0] as never);
      return {
        layer: manifest.layers?.[0],
        chain: (await documents.config(manifest.config)).rootfs.diff_ids?.[0] ?? '',
      };
    };
    const { layer, chain } = await firstLayer('one:1');
    expect((await firstLayer('two:1')).layer?.digest).to.equal(layer?.digest);
    const shared = (layer?.size ?? 0) + (snapshots.usage(chain) ?? 0);
    const sharedBy = new Map(
      usage.Images.map((each: { RepoTags: string[]; SharedSize: number }) => [each.RepoTags[0], each.SharedSize]),
    );
    expect(Object.fromEntries(sharedBy)).to.deep.equal({ 'one:1': shared, 'two:1': shared, 'three:1': 0 });
    const sum = (member: string): number =>
      usage.Images.reduce((all: number, each: Record<string, number>) => all + (each[member] ?? 0), 0);
    const indexes = usage.Images.reduce(
      (all: number, { Descriptor }: { Descriptor: { size: number } }) => all + Descriptor.size,
      0,
    );
    expect(usage.ImageUsage).to.include({
      TotalSize: sum('Size') + indexes - shared,
      Reclaimable: sum('Size') - sum('SharedSize'),
    });
    expect(usage.ImageUsage.Items).to.deep.equal(usage.Images);
    await own.close();
  });
});
