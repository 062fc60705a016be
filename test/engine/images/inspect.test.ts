import { expect } from 'chai';
import { imageHistory } from '../../../src/engine/images/history.js';
import { inspectImage } from '../../../src/engine/images/inspect.js';
import type { InspectOptions } from '../../../src/engine/types.js';
import { digestOf } from '../../../src/oci/digest.js';
import { mediaTypes } from '../../../src/oci/media-types.js';
import { renderJson } from '../../../src/support/go/json/render.js';
import { failure, load, openEngine, parsed, refusal, type TestEngine } from '../support.js';

const arm64 = { os: 'linux', architecture: 'arm64' };
const id = 'sha256:af71d3271f31f71d95ccf740baf11c0108009a9fb7dc90257fee2c0a20b6c70d';

describe('An inspected image', () => {
  let test: TestEngine;
  before(async () => {
    test = await openEngine();
    await load(test.context, 'att-basic', 'att-multi', 'att-missing-index', 'att-nested', 'dangling');
  });
  after(() => test.close());

  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into by name
  async function inspect(name: string, options: Partial<InspectOptions> = {}): Promise<any> {
    return parsed(await inspectImage(test.context, name, { apiVersion: '1.55', ...options }));
  }

  it('is found by name, by name and digest, by id, and by the beginning of its id', async () => {
    const hex = id.slice(7);
    const names = ['att-basic', 'docker.io/library/att-basic:latest', `att-basic@${id}`, `att-basic:wrong@${id}`];
    for (const name of [...names, id, hex, hex.slice(0, 12), `sha256:${hex.slice(0, 4)}`]) {
      expect((await inspect(name)).Id, name).to.equal(id);
    }
  });

  it('is not found by the digest of a part of it, by a wrong repository, or by three digits', async () => {
    const { Manifests } = await inspect('att-basic', { manifests: true });
    for (const name of [Manifests[0].ID, `other@${id}`, 'af7', 'nope']) {
      expect((await failure(() => inspect(name))).code, name).to.equal('NOT_FOUND');
    }
    expect((await failure(() => inspect('UPPER'))).httpStatus).to.equal(400);
  });

  it('is ambiguous when two ids begin alike', async () => {
    const other = await openEngine();
    try {
      const { store } = other.context;
      const [one, two] = twinManifests();
      for (const [i, bytes] of [one, two].entries()) {
        const target = { mediaType: mediaTypes.ociManifest, ...(await store.content.ingest(bytes)) };
        await store.put(`docker.io/library/twin:${i}`, target);
      }
      const short = digestOf(one).slice('sha256:'.length).slice(0, 4);
      const inspectTwin = (name: string) => inspectImage(other.context, name, { apiVersion: '1.55' });
      expect(await refusal(() => inspectTwin(short))).to.deep.equal(['NOT_FOUND', 'ambiguous reference']);
      expect(parsed(await inspectTwin(digestOf(two).slice('sha256:'.length).slice(0, 12))).Id).to.equal(digestOf(two));
    } finally {
      await other.close();
    }
  });

  it('is its platform when one is asked for, taken strictly', async () => {
    const image = await inspect('att-multi', { platform: arm64 });
    expect(image.Architecture).to.equal('arm64');
    expect(image.Descriptor.platform).to.include(arm64);
    expect(image.RepoDigests[0]).not.to.include(image.Id);
    expect(await refusal(() => inspect('att-multi', { platform: { ...arm64, variant: 'v9' } }))).to.deep.equal([
      'NOT_FOUND',
      'image with reference att-multi was found but does not provide the specified platform (linux/arm64/v9)',
    ]);
  });

  it('has either manifests or a platform', async () => {
    expect(await refusal(() => inspect('att-multi', { platform: arm64, manifests: true }))).to.deep.equal([
      'INVALID_ARGUMENT',
      'conflicting options: manifests and platform options cannot both be set',
    ]);
  });

  it('is empty where its index is missing', async () => {
    const image = await inspect('att-missing-index');
    expect(image).to.deep.include({ Config: {}, Architecture: '', Os: '', RootFS: {} });
  });

  it('is found in nested indexes', async () => {
    expect((await inspect('att-nested', { manifests: true })).Manifests).to.have.length.above(0);
  });

  it('has no names when it dangles', async () => {
    const image = await inspect('1d270531580a');
    expect(image).to.deep.include({ RepoTags: [], RepoDigests: [] });
  });

  it('keeps <, > and & as they are', async () => {
    const body = renderJson(await inspectImage(test.context, 'att-basic', { apiVersion: '1.55' })).toString();
    expect(body).to.include('A=<b>&c');
  });

  const fields: readonly (readonly [version: string, present: readonly string[], absent: readonly string[]])[] = [
    ['1.55', ['Descriptor'], ['Parent', 'DockerVersion', 'GraphDriver', 'VirtualSize', 'Container']],
    ['1.51', ['Descriptor', 'Parent', 'DockerVersion', 'GraphDriver'], ['VirtualSize', 'Container']],
    ['1.47', ['Parent', 'GraphDriver'], ['Descriptor', 'VirtualSize', 'Container']],
    ['1.44', ['Parent', 'Container', 'ContainerConfig'], ['Descriptor', 'VirtualSize']],
    ['1.43', ['Parent', 'Container', 'VirtualSize'], ['Descriptor']],
  ];
  for (const [apiVersion, present, absent] of fields) {
    it(`has in API ${apiVersion} [${present}] and not [${absent}]`, async () => {
      const image = await inspect('att-basic', { apiVersion });
      expect(image).to.include.all.keys(...present);
      expect(image).not.to.have.any.keys(...absent);
    });
  }

  it('has a Config with more empty fields the older the API version is', async () => {
    const config = async (apiVersion: string) =>
      Object.keys((await inspect('att-missing-index', { apiVersion })).Config);
    expect(await config('1.52')).to.have.length(0);
    expect(await config('1.51')).to.have.length(8);
    expect(await config('1.49')).to.have.length(17);
  });

  it('has a time of making even without one, below API 1.44', async () => {
    expect((await inspect('att-missing-index', { apiVersion: '1.43' })).Created).to.equal('0001-01-01T00:00:00Z');
    expect(await inspect('att-missing-index')).not.to.have.property('Created');
  });
});

describe('The history of an image', () => {
  let test: TestEngine;
  before(async () => {
    test = await openEngine();
    await load(test.context, 'att-basic', 'att-multi', 'att-missing-config');
  });
  after(() => test.close());

  it('begins with the newest step, which has the id and the names', async () => {
    const steps = parsed(await imageHistory(test.context, 'att-basic'));
    expect(steps[0]).to.deep.include({ Id: id, Tags: ['att-basic:latest'], Size: 0 });
    expect(steps.slice(1).every((step: { Id: string; Tags: null }) => step.Id === '<missing>' && !step.Tags)).to.equal(
      true,
    );
    expect(Object.keys(steps[0])).to.deep.equal(['Comment', 'Created', 'CreatedBy', 'Id', 'Size', 'Tags']);
  });

  it('is that of an older variant that the platform runs', async () => {
    expect(await imageHistory(test.context, 'att-multi', { ...arm64, variant: 'v9' })).to.have.length.above(0);
  });

  it('is null where the configuration has none, as of an attestation manifest', async () => {
    expect(await imageHistory(test.context, 'att-multi', { os: 'unknown', architecture: 'unknown' })).to.equal(null);
  });

  it('is not found without a configuration', async () => {
    const [code, message] = await refusal(() => imageHistory(test.context, 'att-missing-config'));
    expect(code).to.equal('NOT_FOUND');
    expect(message).to.match(/^failed to read config content: NotFound: content digest sha256:\w{64}: not found$/);
  });
});

/** Two manifests whose digests have their first four digits in common. */
function twinManifests(): readonly [Buffer, Buffer] {
  const known = new Map<string, Buffer>();
  for (let i = 0; ; i++) {
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, annotations: { i: `${i}` } }));
    const start = digestOf(bytes).slice(0, 'sha256:'.length + 4);
    const twin = known.get(start);
    if (twin !== undefined) return [twin, bytes];
    known.set(start, bytes);
  }
}
