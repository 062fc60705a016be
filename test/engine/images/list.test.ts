import { expect } from 'chai';
import { parseFilters } from '../../../src/engine/filters.js';
import { listImages } from '../../../src/engine/images/list.js';
import type { ListOptions } from '../../../src/engine/types.js';
import { load, openEngine, parsed, refusal, type TestEngine } from '../support.js';

describe('The list of images', () => {
  let test: TestEngine;
  before(async () => {
    test = await openEngine();
    await load(
      test.context,
      'att-basic',
      'att-none',
      'att-multi',
      'two-names',
      'dangling',
      'registry-port',
      'empty-index',
      'att-missing-config',
      'att-other-type',
      'att-orphan',
    );
  });
  after(() => test.close());

  // biome-ignore lint/suspicious/noExplicitAny: entries are looked into by name
  async function list(options: Partial<ListOptions> = {}): Promise<readonly any[]> {
    return parsed(await listImages(test.context, { apiVersion: '1.55', ...options }));
  }

  async function tags(filters: object): Promise<readonly string[]> {
    const images = await list({ filters: parseFilters(JSON.stringify(filters)) });
    return images.flatMap((image) => image.RepoTags).sort();
  }

  it('has one entry for each target, with all its names', async () => {
    const images = await list();
    expect(images).to.have.length(10);
    const twoNames = images.find((image) => image.RepoTags.includes('two-names:second'));
    expect(twoNames.RepoTags).to.deep.equal(['two-names:latest', 'two-names:second']);
    expect(twoNames.RepoDigests).to.have.length(1);
  });

  it('has the fields of an entry in the order of the daemon', async () => {
    const [image] = await list({ filters: parseFilters('{"reference":["att-basic"]}'), manifests: true });
    expect(Object.keys(image)).to.deep.equal([
      'Containers',
      'Created',
      'Id',
      'Labels',
      'ParentId',
      'Descriptor',
      'Manifests',
      'RepoDigests',
      'RepoTags',
      'SharedSize',
      'Size',
    ]);
  });

  it('counts unpacked layers only for what the machine runs', async () => {
    const [image] = await list({ filters: parseFilters('{"reference":["att-multi"]}'), manifests: true });
    const unpacked = image.Manifests.filter((manifest: { Kind: string }) => manifest.Kind === 'image').map(
      (manifest: { ImageData: { Platform: { architecture: string }; Size: { Unpacked: number } } }) =>
        `${manifest.ImageData.Platform.architecture} ${manifest.ImageData.Size.Unpacked > 0}`,
    );
    expect(unpacked).to.include('amd64 true').and.to.include('arm64 false');
  });

  it('calls a manifest an attestation by its annotations, and says whose', async () => {
    const kinds = async (name: string): Promise<readonly string[]> => {
      const [image] = await list({ filters: parseFilters(`{"reference":["${name}"]}`), manifests: true });
      return image.Manifests.map((manifest: { Kind: string }) => manifest.Kind);
    };
    expect(await kinds('att-basic')).to.deep.equal(['image', 'attestation']);
    expect(await kinds('att-other-type')).to.include('attestation');
  });

  it('reports an image without a platform by its digest, not counted and without labels', async () => {
    const [image] = await list({ filters: parseFilters('{"reference":["empty-index"]}') });
    expect(image).to.include({ Containers: -1, Created: 0, Labels: null });
    expect(image.RepoDigests).to.deep.equal([image.Id]);
  });

  it('has empty labels where only the configuration is missing', async () => {
    const [image] = await list({ filters: parseFilters('{"reference":["att-missing-config"]}') });
    expect(image.Labels).to.deep.equal({});
  });

  it('is filtered by reference, with or without tag, in full or familiar form, by pattern', async () => {
    expect(await tags({ reference: ['att-basic'] })).to.deep.equal(['att-basic:latest']);
    expect(await tags({ reference: ['two-names:sec*'] })).to.deep.equal(['two-names:second']);
    expect(await tags({ reference: ['docker.io/library/att-none'] })).to.deep.equal(['att-none:latest']);
    expect(await tags({ reference: ['local*/*/*'] })).to.deep.equal(['localhost:5000/team/app:1.0']);
    expect(await tags({ reference: ['['] })).to.deep.equal([]);
  });

  it('is filtered by whether images dangle', async () => {
    const [image] = await list({ filters: parseFilters('{"dangling":["true"]}') });
    expect(image.RepoTags).to.deep.equal([]);
    expect(await tags({ dangling: ['0'] })).to.have.length(10);
  });

  it('is filtered by labels of any platform, and by their absence', async () => {
    expect(await tags({ label: ['probe.fixture=att-basic'] })).to.deep.equal(['att-basic:latest']);
    expect(await tags({ label: ['probe.platform=linux/arm64/v8'] })).to.include('att-multi:latest');
    expect(await tags({ label: ['probe.fixture', 'probe.fixture=att-none'] })).to.deep.equal(['att-none:latest']);
    expect(await tags({ 'label!': ['probe.fixture'] })).not.to.include('att-basic:latest');
    expect(await tags({ label: ['probe.fixture!=att-basic'] })).not.to.include('att-basic:latest');
  });

  it('is filtered by age of configuration and of loading', async () => {
    expect(await tags({ before: ['att-basic'] })).to.deep.equal([]);
    expect(await tags({ since: ['att-basic'] })).to.deep.equal([]);
    expect(await tags({ until: ['24h'] })).to.deep.equal([]);
    expect(await tags({ until: ['2100-01-01'] })).to.include('att-basic:latest');
  });

  it('refuses filters as the daemon does', async () => {
    const attempt = (filters: object) => refusal(() => tags(filters));
    expect(await attempt({ unknown: ['x'] })).to.deep.equal(['INVALID_ARGUMENT', "invalid filter 'unknown'"]);
    expect(await attempt({ dangling: ['maybe'] })).to.deep.equal([
      'INVALID_ARGUMENT',
      "invalid filter 'dangling=[maybe]'",
    ]);
    expect(await attempt({ since: ['nope'] })).to.deep.equal(['NOT_FOUND', 'No such image: nope:latest']);
    expect(await attempt({ until: ['bogus'] })).to.deep.equal([
      'INVALID_ARGUMENT',
      `invalid value for 'until' filter: failed to parse value as time or duration: invalid seconds "bogus": invalid syntax`,
    ]);
  });

  it('wants manifests with identity', async () => {
    expect((await refusal(() => list({ identity: true })))[1]).to.equal(
      'conflicting options: identity requires manifests=1',
    );
  });

  it('adds up what images share', async () => {
    const images = await list({ sharedSize: true });
    for (const image of images) expect(image.SharedSize).to.be.within(0, image.Size);
  });

  const versions: readonly (readonly [version: string, present: readonly string[], absent: readonly string[]])[] = [
    ['1.55', ['Descriptor', 'Manifests'], ['VirtualSize']],
    ['1.47', ['Manifests'], ['Descriptor', 'VirtualSize']],
    ['1.43', ['VirtualSize'], ['Descriptor']],
  ];
  for (const [apiVersion, present, absent] of versions) {
    it(`has in API ${apiVersion} [${present}] and not [${absent}]`, async () => {
      const [image] = await list({ apiVersion, manifests: true, filters: parseFilters('{"reference":["att-basic"]}') });
      expect(image).to.include.keys('Id', ...present);
      expect(image).not.to.have.any.keys(...absent);
      expect(image.Containers).to.equal(apiVersion === '1.55' ? 0 : -1);
    });
  }

  it('has keys in alphabetical order, and <none> for no name, below API 1.43', async () => {
    const [image] = await list({ apiVersion: '1.42', filters: parseFilters('{"dangling":["true"]}') });
    expect(Object.keys(image)).to.deep.equal(Object.keys(image).sort());
    expect(image).to.deep.include({ RepoTags: ['<none>:<none>'], RepoDigests: ['<none>@<none>'] });
  });
});

describe('Statements in the list on the experimental channel', () => {
  let test: TestEngine;
  before(async () => {
    test = await openEngine('experimental');
    await load(test.context, 'att-json-whitespace', 'att-json-array', 'att-missing-blob');
  });
  after(() => test.close());

  async function statements(name: string, apiVersion = '1.55'): Promise<readonly unknown[] | undefined> {
    const [image] = parsed(
      await listImages(test.context, {
        apiVersion,
        manifests: true,
        filters: parseFilters(`{"reference":["${name}"]}`),
      }),
    );
    const data = image.Manifests.map((manifest: { AttestationData?: { Statements?: unknown[] } }) => manifest);
    return data.find((manifest: { Kind: string }) => manifest.Kind === 'attestation').AttestationData.Statements;
  }

  it('are the JSON objects among the statements', async () => {
    expect(await statements('att-json-whitespace')).to.have.length.above(0);
    for (const statement of (await statements('att-missing-blob')) ?? []) expect(statement).to.be.an('object');
  });

  it('are absent when there is none, and below API 1.55', async () => {
    expect(await statements('att-json-whitespace', '1.54')).to.equal(undefined);
    for (const statement of (await statements('att-json-array')) ?? []) expect(statement).not.to.be.an('array');
  });
});
