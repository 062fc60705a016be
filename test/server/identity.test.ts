import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { connect, type EngineClient } from '../../src/client/index.js';
import { Lineage } from '../../src/engine/images/lineage.js';
import { digestOf } from '../../src/oci/digest.js';
import { signerName } from '../../src/server/policy/identity.js';
import { type Daemon, startDaemon } from '../../src/testing/daemon.js';
import { type ImageBuilder, image } from '../../src/testing/image.js';
import { signingKey } from '../../src/testing/signing.js';
import { TestSigstore } from '../client/sigstore.js';

const issuer = 'https://token.actions.githubusercontent.com';
const subject = 'https://github.com/attestd/app/.github/workflows/release.yml@refs/tags/v1.0.0';
const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';

describe('the Identity of images', () => {
  let folder: string;
  let sigstore: TestSigstore;
  let daemon: Daemon;
  let client: EngineClient;
  const signed = image('signed:1').provenance();
  const strange = image('strange:1').provenance();
  const keyed = image('keyed:1').provenance().signedBy(signingKey('identity'));

  /** The layout of an image whose attestations a certificate signs. */
  async function layoutOf(built: ImageBuilder, by: TestSigstore, name: string): Promise<string> {
    const attestation = built.platforms[0]?.attestation ?? '';
    const files = new Map(built.layout());
    const add = (bytes: Buffer): { digest: string; size: number } => {
      const digest = digestOf(bytes);
      files.set(`blobs/sha256/${digest.slice(7)}`, bytes);
      return { digest, size: bytes.length };
    };
    const bundle = add(Buffer.from(JSON.stringify(await by.bundle({ subjects: [attestation], subject, issuer }))));
    const empty = { mediaType: 'application/vnd.oci.empty.v1+json', ...add(Buffer.from('{}')) };
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const size = files.get(`blobs/sha256/${attestation.slice(7)}`)?.length;
    const manifest = {
      ...{ schemaVersion: 2, mediaType, artifactType: bundleType, config: empty },
      layers: [{ mediaType: bundleType, ...bundle }],
      subject: { mediaType, digest: attestation, size },
    };
    const index = JSON.parse(files.get('index.json')?.toString() ?? '') as { manifests: object[] };
    index.manifests.push({ mediaType, ...add(Buffer.from(JSON.stringify(manifest))) });
    files.set('index.json', Buffer.from(JSON.stringify(index)));
    for (const [path, bytes] of files) {
      await mkdir(dirname(join(folder, name, path)), { recursive: true });
      await writeFile(join(folder, name, path), bytes);
    }
    return join(folder, name);
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'identity-'));
    sigstore = await TestSigstore.start();
    const layouts = [
      await layoutOf(signed, sigstore, 'signed'),
      await layoutOf(strange, await TestSigstore.start(), 'strange'),
    ];
    const trust = [{ trustedRoot: sigstore.trustedRoot }];
    daemon = await startDaemon({ platform: 'linux/amd64', images: [...layouts, keyed], trust });
    client = await connect({ host: daemon.host, env: {} });
  });

  after(async () => {
    client.close();
    await daemon.close();
    await rm(folder, { recursive: true });
  });

  it('names who signed, with the time that the log vouches for', async () => {
    const [signature] = (await client.inspectImage('signed:1')).Identity?.Signature ?? [];
    expect(signature).to.deep.include({ Name: 'Untrusted', SignatureType: 'bundle-v0.3' });
    expect(signature).to.not.have.property('Error');
    expect(signature?.Signer).to.include({ SubjectAlternativeName: subject, Issuer: issuer });
    expect(signature?.Signer?.CertificateIssuer).to.match(/^CN=.*,O=/);
    expect(signature?.Timestamps?.map(({ Type, URI }) => [Type, URI])).to.eql([['Tlog', 'https://log.test']]);
  });

  for (const name of ['strange:1', 'keyed:1'])
    it(`tells of ${name}, which nobody that is trusted has signed, an error and no signer`, async () => {
      const [signature] = (await client.inspectImage(name)).Identity?.Signature ?? [];
      expect(Object.keys(signature ?? {})).to.eql(['Error']);
    });

  it('stays the same under another name', async () => {
    const { Identity } = await client.inspectImage('signed:1');
    expect(Identity).to.be.an('object');
    await client.request('POST', '/images/signed:1/tag', { repo: 'other', tag: '2' });
    expect((await client.inspectImage('other:2')).Identity).to.eql(Identity);
  });

  it('is in the list for each image manifest, where it is asked for', async () => {
    const list = async (query: Record<string, string>) => {
      const { body } = await client.request('GET', '/images/json', query);
      const images = JSON.parse(body.toString()) as {
        Id: string;
        Manifests: { ImageData?: { Identity?: object } }[];
      }[];
      return images.find(({ Id }) => Id === signed.digest)?.Manifests.map(({ ImageData }) => ImageData?.Identity);
    };
    const { Identity } = await client.inspectImage('signed:1');
    expect(Identity).to.be.an('object');
    expect(await list({ manifests: '1', identity: '1' })).to.eql([Identity, undefined]);
    expect(await list({ manifests: '1' })).to.eql([undefined, undefined]);
  });

  it('is absent before API 1.53, and without a trusted root', async () => {
    const older = await connect({ host: daemon.host, env: {}, apiVersion: '1.52' });
    expect(await older.inspectImage('signed:1')).to.not.have.property('Identity');
    older.close();
    const other = await startDaemon({ platform: 'linux/amd64', images: [keyed] });
    const asked = await connect({ host: other.host, env: {} });
    expect(await asked.inspectImage('keyed:1')).to.not.have.property('Identity');
    asked.close();
    await other.close();
  });

  it('calls signers by what their certificates say', () => {
    const signer = {
      certificateIssuer: 'CN=sigstore-intermediate,O=sigstore.dev',
      subjectAlternativeName: 'a@example.com',
      issuer: 'https://accounts.google.com',
      sourceRepositoryURI: 'https://github.com/attestd/app',
      sourceRepositoryRef: 'refs/tags/v1',
    };
    expect(signerName({ kind: 'docker-github-builder', signer })).to.equal('Docker GitHub Builder (attestd/app@v1)');
    expect(signerName({ kind: 'self-signed-github-repo', signer })).to.equal('GitHub Self-Signed (attestd/app)');
    expect(signerName({ kind: 'self-signed', signer })).to.equal('Self-Signed Local (Google: a@example.com)');
    expect(signerName({})).to.equal('Untrusted');
  });

  it('tells repositories without ports, sorted, each once', () => {
    const lineage = new Lineage();
    for (const [host, path] of [
      ['localhost:5077', 'golden/b'],
      ['localhost:5077', 'golden/b'],
      ['localhost:5077', 'golden/a'],
      ['docker.io', 'library/busybox'],
    ] as const)
      lineage.recordRepository('sha256:1', host, path);
    expect(lineage.repositories('sha256:1')).to.eql([
      'docker.io/library/busybox',
      'localhost/golden/a',
      'localhost/golden/b',
    ]);
  });
});
