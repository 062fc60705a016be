import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { connect, resolveAttestations, verifyAttestations } from '../../src/client/index.js';
import { tarOf } from '../../src/oci/tar-write.js';
import { image } from '../../src/testing/image.js';
import { startDaemon } from '../../src/testing/server.js';
import { signingKey, simplePayload, simpleSignatureAnnotation, simpleSigningType } from '../../src/testing/signing.js';

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));

/** An archive of what `cosign sign` of cosign 2 puts into a repository: an image under a tag that is named by what is signed. */
function signatureArchive(repository: string, signed: string, sign: (payload: Buffer) => Buffer): Buffer {
  const payload = simplePayload(repository, signed);
  const layer = {
    mediaType: simpleSigningType,
    digest: digestOf(payload),
    size: payload.length,
    annotations: { [simpleSignatureAnnotation]: sign(payload).toString('base64') },
  };
  const config = json({ architecture: '', os: '', config: {}, rootfs: { type: 'layers', diff_ids: [layer.digest] } });
  const configType = 'application/vnd.oci.image.config.v1+json';
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = json({
    schemaVersion: 2,
    mediaType,
    config: { mediaType: configType, digest: digestOf(config), size: config.length },
    layers: [layer],
  });
  const tag = `${repository}:${signed.replace(':', '-')}.sig`;
  const entry = {
    mediaType,
    digest: digestOf(manifest),
    size: manifest.length,
    annotations: { 'io.containerd.image.name': tag },
  };
  const files = [
    ['oci-layout', json({ imageLayoutVersion: '1.0.0' })],
    ['index.json', json({ schemaVersion: 2, manifests: [entry] })],
    ...[payload, config, manifest].map((bytes) => [`blobs/${digestOf(bytes).replace(':', '/')}`, bytes] as const),
  ] as const;
  return tarOf(files.map(([name, bytes]) => ({ name, mode: 0o644, size: bytes.length, bytes })));
}

describe('a signature of the index under cosign’s tag', () => {
  const key = signingKey();
  const repository = 'registry.example/team/app';

  for (const [what, signer, verified] of [
    ['counts', key, true],
    ['does not count when a stranger made it', signingKey('stranger'), false],
  ] as const)
    it(`that was loaded ${what}`, async () => {
      const app = image(`${repository}:1`).provenance();
      await using daemon = await startDaemon({ images: [app], platform: 'linux/amd64' });
      const client = await connect({ host: daemon.host, env: {} });
      const archive = signatureArchive(repository, app.digest, (payload) => signer.sign(payload));
      await client.request('POST', '/images/load', {}, archive);
      const chain = await resolveAttestations(client, `${repository}:1`);
      expect(chain.signatureManifests).to.have.length(1);
      const outcome = await verifyAttestations(chain, { publicKey: key.publicKey });
      expect(outcome.verified).to.equal(verified);
      client.close();
    });
});
