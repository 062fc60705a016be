import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import Docker from 'dockerode';
import { connect, resolveAttestations, verifyAttestations } from '../../src/client/index.js';
import { openLayout } from '../../src/oci/layout.js';
import { type ImageBuilder, image, predicateTypes, scenarios, signingKey } from '../../src/testing/fixtures.js';
import { startDaemon } from '../../src/testing/server.js';
import { ask, tags } from './support.js';

const app = (): ImageBuilder =>
  image('app:1')
    .label('org.opencontainers.image.title', 'app')
    .env('MODE', 'test')
    .cmd('/bin/app', '--serve')
    .layer({ '/etc/hello': 'x', '/bin/app': { content: '#!/bin/sh\n', mode: 0o755 } })
    .provenance({ runDetails: { builder: { id: 'https://builder.example' } } })
    .sbom()
    .platform('linux/amd64')
    .platform('linux/arm64/v8')
    .statement('https://example.com/tested', { passed: true });

interface Row {
  PredicateType: string;
  Statement?: unknown;
}

/** What a daemon answers about attestations of an image of its own. */
async function attestations(source: ImageBuilder, query = ''): Promise<{ status: number; rows: Row[]; body: string }> {
  await using daemon = await startDaemon({ images: [source], platform: 'linux/amd64', channel: 'standard' });
  const { status, body } = await ask(daemon.connection, `/v1.55/images/app:1/attestations?${query}`);
  return { status, body, rows: status === 200 ? (JSON.parse(body) as Row[]) : [] };
}

describe('an image built in code', () => {
  it('has the same digests for the same steps, and others for others', () => {
    expect(app().digest).to.equal(app().digest);
    expect(app().digest).to.equal('sha256:8b988d6837abf632e4d8af7c7bd221b0864e942d259603437bb024152ad25ccc');
    expect(app().toArchive().equals(app().toArchive())).to.equal(true);
    const variants = [
      app().label('a', 'b'),
      app().env('MODE', 'other'),
      app().layer({ '/etc/hello': 'y' }),
      app().platform('linux/s390x'),
      app().storage('legacy'),
      app().created(new Date(0)),
    ];
    expect(new Set([app(), ...variants].map(({ digest }) => digest)).size).to.equal(variants.length + 1);
  });

  it('does not depend on the order of a layer’s files', () => {
    const one = image('a').layer({ '/b': '1', '/a/c': '2' });
    const other = image('a').layer({ '/a/c': '2', '/b': '1' });
    expect(one.digest).to.equal(other.digest);
  });

  it('is not changed by further steps', () => {
    const first = image('app:1').sbom();
    const before = first.digest;
    first.provenance().label('a', 'b');
    expect(first.digest).to.equal(before);
  });

  it('is inspected as it was told', async () => {
    await using daemon = await startDaemon({ images: [app()], platform: 'linux/amd64' });
    const docker = new Docker(daemon.connection);
    const found = await docker.getImage('app:1').inspect();
    expect(found.Id).to.equal(app().digest);
    expect(found.Architecture).to.equal('amd64');
    expect(found.Config.Cmd).to.deep.equal(['/bin/app', '--serve']);
    expect(found.Config.Labels).to.deep.equal({ 'org.opencontainers.image.title': 'app' });
    expect(found.Config.Env).to.include('MODE=test');
    expect(found.RootFS.Layers).to.have.length(1);
  });

  it('has its attestations, common ones and those of one platform', async () => {
    const { rows } = await attestations(app(), 'statement=1');
    expect(rows.map(({ PredicateType }) => PredicateType)).to.deep.equal([
      predicateTypes.provenance,
      predicateTypes.spdx,
    ]);
    expect(rows[0]?.Statement).to.nested.include({ 'predicate.runDetails.builder.id': 'https://builder.example' });
    const platform = encodeURIComponent('{"os":"linux","architecture":"arm64","variant":"v8"}');
    const other = await attestations(app(), `platform=${platform}`);
    expect(other.rows.map(({ PredicateType }) => PredicateType)).to.deep.equal([
      predicateTypes.provenance,
      predicateTypes.spdx,
      'https://example.com/tested',
    ]);
  });

  it('keeps a whole statement byte for byte', async () => {
    const text = '{"a":1.0,"a":1e3,"b":12345678901234567890}';
    const { body } = await attestations(image('app:1').statement('https://example.com/odd', text), 'statement=1');
    expect(body).to.contain(`"Statement":${text}`);
  });

  it('is loaded from its archive with all that is in it', async () => {
    await using daemon = await startDaemon({ platform: 'linux/amd64' });
    expect(await daemon.load(app())).to.deep.equal(['app:1']);
    expect((await new Docker(daemon.connection).getImage('app:1').inspect()).Id).to.equal(app().digest);
  });

  it('may have no name', async () => {
    await using daemon = await startDaemon({ images: [image().sbom()] });
    expect(await tags(daemon.connection)).to.deep.equal([]);
    const { status } = await ask(daemon.connection, `/v1.55/images/${image().sbom().digest}/json`);
    expect(status).to.equal(200);
  });

  it('is written as a layout that is one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'attestd-test-'));
    try {
      await app().writeLayout(join(folder, 'layout'));
      const store = await openLayout(join(folder, 'layout'));
      const [record] = store.list();
      expect(record?.name).to.equal('docker.io/library/app:1');
      expect(record?.target.digest).to.equal(app().digest);
      await store.close();
      await using daemon = await startDaemon({ images: [join(folder, 'layout')] });
      expect(await tags(daemon.connection)).to.deep.equal(['app:1']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('refuses names, platforms and paths that are none, with a code', () => {
    expect(() => image('Not A Name'))
      .to.throw()
      .with.property('code', 'INVALID_REFERENCE');
    expect(() => image('a').platform('x/y/z/w'))
      .to.throw()
      .with.property('code', 'INVALID_PLATFORM');
    for (const path of ['relative', '/../etc', '/a//b', '/', '/a/./b'])
      expect(() => image('a').layer({ [path]: 'x' }), path)
        .to.throw()
        .with.property('code', 'INVALID_ARGUMENT');
  });
});

describe('a broken image built in code', () => {
  it('lacks the part that it is to be without', async () => {
    const whole = image('app:1').provenance().sbom();
    expect((await attestations(whole, 'statement=1')).rows).to.have.length(2);
    expect((await attestations(whole.without('attestation'))).status).to.equal(404);
    expect((await attestations(whole.without('index'))).status).to.equal(404);
    expect(await attestations(whole.without('statement'), 'statement=1')).to.deep.include({ rows: [] });
    const listed = await attestations(whole.without('statement'));
    expect(listed.rows).to.have.length(2);
  });

  it('answers as the packaged scenario of the same fault', async () => {
    const pairs = [
      ['attestd/missing-attestation-manifest', 'attestation'],
      ['attestd/missing-image-manifest', 'manifest'],
      ['attestd/missing-config', 'config'],
      ['attestd/missing-index', 'index'],
      ['attestd/missing-statement-blob', 'statement'],
    ] as const;
    for (const [scenario, part] of pairs) {
      const built = image('app:1').sbom().provenance().without(part);
      await using daemon = await startDaemon({ images: [scenario, built], platform: 'linux/amd64' });
      const asked = (name: string, what: string) =>
        ask(daemon.connection, `/v1.55/images/${encodeURIComponent(name)}/${what}`).then(({ status }) => status);
      for (const what of ['attestations', 'attestations?statement=1', 'json', 'json?manifests=1', 'history'])
        expect(await asked('app:1', what), `${part} ${what}`).to.equal(await asked(scenario, what));
    }
  });

  it('has a changed byte where it is to be corrupt', () => {
    const whole = image('app:1').sbom();
    const broken = whole.corrupt('statement');
    const [statement = ''] = whole.platforms[0]?.statements ?? [];
    const path = `blobs/sha256/${statement.slice('sha256:'.length)}`;
    const [before, after] = [whole.layout().get(path), broken.layout().get(path)];
    expect(after?.length).to.equal(before?.length);
    expect(after?.equals(before as Buffer)).to.equal(false);
    expect(broken.digest).to.equal(whole.digest);
  });
});

describe('a signed image built in code', () => {
  const ecdsa = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

  async function verified(source: ImageBuilder, publicKey: string): Promise<{ verified: boolean; codes: string[] }> {
    await using daemon = await startDaemon({ images: [source], platform: 'linux/amd64' });
    const client = await connect({ host: daemon.host });
    try {
      const chain = await resolveAttestations(client, 'app:1', { predicateTypes: [predicateTypes.spdx] });
      const { verified: holds, reasons } = await verifyAttestations(chain, { publicKey });
      return { verified: holds, codes: reasons.map(({ code }) => code) };
    } finally {
      client.close();
    }
  }

  for (const [kind, key] of [
    ['a key made of text', signingKey('me')],
    ['an ECDSA key', signingKey(ecdsa)],
  ] as const)
    for (const form of ['bundle', 'simple'] as const)
      it(`is verified: ${form}, ${kind}`, async () => {
        const signed = image('app:1').sbom().signedBy(key, form);
        expect(await verified(signed, key.publicKey)).to.deep.equal({ verified: true, codes: [] });
      });

  it('is not verified with another key, nor when the signature or the statement is not what it was', async () => {
    const key = signingKey('me');
    const signed = image('app:1').sbom().signedBy(key);
    expect((await verified(signed, signingKey('other').publicKey)).codes).to.deep.equal(['untrusted-signer']);
    expect((await verified(signed.without('signature'), key.publicKey)).codes).to.deep.equal(['no-signature']);
    expect((await verified(signed.corrupt('statement'), key.publicKey)).codes).to.include('digest-mismatch');
    expect((await verified(image('app:1').sbom(), key.publicKey)).codes).to.deep.equal(['no-signature']);
  });

  it('has the same signatures each time when the key is made of text', () => {
    const archive = (): Buffer => image('app:1').sbom().signedBy(signingKey('me')).toArchive();
    expect(archive().equals(archive())).to.equal(true);
  });

  it('is not signed by a public key', () => {
    const { publicKey } = generateKeyPairSync('ed25519');
    expect(() => signingKey(publicKey))
      .to.throw()
      .with.property('code', 'INVALID_ARGUMENT');
  });
});

describe('the list of packaged scenarios', () => {
  it('has a description of each, and a daemon starts with all of them', async () => {
    expect(scenarios.map(({ name }) => name)).to.include.members(['five-platforms', 'signed', 'buildkit-attested']);
    const readme = readFileSync(new URL('../../fixtures/README.md', import.meta.url), 'utf8');
    for (const { name, about } of scenarios) expect(readme).to.contain(`| ${name} | ${about} |`);
    await using daemon = await startDaemon({ images: scenarios.map(({ name }) => name) });
    expect(await tags(daemon.connection)).to.include.members(scenarios.flatMap(({ images }) => images).sort());
  });
});
