import net from 'node:net';
import { expect } from 'chai';
import { digestOf } from '../../../src/conformance/images/kit.js';
import { build } from '../../../src/conformance/images/recipe.js';
import { recipes } from '../../../src/conformance/images/recipes.js';
import { credentials, Registry } from '../../../src/conformance/registry/registry.js';

const host = { architecture: 'amd64', os: 'linux' };
const image = build('basic', recipes.basic, { host, run: 'attestd-00000000' });

describe("the suite's registry", () => {
  let registry: Registry;
  let closed = false;
  const open = async (isPrivate = false): Promise<void> => {
    registry = await Registry.start(isPrivate);
    closed = false;
  };
  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`http://${registry.address}${path}`, init);

  afterEach(async () => {
    if (!closed) await registry.close();
  });

  it('gives manifests by tag and by digest, and blobs, with their digests', async () => {
    await open();
    registry.repositories.seed('team/app', 'v1', image);
    const byTag = await ask('/v2/team/app/manifests/v1');
    expect(byTag.headers.get('content-type')).to.equal(image.root.mediaType);
    expect(digestOf(Buffer.from(await byTag.arrayBuffer()))).to.equal(image.root.digest);
    expect((await ask(`/v2/team/app/manifests/${image.root.digest}`, { method: 'HEAD' })).status).to.equal(200);
    const layer = image.images[0]?.layers[0]?.digest ?? '';
    const blob = await ask(`/v2/team/app/blobs/${layer}`);
    expect(digestOf(Buffer.from(await blob.arrayBuffer()))).to.equal(layer);
    expect(await (await ask('/v2/team/app/tags/list')).json()).to.deep.equal({ name: 'team/app', tags: ['v1'] });
  });

  it('does not have what nobody put into it', async () => {
    await open();
    for (const path of [
      '/v2/a/manifests/latest',
      `/v2/a/manifests/${image.root.digest}`,
      `/v2/a/blobs/${image.root.digest}`,
      '/v2/a/tags/list',
      '/else',
    ])
      expect((await ask(path)).status, path).to.equal(404);
  });

  it('keeps a blob that comes in pieces, and refuses one of another digest', async () => {
    await open();
    const bytes = Buffer.from('a blob of some length');
    const begun = await ask('/v2/a/blobs/uploads/', { method: 'POST' });
    const where = begun.headers.get('location') ?? '';
    expect((await ask(where, { method: 'PATCH', body: bytes.subarray(0, 5) })).headers.get('range')).to.equal('0-4');
    const done = await ask(`${where}?digest=${digestOf(bytes)}`, { method: 'PUT', body: bytes.subarray(5) });
    expect(done.status).to.equal(201);
    expect(await (await ask(`/v2/a/blobs/${digestOf(bytes)}`)).text()).to.equal('a blob of some length');
    const other = (await ask('/v2/a/blobs/uploads/', { method: 'POST' })).headers.get('location') ?? '';
    const lie = await ask(`${other}?digest=${digestOf(bytes)}`, { method: 'PUT', body: 'else' });
    expect(lie.status).to.equal(400);
    expect((await ask(where, { method: 'PATCH', body: 'more' })).status).to.equal(404);
  });

  it('keeps a manifest under a tag, and refuses one of another digest', async () => {
    await open();
    const body = '{"schemaVersion":2}';
    const init = { method: 'PUT', body, headers: { 'Content-Type': 'application/x' } };
    expect((await ask('/v2/a/manifests/v1', init)).status).to.equal(201);
    expect((await ask('/v2/a/manifests/v1')).headers.get('content-type')).to.equal('application/x');
    expect((await ask(`/v2/a/manifests/${image.root.digest}`, init)).status).to.equal(400);
  });

  it('lets in who has the credentials when it is private', async () => {
    await open(true);
    expect((await ask('/v2/')).status).to.equal(401);
    const { username, password } = credentials;
    const Authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    expect((await ask('/v2/', { headers: { Authorization } })).status).to.equal(200);
  });

  it('tells that somebody has begun TLS, and answers in plain HTTP', async () => {
    await open();
    const [name = '', port = ''] = registry.address.split(':');
    const socket = net.connect(Number(port), name);
    socket.write(Buffer.from([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0]));
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).to.match(/^HTTP\/1\.1 400/);
    expect(registry.encrypted).to.equal(true);
  });

  it('is gone when it is closed, with what was open', async () => {
    await open();
    await ask('/v2/');
    const { address } = registry;
    await registry.close();
    closed = true;
    const failure = await fetch(`http://${address}/v2/`).then(
      () => 'answered',
      () => 'refused',
    );
    expect(failure).to.equal('refused');
  });
});
