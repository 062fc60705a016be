import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import Docker from 'dockerode';
import { connect, type EngineClient, resolveAttestations, verifyAttestations } from '../../src/client/index.js';
import { type RunningServer, startServer } from '../../src/server/index.js';
import { signingKey } from '../../src/testing/signing.js';
import { FakeRegistry, send } from '../support/registry-client/fake-registry.js';
import { TestSigstore } from './sigstore.js';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const attestation = 'sha256:8112d47df4dc8a88f8c068598e475d56e3e528bfe0134eeba4a35051924922a5';
const archive = fileURLToPath(new URL('../golden/images/att-basic.tar', import.meta.url));

describe('resolving with the registry asked too', () => {
  let folder: string;
  let server: RunningServer;
  let client: EngineClient;
  let fake: FakeRegistry;
  let image: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'attestd-registry-source-'));
    fake = await FakeRegistry.start();
    await fake.load(archive, 'a/basic');
    server = await startServer({ store: join(folder, 'store'), platform: 'linux/amd64' });
    const host = server.hosts[0] as string;
    client = await connect({ host, env: {} });
    image = `${fake.host}/a/basic:latest`;
    const docker = new Docker({ socketPath: host.replace('unix://', '') });
    const stream = await docker.pull(image);
    await new Promise((resolve, reject) =>
      docker.modem.followProgress(stream, (e) => (e ? reject(e) : resolve(undefined))),
    );
  });
  afterEach(async () => {
    client.close();
    await server.close();
    await fake.stop();
    await rm(folder, { recursive: true });
  });

  /** A signature manifest in the registry, which came there after the pull. */
  function sign(
    layerType: string,
    more: object,
    layer: Buffer = Buffer.from('{"signature":true}'),
  ): { digest: string; size: number; layer: string } {
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: manifestType,
        config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: fake.put('{}'), size: 2 },
        layers: [{ mediaType: layerType, digest: fake.put(layer), size: layer.length }],
        ...more,
      }),
    );
    return { digest: fake.put(manifest), size: manifest.length, layer: fake.put(layer) };
  }

  it('finds nothing where there is nothing', async () => {
    const { gaps } = await resolveAttestations(client, image, { registry: true });
    expect(gaps.map(({ reason }) => reason)).to.deep.equal(['no-signature']);
  });

  it('finds a sigstore bundle by the referrers API', async () => {
    const subject = { mediaType: manifestType, digest: attestation, size: 676 };
    const { digest, size, layer } = sign(bundleType, { artifactType: bundleType, subject });
    const manifests = [{ mediaType: manifestType, digest, size, artifactType: bundleType }];
    fake.fault = ({ method, path }, response) =>
      path.includes(`/referrers/${attestation}`) &&
      send(response, method, 200, JSON.stringify({ schemaVersion: 2, manifests }));
    expect((await resolveAttestations(client, image)).signatureManifests).to.deep.equal([]);
    const chain = await resolveAttestations(client, image, { registry: true });
    expect(chain.signatureManifests).to.deep.equal([digest]);
    expect(chain.blobs.get(layer)?.data.toString()).to.equal('{"signature":true}');
    expect(chain.gaps).to.deep.equal([]);
  });

  it("finds cosign's signature by its tag", async () => {
    const { digest } = sign('application/vnd.dev.cosign.simplesigning.v1+json', {});
    fake.tag('a/basic', `${attestation.replace(':', '-')}.sig`, digest, manifestType);
    const chain = await resolveAttestations(client, image, { registry: true });
    expect(chain.signatureManifests).to.deep.equal([digest]);
  });

  describe('about the image itself', () => {
    const root = 'sha256:af71d3271f31f71d95ccf740baf11c0108009a9fb7dc90257fee2c0a20b6c70d';
    const key = signingKey('attestd');
    const provenance = 'https://slsa.dev/provenance/v1';
    const statement = (subject: string): Buffer =>
      Buffer.from(
        JSON.stringify({
          ...{ _type: 'https://in-toto.io/Statement/v1', predicateType: provenance, predicate: {} },
          subject: [{ name: 'x', digest: { sha256: subject.replace('sha256:', '') } }],
        }),
      );
    const envelope = (payload: Buffer, signer = key): Buffer => {
      const payloadType = 'application/vnd.in-toto+json';
      const message = Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} ${payload}`);
      const signatures = [{ keyid: '', sig: signer.sign(message).toString('base64') }];
      return Buffer.from(JSON.stringify({ payloadType, payload: payload.toString('base64'), signatures }));
    };
    const refer = (digest: string, ...manifests: readonly { digest: string; size: number }[]): void => {
      const list = manifests.map((one) => ({ mediaType: manifestType, ...one }));
      fake.fault = ({ method, path }, response) =>
        path.includes(`/referrers/${digest}`) &&
        send(response, method, 200, JSON.stringify({ schemaVersion: 2, manifests: list }));
    };

    it('finds a bundle that signs the index', async () => {
      const sigstore = await TestSigstore.start();
      const identity = { subject: 'https://builder.test/', issuer: 'https://issuer.test' };
      const bundle = Buffer.from(JSON.stringify(await sigstore.bundle({ subjects: [root], ...identity })));
      const signature = sign(bundleType, { artifactType: bundleType }, bundle);
      refer(root, signature);
      const chain = await resolveAttestations(client, image, { registry: true });
      expect(chain.signatureManifests).to.deep.equal([signature.digest]);
      expect(chain.statements).to.deep.equal([]);
      const outcome = await verifyAttestations(chain, { trustedRoot: sigstore.trustedRoot });
      expect(outcome.reasons).to.deep.equal([]);
      expect(outcome.verified).to.equal(true);
    });

    it('finds provenance in a bundle, as GitHub attaches it, and judges it', async () => {
      const sigstore = await TestSigstore.start();
      const about = { subject: 'https://builder.test/', issuer: 'https://issuer.test', predicateType: provenance };
      const bundles = await Promise.all(
        [[root], [attestation]].map((subjects) => sigstore.bundle({ subjects, ...about })),
      );
      const put = bundles.map((bundle) =>
        sign(bundleType, { artifactType: bundleType }, Buffer.from(JSON.stringify(bundle))),
      );
      refer(root, ...put);
      const chain = await resolveAttestations(client, image, { registry: true });
      expect(
        chain.statements?.map(({ form, attachedTo, predicateType }) => [form, attachedTo, predicateType]),
      ).to.deep.equal([1, 2].map(() => ['bundle', root, provenance]));
      const { verified, statements } = await verifyAttestations(chain, { trustedRoot: sigstore.trustedRoot });
      // They say something about the image, not that its attestation manifest is to be trusted.
      expect(verified).to.equal(false);
      expect(statements?.map((one) => [one.verified, one.reasons.map(({ code }) => code)])).to.deep.equal([
        [true, []],
        [false, ['other-subject']],
      ]);
      expect(statements?.[0]?.signer).to.deep.include({ kind: 'certificate', subject: 'https://builder.test/' });
    });

    it('finds envelopes under the tag of cosign 2, and judges them', async () => {
      const dsse = 'application/vnd.dsse.envelope.v1+json';
      const put = sign(dsse, {}, envelope(statement(root)));
      fake.tag('a/basic', `${root.replace(':', '-')}.att`, put.digest, manifestType);
      const chain = await resolveAttestations(client, image, { registry: true });
      expect(chain.statements).to.have.length(1);
      expect(chain.statements?.[0]).to.include({ manifest: put.digest, form: 'dsse', predicateType: provenance });
      expect(chain.statements?.[0]?.statement.equals(statement(root))).to.equal(true);
      for (const [publicKey, codes] of [
        [key.publicKey, []],
        [signingKey('stranger').publicKey, ['bad-signature']],
      ] as const) {
        const { statements } = await verifyAttestations(chain, { publicKey });
        expect(statements?.[0]?.reasons.map(({ code }) => code)).to.deep.equal(codes);
        expect(statements?.[0]?.verified).to.equal(codes.length === 0);
      }
    });

    it('finds bare statements, as BuildKit attaches them, which nothing signs', async () => {
      const index = JSON.parse(fake.blobs.get(root)?.toString() ?? '') as { manifests: { digest: string }[] };
      const platform = index.manifests[0]?.digest as string;
      const artifactType = 'application/vnd.docker.attestation.manifest.v1+json';
      const put = sign('application/vnd.in-toto+json', { artifactType }, statement(platform));
      refer(platform, put);
      const chain = await resolveAttestations(client, image, { registry: true });
      expect(chain.statements?.map(({ form, attachedTo }) => [form, attachedTo])).to.deep.equal([['bare', platform]]);
      const { statements } = await verifyAttestations(chain, { publicKey: key.publicKey });
      expect(statements?.[0]?.reasons.map(({ code }) => code)).to.deep.equal(['no-signature']);
    });

    it('does not take what refers to something else', async () => {
      const subject = { mediaType: manifestType, digest: attestation, size: 676 };
      refer(root, sign(bundleType, { subject }));
      const chain = await resolveAttestations(client, image, { registry: true });
      expect([chain.signatureManifests, chain.statements]).to.deep.equal([[], []]);
    });
  });

  it('believes no bytes that do not hash to their digest', async () => {
    const subject = { mediaType: manifestType, digest: attestation, size: 676 };
    const { digest, size } = sign(bundleType, { artifactType: bundleType, subject });
    fake.blobs.set(digest, Buffer.alloc(size, ' '));
    const manifests = [{ mediaType: manifestType, digest, size }];
    fake.fault = ({ method, path }, response) =>
      path.includes('/referrers/') && send(response, method, 200, JSON.stringify({ schemaVersion: 2, manifests }));
    expect((await resolveAttestations(client, image, { registry: true })).signatureManifests).to.deep.equal([]);
  });
});
