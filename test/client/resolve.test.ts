import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { AttestdError, connect, type EngineClient, resolveAttestations } from '../../src/client/index.js';
import { type RunningServer, startServer } from '../../src/server/index.js';
import { chainImages, chainOf } from './chains.js';

const golden = (path: string): Buffer => readFileSync(new URL(`../golden/${path}`, import.meta.url));
const recorded = JSON.parse(golden('chains/dockerd-29.7.2.json').toString()) as Record<string, object>;

describe('resolving the attestation chain of an image', () => {
  let server: RunningServer;
  let client: EngineClient;

  before(async () => {
    server = await startServer({ platform: 'linux/amd64' });
    client = await connect({ host: server.hosts[0] as string, env: {} });
  });
  after(async () => {
    client.close();
    await server.close();
  });

  for (const name of chainImages) {
    it(`gives for ${name} what it gives on dockerd 29.7.2`, async () => {
      expect(await chainOf(client, name, golden(`images/${name}.tar`))).to.deep.equal(recorded[name]);
    });
  }

  it('gives bytes that hash to their digests', async () => {
    const predicateTypes = ['https://slsa.dev/provenance/v1', 'https://spdx.dev/Document'];
    const { blobs, gaps } = await resolveAttestations(client, 'hello:signed', { predicateTypes });
    expect(gaps).to.deep.equal([]);
    expect(blobs.size).to.equal(6);
    for (const [digest, { data }] of blobs)
      expect(digest).to.equal(`sha256:${createHash('sha256').update(data).digest('hex')}`);
  });

  it('takes the manifest of another platform when asked to', async () => {
    const platform = { os: 'linux', architecture: 'arm64' };
    const arm = await resolveAttestations(client, 'hello:signed', { platform });
    const host = await resolveAttestations(client, 'hello:signed');
    expect(arm.root).to.equal(host.root);
    expect(arm.imageManifest).not.to.equal(host.imageManifest);
  });

  it('says that there is nothing for a platform', async () => {
    const platform = { os: 'linux', architecture: 'riscv64' };
    const { gaps } = await resolveAttestations(client, 'hello:signed', { platform });
    expect(gaps.map(({ part, reason }) => [part, reason])).to.deep.equal([['image-manifest', 'no-platform']]);
  });

  it('says what is longer than the caller takes', async () => {
    const { gaps } = await resolveAttestations(client, 'hello:signed', { maximumBlob: 1200 });
    expect(gaps[0]).to.include({ part: 'root', reason: 'too-large' });
  });

  it('throws for an image that is not there', async () => {
    const error = await resolveAttestations(client, 'nope').catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(AttestdError).with.property('code', 'NOT_FOUND');
  });
});
