import { expect } from 'chai';
import { authenticate } from '../../../src/engine/registry/auth.js';
import { inspectDistribution } from '../../../src/engine/registry/distribution.js';
import { pullImage } from '../../../src/engine/registry/pull.js';
import { pushImage } from '../../../src/engine/registry/push.js';
import { searchImages } from '../../../src/engine/registry/search.js';
import { all, load, offline, openEngine, refusal, type TestEngine } from '../support.js';

/** No name is known, whatever network the machine has. */
describe('Without a network', () => {
  let test: TestEngine;
  beforeEach(async () => {
    test = await openEngine('standard', { registries: offline });
    await load(test.context, 'att-basic');
  });
  afterEach(() => test.close());

  const pull = (fromImage: string, more = {}) =>
    refusal(async () => all(await pullImage(test.context, { fromImage, ...more })));

  it('nothing is pulled, not even what the store has', async () => {
    for (const name of ['nope', 'att-basic']) {
      const url = `https://registry-1.docker.io/v2/library/${name}/manifests/latest`;
      const why = `failed to do request: Head "${url}": dial tcp: lookup registry-1.docker.io: no such host`;
      expect(await pull(name, { tag: 'latest' })).to.deep.equal([
        'INTERNAL',
        `failed to resolve reference "docker.io/library/${name}:latest": ${why}`,
      ]);
    }
  });

  it('all tags of a repository are asked for by name as well', async () => {
    expect((await pull('example.test/x'))[1]).to.equal(
      'Get "https://example.test/v2/": dial tcp: lookup example.test: no such host',
    );
  });

  it('nobody is asked for what cannot be', async () => {
    expect(await pull('scratch')).to.deep.equal(['FORBIDDEN', "'scratch' is a reserved name"]);
    expect((await pull('UPPER'))[0]).to.equal('INVALID_REFERENCE');
    expect(await pull('x', { tag: 'bad tag' })).to.deep.equal(['INVALID_REFERENCE', 'invalid tag format']);
    expect((await pull('x', { platform: 'a/b/c/d' }))[0]).to.equal('INVALID_PLATFORM');
  });

  it('pushes end with an error in their stream', async () => {
    const push = async (name: string, tag?: string) => all(await pushImage(test.context, name, tag ? { tag } : {}));
    expect((await push('nope', '1')).at(-1)?.error).to.equal('tag does not exist: nope:1');
    expect((await push('nope')).at(-1)?.error).to.equal('An image does not exist locally with the tag: nope');
    expect((await push('att-basic', 'latest')).at(-1)?.error).to.match(/^failed to do request: Head "https:/);
  });

  it('searches fail, and bad searches are told apart', async () => {
    const search = (options: { term?: string; limit?: string; filters?: string }) =>
      refusal(() => searchImages(test.context, { term: 'a b', ...options }));
    expect(await search({})).to.deep.equal([
      'INTERNAL',
      'Get "https://index.docker.io/v1/search?q=a+b&n=25": dial tcp: lookup index.docker.io: no such host',
    ]);
    const [code, message] = await search({ term: 'example.test/x' });
    expect(code).to.equal('INVALID_ARGUMENT');
    expect(message).to.match(
      /^invalid registry endpoint https:\/\/example.test\/v1\/: Get "https:\/\/example.test\/v1\/_ping"/,
    );
    expect((await search({ limit: 'abc' }))[1]).to.equal(
      'invalid limit specified: strconv.Atoi: parsing "abc": invalid syntax',
    );
    expect((await search({ limit: '1000' }))[1]).to.equal('limit 1000 is outside the range of [1, 100]');
    expect((await search({ filters: '{"stars":["x"]}' }))[1]).to.match(/^invalid filter 'stars=x': strconv.Atoi/);
    expect(await searchImages(test.context, { term: '', limit: '-1', filters: 'bad' })).to.equal(undefined);
    expect(await searchImages(test.context, { term: '', filters: '{"is-automated":["1"]}' })).to.deep.equal([]);
    expect((await search({ limit: 'x', filters: 'bad' }))[1]).to.match(/^invalid limit specified/);
    expect(await search({ filters: 'bad' })).to.deep.equal(['INVALID_ARGUMENT', 'invalid filter']);
  });

  it('names are not inspected and credentials not checked', async () => {
    const inspect = (name: string) => refusal(() => inspectDistribution(test.context, name));
    const login = (body: string) => refusal(() => authenticate(test.context, Buffer.from(body)));
    expect((await inspect('localhost:1/x'))[1]).to.match(/^Get "https?:\/\/localhost:1\/v2\/"/);
    expect((await inspect('a'.repeat(64).replace(/a/g, 'f')))[0]).to.equal('INTERNAL');
    expect(await login('bad')).to.deep.equal([
      'INVALID_ARGUMENT',
      "invalid X-Registry-Auth header: invalid JSON: invalid character 'b' looking for beginning of value",
    ]);
    expect((await login('{} {}'))[0]).to.equal('INVALID_ARGUMENT');
    expect((await login('{"serveraddress":"[::1"}'))[0]).to.equal('INVALID_ARGUMENT');
    expect(await login('{"serveraddress":"example.test"}')).to.deep.equal([
      'INTERNAL',
      'Get "https://example.test/v2/": dial tcp: lookup example.test: no such host',
    ]);
  });
});
