import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import Docker from 'dockerode';
import { connect, type EngineClient, resolveAttestations } from '../../src/client/index.js';
import { type RunningServer, startServer } from '../../src/server/index.js';
import { FakeRegistry, send } from '../distribution/fake-registry.js';

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
  function sign(layerType: string, more: object): { digest: string; size: number; layer: string } {
    const layer = Buffer.from('{"signature":true}');
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
