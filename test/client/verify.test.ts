import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import {
  AttestdError,
  connect,
  type EngineClient,
  resolveAttestations,
  type Verification,
  verifyAttestations,
} from '../../src/client/index.js';
import { type RunningServer, startServer } from '../../src/server/index.js';

const key = (name: string): string => readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), 'utf8');
const signer = key('keys/signer.pub');
const stranger = key('keys/stranger.pub');
const predicateTypes = [
  'https://slsa.dev/provenance/v1',
  'https://slsa.dev/provenance/v0.2',
  'https://spdx.dev/Document',
];

describe('verifying the attestations of an image', () => {
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

  const verify = async (image: string, publicKey: string): Promise<Verification> =>
    verifyAttestations(await resolveAttestations(client, image, { predicateTypes }), { publicKey });

  for (const [scenario, kind] of [
    ['signed', 'bundle'],
    ['signed-in-index', 'bundle'],
    ['signed-by-tag', 'bundle'],
    ['signed-simply', 'simple-signing'],
  ] as const) {
    it(`names signer and subject of the image ${scenario}`, async () => {
      const outcome = await verify(`attestd/${scenario}`, signer);
      expect(outcome.reasons).to.deep.equal([]);
      expect(outcome.verified).to.equal(true);
      const [signature] = outcome.signatures;
      expect(signature).to.include({ kind, verified: true });
      expect(signature?.signs).to.deep.equal([outcome.subject]);
      expect(signature?.signer).to.include({ kind: 'public-key' });
    });
  }

  it('verifies what BuildKit built and cosign signed', async () => {
    const outcome = await verify('hello:signed', key('images/buildkit/cosign.pub'));
    expect(outcome.reasons).to.deep.equal([]);
    expect(outcome.signatures[0]?.signer).to.deep.equal({
      kind: 'public-key',
      id: 'VBy3UUDBxBNDMpbQ5/5L8wtfSzs4p5v/nMOBy1vtNLc=',
    });
  });

  for (const [scenario, code] of [
    ['signed-by-stranger', 'untrusted-signer'],
    ['signed-for-another-digest', 'other-digest'],
    ['signed-payload-changed', 'bad-signature'],
    ['signed-statement-changed', 'digest-mismatch'],
    ['provenance-and-sbom', 'no-signature'],
    ['no-attestations', 'no-signature'],
  ] as const) {
    it(`refuses the image ${scenario}: ${code}`, async () => {
      const outcome = await verify(`attestd/${scenario}`, signer);
      expect(outcome.verified).to.equal(false);
      expect(outcome.reasons.map((reason) => reason.code)).to.deep.equal([code]);
    });
  }

  it('tells a wrong key from a wrong signature in simple signing by nothing but the key', async () => {
    const outcome = await verify('attestd/signed-simply', stranger);
    expect(outcome.reasons.map(({ code }) => code)).to.deep.equal(['bad-signature']);
  });

  it('takes either of two signatures, and says what is wrong with the other', async () => {
    for (const publicKey of [signer, stranger]) {
      const outcome = await verify('attestd/signed-twice', publicKey);
      expect(outcome.verified).to.equal(true);
      expect(outcome.signatures.filter(({ verified }) => verified)).to.have.lengthOf(1);
      const [other] = outcome.signatures.filter(({ verified }) => !verified);
      expect(other?.reasons.map(({ code }) => code)).to.deep.equal(['untrusted-signer']);
    }
  });

  it('refuses what is not a key and no root', async () => {
    const chain = await resolveAttestations(client, 'attestd/signed');
    for (const trust of [{ publicKey: 'x' }, { trustedRoot: 'x' }]) {
      const error = await verifyAttestations(chain, trust).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(AttestdError).with.property('code', 'INVALID_ARGUMENT');
    }
  });

  it('does not take a key’s signature for that of a certificate', async () => {
    const chain = await resolveAttestations(client, 'attestd/signed');
    const trustedRoot = { mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1' };
    const outcome = await verifyAttestations(chain, { trustedRoot });
    expect(outcome.reasons.map(({ code }) => code)).to.deep.equal(['unsupported']);
  });
});
