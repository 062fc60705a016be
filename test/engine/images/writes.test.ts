import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import { noFilters, parseFilters } from '../../../src/engine/filters.js';
import { exportByName } from '../../../src/engine/images/export.js';
import { inspectImage } from '../../../src/engine/images/inspect.js';
import { listImages } from '../../../src/engine/images/list.js';
import { loadImages } from '../../../src/engine/images/load.js';
import { pruneImages } from '../../../src/engine/images/prune.js';
import { removeImage } from '../../../src/engine/images/remove.js';
import { tagImage } from '../../../src/engine/images/tag.js';
import { create, openContainers } from '../containers/support.js';
import { all, history, load, openEngine, parsed, refusal, type TestEngine } from '../support.js';

const basic = 'sha256:af71d3271f31f71d95ccf740baf11c0108009a9fb7dc90257fee2c0a20b6c70d';
const twoNames = 'sha256:f9c8bbd5cf5be471ff631526a7ecc21ba7fb353dc67563478f4592772f10bbbb';
const amd64 = { os: 'linux', architecture: 'amd64' };

async function names({ context }: TestEngine): Promise<readonly string[]> {
  const images = parsed(await listImages(context, { apiVersion: '1.55' }));
  return images.flatMap((image: { RepoTags: string[] }) => image.RepoTags).sort();
}

describe('Tagging', () => {
  let test: TestEngine;
  beforeEach(async () => {
    test = await openEngine();
    await load(test.context, 'att-basic', 'att-none');
  });
  afterEach(() => test.close());

  it('adds a name, with the tag latest unless one is given', async () => {
    expect(await tagImage(test.context, 'att-basic', { repo: 'new', tag: '' })).to.equal('created');
    expect(await tagImage(test.context, basic, { repo: 'new:three', tag: 'four' })).to.equal('created');
    expect(await names(test)).to.deep.equal(['att-basic:latest', 'att-none:latest', 'new:four', 'new:latest']);
  });

  it('does nothing without a repository', async () => {
    expect(await tagImage(test.context, 'nope', { repo: '', tag: 'x' })).to.equal('nothing');
  });

  it('takes a name away from another image, which dangles when it was the last', async () => {
    await tagImage(test.context, 'att-basic', { repo: 'att-none', tag: 'latest' });
    expect(await names(test)).to.deep.equal(['att-basic:latest', 'att-none:latest']);
    const dangling = parseFilters('{"dangling":["true"]}');
    expect(await listImages(test.context, { apiVersion: '1.55', filters: dangling })).to.have.length(1);
  });

  it('gives a dangling image a name again', async () => {
    await load(test.context, 'dangling');
    await tagImage(test.context, '1d270531580a', { repo: 'found', tag: '' });
    const dangling = parseFilters('{"dangling":["true"]}');
    expect(await listImages(test.context, { apiVersion: '1.55', filters: dangling })).to.have.length(0);
  });

  it('reports an event with the new name', async () => {
    await tagImage(test.context, 'att-basic', { repo: 'new', tag: '1' });
    expect((await history(test.context)).at(-1)).to.equal('tag new:1');
  });

  const refusals: readonly (readonly [name: string, repo: string, tag: string, code: string, message: RegExp])[] = [
    [
      'att-basic',
      'UPPER',
      'x',
      'INVALID_REFERENCE',
      /^invalid reference format: repository name \(library\/UPPER\) must be lowercase$/,
    ],
    ['att-basic', 'ok', 'bad tag', 'INVALID_REFERENCE', /^invalid tag format$/],
    [
      'att-basic',
      'sha256',
      'x',
      'INVALID_ARGUMENT',
      /^refusing to create an ambiguous tag using digest algorithm as name$/,
    ],
    ['att-basic', `ok@${basic}`, 'x', 'INVALID_ARGUMENT', /^cannot import digest reference$/],
    ['nope', 'ok', 'x', 'NOT_FOUND', /^No such image: nope:latest$/],
    ['UPPER', 'ok', 'x', 'NOT_FOUND', /^invalid reference format: repository name/],
  ];
  for (const [name, repo, tag, code, message] of refusals) {
    it(`of ${name} as ${repo.slice(0, 12)}:${tag} is refused with ${code}`, async () => {
      const [found, text] = await refusal(() => tagImage(test.context, name, { repo, tag }));
      expect(found).to.equal(code);
      expect(text).to.match(message);
    });
  }
});

describe('Deleting', () => {
  let test: TestEngine;
  beforeEach(async () => {
    test = await openEngine();
  });
  afterEach(() => test.close());

  it('takes one of several names away and leaves the image', async () => {
    await load(test.context, 'two-names');
    expect(await removeImage(test.context, 'two-names:second')).to.deep.equal([{ Untagged: 'two-names:second' }]);
    expect(await names(test)).to.deep.equal(['two-names:latest']);
  });

  it('deletes the image and its blobs with its last name', async () => {
    await load(test.context, 'att-basic');
    expect(await removeImage(test.context, 'att-basic')).to.deep.equal([
      { Untagged: 'att-basic:latest' },
      { Deleted: basic },
    ]);
    expect(await test.context.store.content.info(basic)).to.equal(undefined);
    expect((await history(test.context)).slice(1)).to.deep.equal(['untag att-basic:latest', 'delete sha256:af71']);
  });

  it('refuses an id that has several names, unless forced', async () => {
    await load(test.context, 'two-names');
    expect(await refusal(() => removeImage(test.context, twoNames))).to.deep.equal([
      'CONFLICT',
      'conflict: unable to delete f9c8bbd5cf5b (must be forced) - image is referenced in multiple repositories',
    ]);
    expect(await removeImage(test.context, 'f9c8bbd5cf5b', { force: true })).to.deep.equal([
      { Untagged: 'two-names:latest' },
      { Untagged: 'two-names:second' },
      { Deleted: twoNames },
    ]);
  });

  it('by name and digest takes all tags of the repository', async () => {
    await load(test.context, 'two-names');
    await tagImage(test.context, 'two-names', { repo: 'other', tag: '1' });
    const records = await removeImage(test.context, `two-names@${twoNames}`);
    expect(records).to.deep.equal([{ Untagged: 'two-names:latest' }, { Untagged: 'two-names:second' }]);
    expect(await names(test)).to.deep.equal(['other:1']);
  });

  it('takes the dangling image of a name that was loaded again along', async () => {
    await load(test.context, 'two-names', 'two-names');
    expect(await removeImage(test.context, 'two-names:second')).to.deep.equal([
      { Untagged: 'two-names:second' },
      { Untagged: `moby-dangling@${twoNames}` },
    ]);
  });

  it('deletes a dangling image by its id', async () => {
    await load(test.context, 'dangling');
    const [record, ...others] = await removeImage(test.context, '1d270531580a');
    expect(parsed(record ?? null).Deleted).to.match(/^sha256:1d27/);
    expect(others).to.have.length(0);
  });

  it('keeps blobs that another image has', async () => {
    await load(test.context, 'att-basic', 'att-first');
    await removeImage(test.context, 'att-basic');
    const manifests = parsed(
      await inspectImage(test.context, 'att-first', { apiVersion: '1.55', manifests: true }),
    ).Manifests;
    expect(manifests.every((manifest: { Available: boolean }) => manifest.Available)).to.equal(true);
  });

  it('fails for an image with a malformed name', async () => {
    await load(test.context, 'bad-name');
    const [image] = parsed(await listImages(test.context, { apiVersion: '1.55' }));
    expect((await refusal(() => removeImage(test.context, image.Id, { force: true })))[0]).to.equal('INTERNAL');
  });

  it('takes one platform only with force, and leaves the index', async () => {
    await load(test.context, 'att-multi');
    expect(await refusal(() => removeImage(test.context, 'att-multi', { platforms: [amd64] }))).to.deep.equal([
      'INVALID_ARGUMENT',
      'Content will be removed from all images referencing this variant. Use —-force to force delete.',
    ]);
    const records = await removeImage(test.context, 'att-multi', { platforms: [amd64], force: true });
    expect(records).to.have.length(1);
    const { Manifests } = parsed(
      await inspectImage(test.context, 'att-multi', { apiVersion: '1.55', manifests: true }),
    );
    expect(Manifests[0]).to.include({ Available: false });
    const [code, message] = await refusal(() =>
      removeImage(test.context, 'att-multi', { platforms: [amd64], force: true }),
    );
    expect(code).to.equal('NOT_FOUND');
    expect(message).to.match(/^failed to delete platform linux\/amd64 for image sha256:26e0\w+: image with reference/);
  });

  it('takes a path that ends in attestations for a name on the standard channel only', async () => {
    expect(await refusal(() => removeImage(test.context, 'att-basic/attestations'))).to.deep.equal([
      'NOT_FOUND',
      'No such image: att-basic/attestations:latest',
    ]);
    const experimental = await openEngine('experimental');
    try {
      await load(experimental.context, 'att-basic');
      await tagImage(experimental.context, 'att-basic', { repo: 'x/attestations', tag: '' });
      const [code] = await refusal(() => removeImage(experimental.context, 'x/attestations'));
      expect(code).to.equal('INVALID_ARGUMENT');
      expect(await removeImage(experimental.context, 'x/attestations:latest')).to.have.length(1);
    } finally {
      await experimental.close();
    }
  });
});

describe('Pruning', () => {
  let test: TestEngine;
  beforeEach(async () => {
    test = await openEngine();
    await load(test.context, 'att-none', 'dangling');
  });
  afterEach(() => test.close());

  it('deletes dangling images and counts what is gained', async () => {
    const report = parsed(await pruneImages(test.context, noFilters));
    expect(report.ImagesDeleted[0].Untagged).to.match(/^sha256:1d27/);
    expect(report.ImagesDeleted.slice(1).every((record: { Deleted?: string }) => record.Deleted)).to.equal(true);
    expect(report.SpaceReclaimed).to.be.above(0);
    expect(await names(test)).to.deep.equal(['att-none:latest']);
  });

  it('deletes all images that nothing uses with dangling=false', async () => {
    await pruneImages(test.context, parseFilters('{"dangling":["false"]}'));
    expect(await names(test)).to.deep.equal([]);
  });

  it('keeps what a container was made of: its name, or the last of the names when it was made by the id', async () => {
    const engine = await openContainers();
    const { context } = engine;
    await load(context, 'att-basic', 'att-none');
    for (const repo of ['b', 'a', 'z']) await tagImage(context, 'att-basic', { repo, tag: '' });
    await create(context, { Image: 'att-none', Entrypoint: ['x'] });
    await create(context, { Image: basic, Entrypoint: ['x'] });
    const report = parsed(await pruneImages(context, parseFilters('{"dangling":["false"]}')));
    const untagged = report.ImagesDeleted.map((item: { Untagged?: string }) => item.Untagged);
    expect(untagged.sort()).to.deep.equal(['a:latest', 'att-basic:latest', 'b:latest']);
    expect(await names(engine)).to.deep.equal(['att-none:latest', 'z:latest']);
    await engine.close();
  });

  it('deletes nothing that the filters leave out', async () => {
    const report = await pruneImages(test.context, parseFilters('{"label":["probe.fixture=other"]}'));
    expect(report).to.deep.equal({ ImagesDeleted: null, SpaceReclaimed: 0 });
  });

  it('refuses filters that it does not know', async () => {
    expect(await refusal(() => pruneImages(test.context, parseFilters('{"reference":["x"]}')))).to.deep.equal([
      'INVALID_ARGUMENT',
      "invalid filter 'reference'",
    ]);
  });

  it('reports untag and delete', async () => {
    await pruneImages(test.context, noFilters);
    expect((await history(test.context)).slice(-2)).to.deep.equal(['untag sha256:1d27', 'delete sha256:1d27']);
  });
});

describe('Exporting', () => {
  let test: TestEngine;
  before(async () => {
    test = await openEngine();
    await load(test.context, 'att-multi', 'two-names', 'att-size-mismatch');
  });
  after(() => test.close());

  async function reload(names: readonly string[], platforms = [] as readonly { os: string; architecture: string }[]) {
    const archive = await buffer(await exportByName(test.context, names, platforms));
    const other = await openEngine();
    try {
      return await all(loadImages(other.context, Readable.from([archive])));
    } finally {
      await other.close();
    }
  }

  it('makes an archive that loads again', async () => {
    expect(await reload(['att-multi'])).to.deep.equal([{ stream: 'Loaded image: att-multi:latest\n' }]);
  });

  it('takes all tags of a repository, or the one that is named', async () => {
    expect(await reload(['two-names'])).to.have.length(2);
    expect(await reload(['two-names:second'])).to.deep.equal([{ stream: 'Loaded image: two-names:second\n' }]);
  });

  it('of an id has no name', async () => {
    const [message] = await reload(['f9c8bbd5cf5b']);
    expect(message?.stream).to.match(/^Loaded image ID: /);
  });

  it('of one platform is that manifest alone', async () => {
    expect(await reload(['att-multi'], [{ os: 'linux', architecture: 'arm64' }])).to.have.length(1);
    const [code, message] = await refusal(() =>
      exportByName(test.context, ['att-multi'], [{ os: 'linux', architecture: 'riscv64' }]),
    );
    expect(code).to.equal('NOT_FOUND');
    expect(message).to.match(/^no suitable export target found: image with reference att-multi:latest was found but/);
  });

  it('goes on to its end when the image is removed meanwhile, and leaves nothing behind', async () => {
    const own = await openEngine();
    try {
      await load(own.context, 'att-multi');
      const blobs = async (): Promise<number> => (await all(own.context.store.content.list())).length;
      const whole = await buffer(await exportByName(own.context, ['att-multi']));
      const unread = await exportByName(own.context, ['att-multi']);
      const broken = await exportByName(own.context, ['att-multi']);
      await removeImage(own.context, 'att-multi');
      await own.context.store.collect();
      expect(await buffer(unread)).to.deep.equal(whole);
      expect(await blobs()).to.be.above(0);
      broken.destroy();
      for (let turn = 0; turn < 100 && (await blobs()) > 0; turn++)
        await new Promise((resolve) => setTimeout(resolve, 10));
      expect(await blobs()).to.equal(0);
    } finally {
      await own.close();
    }
  });

  it('ends with the error as a JSON line when a blob is not what its descriptor says', async () => {
    const archive = await buffer(await exportByName(test.context, ['att-size-mismatch']));
    const last = archive.toString('latin1').split('\0').at(-1) as string;
    expect(JSON.parse(last).error).to.be.a('string');
    expect(last.endsWith('\r\n')).to.equal(true);
  });

  it('of an image whose best platform was deleted is refused', async () => {
    const other = await openEngine();
    try {
      await load(other.context, 'att-multi');
      await removeImage(other.context, 'att-multi', { platforms: [amd64], force: true });
      const [code, message] = await refusal(() => exportByName(other.context, ['att-multi']));
      expect(code).to.equal('NOT_FOUND');
      expect(message).to.match(
        /^unable to create manifests file: NotFound: content digest sha256:28651\w+: not found$/,
      );
    } finally {
      await other.close();
    }
  });

  it('of what is not there is refused before the first byte', async () => {
    expect(await refusal(() => exportByName(test.context, ['two-names', 'nope']))).to.deep.equal([
      'NOT_FOUND',
      'No such image: nope:latest',
    ]);
  });
});
