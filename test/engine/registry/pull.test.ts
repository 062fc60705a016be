import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import { parseFilters } from '../../../src/engine/filters.js';
import { imageAttestations } from '../../../src/engine/images/attestations.js';
import { identityOf } from '../../../src/engine/images/identity.js';
import { pruneImages } from '../../../src/engine/images/prune.js';
import { removeImage } from '../../../src/engine/images/remove.js';
import { inspectDistribution } from '../../../src/engine/registry/distribution.js';
import { pullImage } from '../../../src/engine/registry/pull.js';
import type { PullOptions, StreamMessage } from '../../../src/engine/types.js';
import { FakeRegistry, refuse, type Seen, send } from '../../support/registry-client/fake-registry.js';
import { all, failure, fixturePath, history, load, offline, openEngine, type TestEngine } from '../support.js';

let fake: FakeRegistry;
let test: TestEngine;
beforeEach(async () => {
  fake = await FakeRegistry.start();
  test = await openEngine();
});
afterEach(async () => {
  await test.close();
  await fake.stop();
});

async function pull(name: string, more: Partial<PullOptions> = {}): Promise<readonly StreamMessage[]> {
  return all(await pullImage(test.context, { fromImage: `${fake.host}/${name}`, ...more }));
}

const lasting = (messages: readonly StreamMessage[]): string[] =>
  messages.map(({ id, status, error }) => `${error === undefined ? status : 'error'}${id ? ` ${id}` : ''}`).sort();

const blobs = async (): Promise<string[]> => {
  const found: string[] = [];
  for await (const { digest } of test.context.store.content.list()) found.push(digest);
  return found;
};

describe('Pulling an image', () => {
  it('tells what dockerd tells, in its order', async () => {
    const digest = await fake.load(fixturePath('att-basic'), 'a/basic');
    const messages = await pull('a/basic:latest');
    expect(messages[0]).to.deep.equal({ status: 'Pulling from a/basic', id: 'latest' });
    expect(messages.slice(1, -2)).to.deep.include({
      status: 'Pulling fs layer',
      progressDetail: {},
      id: '7c7dae210eff',
    });
    expect(messages.slice(-2)).to.deep.equal([
      { status: `Digest: ${digest}` },
      { status: `Status: Downloaded newer image for ${fake.host}/a/basic:latest` },
    ]);
    const complete = messages.filter(({ status }) => status === 'Pull complete');
    expect(complete).to.deep.include({
      status: 'Pull complete',
      progressDetail: { hidecounts: true },
      id: 'b7c67f917d55',
    });
    expect(await history(test.context)).to.deep.equal([`pull ${fake.host}/a/basic`]);
  });

  it('brings its attestations, byte for byte', async () => {
    await fake.load(fixturePath('att-basic'), 'a/basic');
    await pull('a/basic:latest');
    const { content } = await imageAttestations(test.context, `${fake.host}/a/basic:latest`, { statement: true });
    const statement = [...fake.blobs.values()].find((bytes) => bytes.includes('https://spdx.dev/Document'));
    expect(String(content)).to.contain('pkg:docker/att-basic@latest');
    expect(statement).not.to.equal(undefined);
    for (const digest of await blobs())
      expect((await test.context.store.content.bytes(digest)).equals(fake.blobs.get(digest) as Buffer)).to.equal(true);
  });

  it('asks the registry for what refers to the attestation manifest, and keeps signatures', async () => {
    await fake.load(fixturePath('att-basic'), 'a/basic');
    const attestation = '8112d47df4dc8a88f8c068598e475d56e3e528bfe0134eeba4a35051924922a5';
    const type = 'application/vnd.oci.image.manifest.v1+json';
    const bundle = 'application/vnd.dev.sigstore.bundle.v0.3+json';
    const layer = Buffer.from('{"bundle":1}');
    const empty = Buffer.from('{}');
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: type,
      artifactType: bundle,
      config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: fake.put(empty), size: 2 },
      layers: [{ mediaType: bundle, digest: fake.put(layer), size: layer.length }],
      subject: { mediaType: type, digest: `sha256:${attestation}`, size: 676 },
    });
    const digest = fake.put(manifest);
    const listed = { mediaType: type, digest, size: manifest.length, artifactType: bundle };
    const other = { ...listed, digest: `sha256:${'0'.repeat(64)}`, artifactType: 'application/x-other' };
    fake.fault = ({ method, path }, response) =>
      path.endsWith(`/referrers/sha256:${attestation}`) &&
      send(response, method, 200, JSON.stringify({ schemaVersion: 2, manifests: [listed, other] }));
    await pull('a/basic:latest');
    const referrers = await test.context.store.referrers(`sha256:${attestation}`);
    expect(referrers.map((one) => one.digest)).to.deep.equal([digest]);
    expect(await blobs()).to.include(fake.put(layer));
    await test.context.store.collect();
    expect(await blobs()).to.include(fake.put(layer));
  });

  it('that is up to date says so and fetches nothing', async () => {
    await fake.load(fixturePath('att-basic'), 'a/basic');
    await pull('a/basic:latest');
    fake.seen.length = 0;
    expect(lasting(await pull('a/basic:latest'))).to.deep.equal([
      'Digest: sha256:af71d3271f31f71d95ccf740baf11c0108009a9fb7dc90257fee2c0a20b6c70d',
      'Pulling from a/basic latest',
      `Status: Image is up to date for ${fake.host}/a/basic:latest`,
    ]);
    expect(fake.lines.filter((line) => !/referrers|sha256-/.test(line))).to.deep.equal([
      'HEAD /v2/a/basic/manifests/latest',
    ]);
  });

  it('by tag and digest that is there under any name of its repository is up to date', async () => {
    const digest = await fake.load(fixturePath('att-basic'), 'a/basic');
    await pull('a/basic:latest');
    for (const name of [`a/basic:latest@${digest}`, `a/basic:other@${digest}`, `a/basic:other@${digest}`])
      expect((await pull(name)).at(-1)?.status).to.match(/^Status: Image is up to date for /);
    await fake.load(fixturePath('att-basic'), 'b/basic');
    expect((await pull(`b/basic:latest@${digest}`)).at(-1)?.status).to.match(/^Status: Downloaded newer image for /);
  });

  it('is known until it is deleted: what comes again does not come from there', async () => {
    const digest = await fake.load(fixturePath('att-basic'), 'a/basic');
    const origin = async (): Promise<unknown> =>
      ((await identityOf(test.context, digest, undefined)) as { Pull?: unknown } | undefined)?.Pull;
    for (const remove of [
      () => removeImage(test.context, digest, { force: true }),
      () => pruneImages(test.context, parseFilters('{"dangling":["false"]}')),
    ]) {
      await pull('a/basic:latest');
      expect(await origin()).to.have.length(1);
      await remove();
      await load(test.context, 'att-basic');
      expect(await origin()).to.equal(undefined);
    }
  });

  it('for the platform of an attestation manifest cannot unpack it', async () => {
    await fake.load(fixturePath('att-basic'), 'a/basic');
    const [last] = (await pull('a/basic:latest', { platform: 'unknown/unknown' })).slice(-1);
    expect(last?.error).to.equal(
      'failed to unpack image on snapshotter overlayfs: mismatched image rootfs and manifest layers',
    );
  });

  it('by digest gives it a name with that digest', async () => {
    const digest = await fake.load(fixturePath('att-basic'), 'a/basic');
    const messages = await pull('a/basic', { tag: digest });
    expect(messages[0]).to.deep.equal({ status: 'Pulling from a/basic', id: `${fake.host}/a/basic@${digest}` });
    expect(test.context.store.get(`${fake.host}/a/basic@${digest}`)?.target.digest).to.equal(digest);
  });

  for (const [name, digest, error] of [
    [
      'att-basic',
      '8112d47df4dc8a88f8c068598e475d56e3e528bfe0134eeba4a35051924922a5',
      /mismatched image rootfs and manifest layers$/,
    ],
    ['att-oci-artifact', 'aca861c0545113060e6673797a4db4a166b9cb6b2e78f6984da4f09b4651cd46', undefined],
  ] as const) {
    it(`that is the attestation manifest of ${name} is unpacked as far as it has layers of a file system`, async () => {
      await fake.load(fixturePath(name), 'a/x');
      const last = (await pull('a/x', { tag: `sha256:${digest}` })).at(-1);
      if (error === undefined) expect(last?.status).to.match(/^Status: Downloaded newer image for /);
      else expect(last?.error).to.match(error);
      expect(test.context.store.list()).to.have.length(1);
    });
  }

  it('under a name that is taken leaves the image before without one', async () => {
    const before = await fake.load(fixturePath('att-basic'), 'a/x');
    await pull('a/x:latest');
    await fake.load(fixturePath('att-first'), 'a/x');
    await pull('a/x:latest');
    expect(test.context.store.list().map(({ name }) => name)).to.include(`moby-dangling@${before}`);
  });

  it('without a tag brings all', async () => {
    await fake.load(fixturePath('att-basic'), 'a/x', 'one');
    await fake.load(fixturePath('att-first'), 'a/x', 'two');
    await pull('a/x');
    expect(test.context.store.list().map(({ name }) => name)).to.deep.equal([
      `${fake.host}/a/x:one`,
      `${fake.host}/a/x:two`,
    ]);
  });

  it('for another platform brings that platform', async () => {
    await fake.load(fixturePath('att-multi'), 'a/multi');
    await pull('a/multi:latest', { platform: 'linux/arm64' });
    const error = await failure(() => pull('a/multi:latest', { platform: 'linux/s390x' }));
    expect(error.code).to.equal('NOT_FOUND');
    expect(error.message).to.contain('no matching manifest for linux/s390x');
  });

  it('for a platform that only the configuration speaks of fails when all is there, and keeps it', async () => {
    const digest = await fake.load(fixturePath('att-desc-no-platform'), 'a/x');
    const last = (await pull('a/x:latest', { platform: 'linux/arm64' })).at(-1);
    expect(last?.error).to.equal(
      'no matching manifest for linux/arm64 in the manifest list entries: failed to unpack image on snapshotter overlayfs: ' +
        `no match for platform in manifest ${digest}: not found`,
    );
    expect(test.context.store.list()).to.have.length(1);
    expect((await pull('a/x:latest')).at(-1)?.status).to.match(/^Status: Image is up to date/);
  });

  const refusals = [
    ['scratch', 'FORBIDDEN'],
    ['a/UPPER', 'INVALID_REFERENCE'],
  ] as const;
  for (const [fromImage, code] of refusals) {
    it(`named ${fromImage} is refused with ${code}`, async () => {
      expect((await failure(() => pullImage(test.context, { fromImage }))).code).to.equal(code);
    });
  }
});

describe('Pulling by way of a mirror', () => {
  const mirrored = async (act: (engine: TestEngine) => Promise<void>): Promise<void> => {
    const registries = { ...offline, mirrors: [`http://${fake.host}`] };
    const engine = await openEngine('standard', { registries });
    try {
      await act(engine);
    } finally {
      await engine.close();
    }
  };
  const credentials = { username: 'user', password: 'secret' };

  it('needs nobody behind it, says whose images they are, and gives it no credentials', () =>
    mirrored(async ({ context }) => {
      await fake.load(fixturePath('att-basic'), 'a/basic');
      const messages = await all(await pullImage(context, { fromImage: 'a/basic:latest', credentials }));
      expect(messages.at(-1)).to.deep.equal({ status: 'Status: Downloaded newer image for a/basic:latest' });
      expect(new Set(fake.seen.map(({ query }) => query.get('ns')))).to.deep.equal(new Set(['docker.io']));
      fake.fault = ({ method }, response) =>
        refuse(response, method, 401, 'UNAUTHORIZED', { 'www-authenticate': 'Basic realm="x"' });
      expect(
        (await failure(() => pullImage(context, { fromImage: 'a/other:latest', credentials }).then(all))).code,
      ).to.equal('INTERNAL');
      expect(fake.seen.filter(({ headers }) => headers.authorization !== undefined)).to.deep.equal([]);
    }));

  it('is told not to have what it has not, whoever cannot be asked', () =>
    mirrored(async ({ context }) => {
      const error = await failure(() => pullImage(context, { fromImage: 'a/none:1' }).then(all));
      expect(error).to.include({
        code: 'NOT_FOUND',
        message: 'failed to resolve reference "docker.io/a/none:1": docker.io/a/none:1: not found',
      });
    }));
});

describe('A pull that fails', () => {
  const nothingLeft = async (): Promise<void> => {
    expect(test.context.store.list()).to.deep.equal([]);
    expect(await blobs()).to.deep.equal([]);
  };

  it('for want of a layer says so last and leaves nothing', async () => {
    await fake.load(fixturePath('att-basic'), 'a/basic');
    fake.fault = ({ method, path }, response) =>
      path.endsWith('/blobs/sha256:7c7dae210eff279b8c7a8515f80862e104e4b1cb245ec7d4f9adb54b6322ef42') &&
      refuse(response, method, 404, 'BLOB_UNKNOWN');
    const messages = await pull('a/basic:latest');
    expect(messages.at(-1)).to.have.property('error').that.contains('could not fetch content descriptor');
    expect(messages.at(-1)).to.have.property('errorDetail');
    await nothingLeft();
  });

  it('for a layer with other bytes leaves nothing', async () => {
    await fake.load(fixturePath('att-basic'), 'a/basic');
    const layer = 'sha256:7c7dae210eff279b8c7a8515f80862e104e4b1cb245ec7d4f9adb54b6322ef42';
    const bytes = Buffer.from(fake.blobs.get(layer) as Buffer);
    bytes[5] = (bytes[5] as number) ^ 1;
    fake.blobs.set(layer, bytes);
    const messages = await pull('a/basic:latest');
    expect(messages.at(-1)).to.have.property('error').that.contains('unexpected commit digest');
    await nothingLeft();
  });

  it('for a layer without end stops reading it', async () => {
    await fake.load(fixturePath('att-basic'), 'a/basic');
    const piece = Buffer.alloc(1 << 16);
    let sent = 0;
    fake.fault = ({ path }, response) => {
      if (!path.endsWith('6322ef42')) return false;
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && response.write(piece)) sent += piece.length;
        sent += piece.length;
      };
      response.on('drain', more);
      more();
      return true;
    };
    const messages = await pull('a/basic:latest');
    expect(messages.at(-1)).to.have.property('error').that.contains('failed size validation');
    expect(sent).to.be.below(64 << 20);
    await nothingLeft();
  });

  const manifest = 'sha256:b8e49ad5eb5e053229d00602a4575145a4a6259d3d8583d7e5ed77beb745247f';
  const layer = 'sha256:7c7dae210eff279b8c7a8515f80862e104e4b1cb245ec7d4f9adb54b6322ef42';
  const lies: readonly (readonly [
    what: string,
    at: string,
    lie: (seen: Seen, response: ServerResponse) => boolean,
    error: RegExp,
  ])[] = [
    [
      'with a manifest of 1 GiB',
      manifest,
      (_, response) => endless(response, 2 ** 30),
      /failed size validation|longer than|exceeds/,
    ],
    [
      'with a layer that ends early',
      layer,
      (_, response) => cutShort(response),
      /short read: expected 147 bytes but got 1/,
    ],
    [
      'whose layer redirects for ever',
      layer,
      ({ method, path }, response) => send(response, method, 307, '', { location: `${path}?again` }),
      /stopped after 10 redirects/,
    ],
    [
      'that is busy for an hour',
      layer,
      ({ method }, response) => send(response, method, 429, '', { 'retry-after': '3600' }),
      /429 Too Many Requests/,
    ],
    ['that fails', layer, ({ method }, response) => send(response, method, 500, ''), /500 Internal Server Error/],
    ['that hangs up', layer, (_, response) => response.destroy().destroyed, /EOF/],
  ];
  for (const [what, at, lie, expected] of lies) {
    it(`from a registry ${what} says so and leaves nothing`, async () => {
      await fake.load(fixturePath('att-basic'), 'a/basic');
      fake.fault = (seen, response) => seen.path.endsWith(`/${at}`) && lie(seen, response);
      const said = await pull('a/basic:latest').then(
        (messages) => String(messages.at(-1)?.error),
        (error: Error) => error.message,
      );
      expect(said).to.match(expected);
      await nothingLeft();
    });
  }

  it('because nobody reads on is aborted and leaves nothing', async () => {
    await fake.load(fixturePath('att-basic'), 'a/basic');
    fake.fault = ({ path }) => path.endsWith('6322ef42');
    for await (const { status } of await pullImage(test.context, { fromImage: `${fake.host}/a/basic:latest` }))
      if (status === 'Pulling fs layer') break;
    await nothingLeft();
  });

  it('before anything was said is an answer of its own', async () => {
    expect((await failure(() => pull('a/absent:latest'))).code).to.equal('NOT_FOUND');
    fake.fault = ({ method }, response) =>
      refuse(response, method, 401, 'UNAUTHORIZED', { 'www-authenticate': 'Basic realm="x"' });
    expect((await failure(() => pull('a/absent:latest'))).code).to.equal('INTERNAL');
    const credentials = { username: 'user', password: 'wrong' };
    expect((await failure(() => pull('a/absent:latest', { credentials }))).code).to.equal('INTERNAL');
  });

  it('where nobody listens names the address that was asked for', async () => {
    const { host } = fake;
    await fake.stop();
    const error = await failure(() => pullImage(test.context, { fromImage: `${host}/a/b:c` }).then(all));
    expect(error.code).to.equal('INTERNAL');
    expect(error.message).to.contain(`dial tcp ${host}: connect: connection refused`);
    fake = await FakeRegistry.start();
  });
});

/** Begin an answer of a length that nobody should read to its end. */
function endless(response: ServerResponse, length: number): true {
  response.writeHead(200, { 'content-length': length, 'content-type': 'application/vnd.oci.image.manifest.v1+json' });
  const piece = Buffer.alloc(1 << 16, ' ');
  const more = (): void => {
    while (!response.destroyed && response.write(piece));
  };
  response.on('drain', more);
  more();
  return true;
}

/** Promise more bytes than are sent. */
function cutShort(response: ServerResponse): true {
  response.writeHead(200, { 'content-length': 1000 });
  response.write('x', () => response.destroy());
  return true;
}

describe('A registry that refuses', () => {
  for (const [status, code, wanted] of [
    [429, 'TOOMANYREQUESTS', 'TOO_MANY_REQUESTS'],
    [405, 'UNSUPPORTED', 'UNSUPPORTED'],
  ] as const)
    it(`with ${status} is told so with its status, by looks at an image and by pulls of all tags`, async () => {
      const body = JSON.stringify({ errors: [{ code, message: 'not now' }] });
      fake.fault = ({ method, path }, response) => path !== '/v2/' && send(response, method, status, body);
      const name = `${fake.host}/a/basic`;
      for (const act of [() => inspectDistribution(test.context, `${name}:latest`), () => pull('a/basic')]) {
        const error = await failure(act);
        expect([error.code, error.httpStatus, error.message]).to.deep.equal([
          wanted,
          status,
          `${code.toLowerCase()}: not now`,
        ]);
      }
    });
});
