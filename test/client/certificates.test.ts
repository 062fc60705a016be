import { expect } from 'chai';
import {
  type AttestationChain,
  connect,
  resolveAttestations,
  type Trust,
  type Verification,
  verifyAttestations,
} from '../../src/client/index.js';
import { startServer } from '../../src/server/index.js';
import { type BundlePlan, type TestBundle, TestSigstore } from './sigstore.js';

const issuer = 'https://token.actions.githubusercontent.com';
const subject = 'https://github.com/docker/github-builder/.github/workflows/build.yml@refs/tags/v1.15.0';
const signatureBlob = 'sha256:0000000000000000000000000000000000000000000000000000000000000001';
const signatureManifest = 'sha256:0000000000000000000000000000000000000000000000000000000000000002';

describe('verifying certificates against a trusted root', () => {
  let sigstore: TestSigstore;
  let signed: AttestationChain;

  before(async () => {
    sigstore = await TestSigstore.start();
    const server = await startServer({ platform: 'linux/amd64' });
    const client = await connect({ host: server.hosts[0] as string, env: {} });
    signed = await resolveAttestations(client, 'attestd/signed');
    client.close();
    await server.close();
  });

  /** The chain of an image with a bundle in place of its signature. */
  function chainWith(bundle: object): AttestationChain {
    const [manifest = ''] = signed.signatureManifests;
    const data = Buffer.from(JSON.stringify(bundle));
    const layers = [{ mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json', digest: signatureBlob, size: 1 }];
    const document = Buffer.from(JSON.stringify({ schemaVersion: 2, layers }));
    const blobs = new Map(signed.blobs);
    blobs.delete(manifest);
    blobs.set(signatureBlob, { descriptor: layers[0] ?? {}, data });
    blobs.set(signatureManifest, { descriptor: { digest: signatureManifest }, data: document });
    return { ...signed, signatureManifests: [signatureManifest], blobs };
  }

  const plan = (more: Partial<BundlePlan> = {}): BundlePlan => ({
    subjects: [signed.attestationManifest as string],
    subject,
    issuer,
    ...more,
  });

  async function judge(bundle: object, trust: Partial<Trust> = {}): Promise<Verification> {
    return verifyAttestations(chainWith(bundle), { trustedRoot: sigstore.trustedRoot, ...trust } as Trust);
  }

  /** The reasons of the signature alone: the blobs of this chain have made-up digests. */
  const codes = ({ signatures }: Verification): string[] =>
    signatures.flatMap(({ reasons }) => reasons.map(({ code }) => code));

  it('names whom the certificate names', async () => {
    const { signatures } = await judge(await sigstore.bundle(plan()));
    expect(signatures).to.have.length(1);
    expect(signatures[0]).to.deep.include({ verified: true, signer: { kind: 'certificate', subject, issuer } });
  });

  it('takes a signature of the index for one of the attestation manifest, which the index names', async () => {
    const { signatures } = await judge(await sigstore.bundle(plan({ subjects: [signed.root] })));
    expect(signatures[0]?.verified).to.equal(true);
  });

  const workflow = 'https://github.com/docker/github-builder/.github/workflows/build.yml';
  for (const subjectAlternativeName of [
    subject,
    /https:\/\/github\.com\/docker\/github-builder\/\.github\/workflows\/build\.yml@.+/,
  ]) {
    it(`takes the identity ${subjectAlternativeName}`, async () => {
      const identity = { subjectAlternativeName, issuer };
      expect(codes(await judge(await sigstore.bundle(plan()), { identity }))).to.deep.equal([]);
    });
  }

  for (const [name, identity] of [
    ['of another builder', { subjectAlternativeName: `${workflow}@refs/tags/v2` }],
    ['that begins alike', { subjectAlternativeName: workflow }],
    ['that would fit as a pattern', { subjectAlternativeName: `${workflow}@refs/tags/v1.15.+` }],
    ['that fits a pattern in part', { subjectAlternativeName: /github\.com\/docker/ }],
    ['of another issuer', { issuer: 'https://token.actions.githubusercontent.com.test' }],
    ['without a name', { subjectAlternativeName: '' }],
  ] as const) {
    it(`refuses an identity ${name}`, async () => {
      expect(codes(await judge(await sigstore.bundle(plan()), { identity }))).to.deep.equal(['untrusted-signer']);
    });
  }

  it('refuses what another authority has certified', async () => {
    const other = await TestSigstore.start();
    const { tlogs, ctlogs } = other.trustedRoot;
    const trustedRoot = { ...other.trustedRoot, tlogs: [...tlogs, ...sigstore.trustedRoot.tlogs], ctlogs };
    expect(codes(await judge(await sigstore.bundle(plan()), { trustedRoot }))).to.deep.equal(['untrusted-signer']);
  });

  it('refuses a certificate whose issue no log has seen, unless the root names no such log', async () => {
    const bundle = await sigstore.bundle(plan({ unlogged: true }));
    expect(codes(await judge(bundle))).to.deep.equal(['untrusted-signer']);
    const trustedRoot = { ...sigstore.trustedRoot, ctlogs: [] };
    expect(codes(await judge(bundle, { trustedRoot }))).to.deep.equal([]);
  });

  it('refuses what was signed after the certificate had expired', async () => {
    const late = await TestSigstore.start(new Date(Date.now() + 3_600_000));
    const trust = { trustedRoot: late.trustedRoot };
    expect(codes(await judge(await late.bundle(plan()), trust))).to.deep.equal(['untrusted-signer']);
  });

  const entry = (bundle: TestBundle) =>
    bundle.verificationMaterial.tlogEntries[0] as Required<TestBundle['verificationMaterial']['tlogEntries'][0]>;
  const spoiled: readonly (readonly [name: string, spoil: (bundle: TestBundle) => unknown, code: string])[] = [
    ['in no log', (one) => one.verificationMaterial.tlogEntries.pop(), 'not-logged'],
    [
      'in a log at another time',
      (one) => (entry(one).integratedTime = String(Math.floor(Date.now() / 1000) + 9)),
      'not-logged',
    ],
    ['in an unknown log', (one) => (entry(one).logId.keyId = Buffer.alloc(32).toString('base64')), 'not-logged'],
    [
      'in a log as something else',
      (one) => {
        const body = Buffer.from(entry(one).canonicalizedBody, 'base64').toString().replace('"0.0.1"', '"0.0.2"');
        entry(one).canonicalizedBody = Buffer.from(body).toString('base64');
      },
      'not-logged',
    ],
    [
      'changed after it was signed',
      (one) => {
        const payload = Buffer.from(one.dsseEnvelope.payload, 'base64').toString().replace('"x"', '"y"');
        one.dsseEnvelope.payload = Buffer.from(payload).toString('base64');
      },
      'bad-signature',
    ],
    ['by another signature', (one) => (one.dsseEnvelope.signatures[0] = { sig: 'AAAA' }), 'bad-signature'],
    ['without a certificate', (one) => (one.verificationMaterial.certificate.rawBytes = 'AAAA'), 'malformed'],
  ];
  for (const [name, spoil, code] of spoiled) {
    it(`refuses what is ${name}: ${code}`, async () => {
      const bundle = await sigstore.bundle(plan());
      spoil(bundle);
      const outcome = await judge(bundle);
      expect(codes(outcome)).to.deep.equal([code]);
      expect(outcome.verified).to.equal(false);
    });
  }

  it('refuses a signature of another manifest', async () => {
    const subjects = [signed.imageManifest as string];
    expect(codes(await judge(await sigstore.bundle(plan({ subjects }))))).to.deep.equal(['other-digest']);
  });

  it('refuses a certificate where a key is trusted', async () => {
    const { publicKey } = (await import('../../src/testing/signing.js')).signingKey('attestd');
    const outcome = await verifyAttestations(chainWith(await sigstore.bundle(plan())), { publicKey });
    expect(codes(outcome)).to.deep.equal(['unsupported']);
  });
});
