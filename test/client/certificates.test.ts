import { readFile } from 'node:fs/promises';
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
import { signingKey, simplePayload, simpleSigningType } from '../../src/testing/signing.js';
import { type BundlePlan, type TestBundle, TestSigstore } from './sigstore.js';

const issuer = 'https://token.actions.githubusercontent.com';
const subject = 'https://github.com/docker/github-builder/.github/workflows/build.yml@refs/tags/v1.15.0';
const signatureBlob = 'sha256:0000000000000000000000000000000000000000000000000000000000000001';
const signatureManifest = 'sha256:0000000000000000000000000000000000000000000000000000000000000002';

/** In whole seconds. */
const inAnHour = (): Date => new Date(Math.floor(Date.now() / 1000) * 1000 + 3_600_000);

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
    const late = await TestSigstore.start(inAnHour());
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

  it('takes the word of a timestamp authority for when it was signed', async () => {
    const stamped = await sigstore.bundle(plan({ stamped: true }));
    expect(codes(await judge(stamped))).to.deep.equal([]);
    const trustedRoot = { ...sigstore.trustedRoot, timestampAuthorities: [] };
    expect(codes(await judge(stamped, { trustedRoot }))).to.deep.equal(['not-logged']);
    const stranger = (await TestSigstore.start()).trustedRoot.timestampAuthorities;
    const strange = { ...sigstore.trustedRoot, timestampAuthorities: stranger };
    expect(codes(await judge(stamped, { trustedRoot: strange }))).to.deep.equal(['not-logged']);
  });

  it('refuses a time stamp of another signature', async () => {
    const [one, other] = [
      await sigstore.bundle(plan({ stamped: true })),
      await sigstore.bundle(plan({ stamped: true })),
    ];
    Object.assign(one.verificationMaterial, {
      timestampVerificationData: other.verificationMaterial.timestampVerificationData,
    });
    expect(codes(await judge(one))).to.deep.equal(['not-logged']);
  });

  it('refuses a time stamp from after the certificate had expired', async () => {
    const late = await TestSigstore.start(inAnHour());
    const outcome = await judge(await late.bundle(plan({ stamped: true })), { trustedRoot: late.trustedRoot });
    expect(codes(outcome)).to.deep.equal(['untrusted-signer']);
  });

  describe('of authorities and logs that were replaced', () => {
    const valid = (list: object[], start: number, end?: number): object[] =>
      list.map((one) => {
        const validFor = {
          start: new Date(Date.now() + start).toISOString(),
          ...(end !== undefined && { end: new Date(Date.now() + end).toISOString() }),
        };
        const { publicKey } = one as { publicKey?: object };
        return publicKey ? { ...one, publicKey: { ...publicKey, validFor } } : { ...one, validFor };
      });
    const day = 86_400_000;

    for (const [what, member, start, end, expected] of [
      ['an authority that was valid then', 'certificateAuthorities', -day, day, []],
      ['an authority that had ended', 'certificateAuthorities', -2 * day, -day, ['untrusted-signer']],
      ['an authority that was yet to come', 'certificateAuthorities', day, undefined, ['untrusted-signer']],
      ['a log that was valid then', 'tlogs', -day, day, []],
      ['a log that had ended', 'tlogs', -2 * day, -day, ['not-logged']],
    ] as const)
      it(`judges by the time of signing: ${what}`, async () => {
        const trustedRoot = {
          ...sigstore.trustedRoot,
          [member]: valid(sigstore.trustedRoot[member], start, end),
        };
        expect(codes(await judge(await sigstore.bundle(plan()), { trustedRoot }))).to.deep.equal(expected);
      });

    it('takes old signatures and new ones with a root that names both', async () => {
      const next = await TestSigstore.start();
      const both = Object.fromEntries(
        (['tlogs', 'ctlogs', 'certificateAuthorities', 'timestampAuthorities'] as const).map((member) => [
          member,
          [...sigstore.trustedRoot[member], ...next.trustedRoot[member]],
        ]),
      );
      const trustedRoot = { ...sigstore.trustedRoot, ...both };
      for (const signer of [sigstore, next])
        expect(codes(await judge(await signer.bundle(plan()), { trustedRoot }))).to.deep.equal([]);
    });
  });

  describe('in the form of cosign 2', () => {
    /** The chain of an image with simple signing in place of its signature. */
    async function simply(more: Partial<BundlePlan> = {}, spoil?: (annotations: Record<string, string>) => void) {
      const payload = simplePayload(
        'docker.io/attestd/signed',
        more.subjects?.[0] ?? (signed.attestationManifest as string),
      );
      const annotations = await sigstore.cosign2(payload, plan(more));
      spoil?.(annotations);
      const layer = { mediaType: simpleSigningType, digest: signatureBlob, size: payload.length, annotations };
      const blobs = new Map(signed.blobs);
      for (const manifest of signed.signatureManifests) blobs.delete(manifest);
      blobs.set(signatureBlob, { descriptor: layer, data: payload });
      const document = Buffer.from(JSON.stringify({ schemaVersion: 2, layers: [layer] }));
      blobs.set(signatureManifest, { descriptor: { digest: signatureManifest }, data: document });
      const chain = { ...signed, signatureManifests: [signatureManifest], blobs };
      return verifyAttestations(chain, {
        trustedRoot: sigstore.trustedRoot,
        identity: { subjectAlternativeName: subject, issuer },
      });
    }

    it('names whom the certificate beside the signature names', async () => {
      const { signatures } = await simply();
      expect(signatures[0]).to.deep.include({
        ...{ kind: 'simple-signing', verified: true, signs: [signed.attestationManifest] },
        signer: { kind: 'certificate', subject, issuer },
      });
      expect(codes(await simply({ stamped: true }))).to.deep.equal([]);
    });

    const bundleOf = (annotations: Record<string, string>): { Payload: Record<string, unknown> } =>
      JSON.parse(annotations['dev.sigstore.cosign/bundle'] as string);
    const refused: readonly (readonly [
      string,
      Partial<BundlePlan>,
      ((annotations: Record<string, string>) => void) | undefined,
      string,
    ])[] = [
      ['another identity', { subject: 'https://other.example' }, undefined, 'untrusted-signer'],
      ['another digest', { subjects: [`sha256:${'1'.repeat(64)}`] }, undefined, 'other-digest'],
      ['no entry of a log', {}, (one) => delete one['dev.sigstore.cosign/bundle'], 'not-logged'],
      ['another signature', {}, (one) => (one['dev.cosignproject.cosign/signature'] = 'AAAA'), 'bad-signature'],
      ['no certificate that can be read', {}, (one) => (one['dev.sigstore.cosign/certificate'] = 'x'), 'malformed'],
      [
        'certificates that never end',
        {},
        (one) => (one['dev.sigstore.cosign/certificate'] = '-----BEGIN CERTIFICATE-----'.repeat(200_000)),
        'malformed',
      ],
      [
        'an entry of another time',
        {},
        (one) => {
          const bundle = bundleOf(one);
          bundle.Payload.integratedTime = Math.floor(Date.now() / 1000) + 9;
          one['dev.sigstore.cosign/bundle'] = JSON.stringify(bundle);
        },
        'not-logged',
      ],
      ['an entry that is no JSON', {}, (one) => (one['dev.sigstore.cosign/bundle'] = '{'), 'malformed'],
    ];
    for (const [what, more, spoil, code] of refused)
      it(`refuses ${what}: ${code}`, async () => {
        const outcome = await simply(more, spoil);
        expect(codes(outcome)).to.deep.equal([code]);
        expect(outcome.verified).to.equal(false);
      });
  });

  it('counts signers, each once, and demands as many as it is told', async () => {
    const other = { publicKey: signingKey('attestd').publicKey };
    const root = { trustedRoot: sigstore.trustedRoot, identity: { subjectAlternativeName: subject, issuer } };
    const own = chainWith(await sigstore.bundle(plan()));
    const both = { ...own, blobs: new Map([...signed.blobs, ...own.blobs]) };
    both.signatureManifests = [...signed.signatureManifests, ...own.signatureManifests];
    const holding = async (trusts: Trust[], threshold?: number): Promise<string[]> => {
      const { reasons } = await verifyAttestations(both, trusts, threshold === undefined ? {} : { threshold });
      // The made-up digests of this chain are told as well.
      return reasons.map(({ code }) => code).filter((code) => code !== 'digest-mismatch');
    };
    const key = { publicKey: await readFile(new URL('../../fixtures/keys/signer.pub', import.meta.url), 'utf8') };
    expect(await holding([key, root], 2)).to.deep.equal([]);
    expect(await holding([key, other], 2)).to.deep.equal(['too-few-signers']);
    expect(await holding([root, root], 2)).to.deep.equal(['too-few-signers']);
    expect(await holding([other])).to.deep.equal(['untrusted-signer', 'unsupported']);
    for (const [trusts, threshold] of [
      [[], 1],
      [[key], 0],
      [[key], 1.5],
    ] as const) {
      const error = await verifyAttestations(both, trusts, { threshold }).catch((thrown: unknown) => thrown);
      expect(error).to.have.property('code', 'INVALID_ARGUMENT');
    }
  });
});
