import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { connect, type EngineClient } from '../../src/client/index.js';
import { openPolicy, type Policy, type PolicyImage, type PolicySignature } from '../../src/policy/index.js';
import { judgeSignatures } from '../../src/policy/signatures.js';
import type { OCIDescriptor } from '../../src/support/foundation/types.js';
import { type Daemon, startDaemon } from '../../src/testing/daemon.js';
import { goldenFixtures, goldenImages } from './golden-images.js';

interface Golden {
  readonly inputs: Readonly<Record<string, { readonly image: PolicyImage }>>;
  /** By image and policy: what buildx says when it denies, null when it allows. */
  readonly verdicts: Readonly<Record<string, Readonly<Record<string, string | null>>>>;
}

const file = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const read = (name: string): unknown => JSON.parse(readFileSync(file(`test/golden/policy/${name}.json`), 'utf8'));
const golden = read('buildx') as Golden;
/** Of images that BuildKit cannot be asked for, from buildx's policy package. */
const library = read('library') as Pick<Golden, 'inputs'>;

/** Members that only attestd gives; buildx prints no depth. */
const beyond = new Set(['manifest', 'attestations', 'rejectedSignatures']);

/** The name that a fixture has in its layout. */
function nameOf(fixture: string): string {
  const text = readFileSync(file(`fixtures/layouts/${fixture}/index.json`), 'utf8');
  const { manifests } = JSON.parse(text) as { manifests: readonly { annotations: Record<string, string> }[] };
  return manifests[0]?.annotations['io.containerd.image.name'] ?? '';
}

function common(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(common);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(
    ([name, one]) => !beyond.has(name) && !(name === 'env' && !Array.isArray(one)),
  );
  return Object.fromEntries(members.map(([name, one]) => [name, common(one)]));
}

const schema = JSON.parse(readFileSync(file('schemas/policy-input-1.0.json'), 'utf8')) as object;

describe('inputs of policies, beside those of buildx', () => {
  let daemon: Daemon;
  let client: EngineClient;
  const validate = new Ajv({ strict: false }).compile(schema);
  const policies = new Map<string, Policy>();

  before(async () => {
    daemon = await startDaemon({
      platform: 'linux/amd64',
      images: [...goldenFixtures.map((name) => file(`fixtures/layouts/${name}`)), ...Object.values(goldenImages)],
    });
    client = await connect({ host: daemon.host, env: {} });
    for (const name of goldenFixtures) await tag(nameOf(name), name);
    for (const [name, { digest }] of Object.entries(goldenImages)) await tag(digest, name);
  });

  after(async () => {
    for (const policy of policies.values()) await policy.close();
    client.close();
    await daemon.close();
  });

  const tag = async (id: string, name: string): Promise<void> => {
    await client.request('POST', `/images/${encodeURIComponent(id)}/tag`, {
      repo: `localhost:5077/golden/${name}`,
      tag: 'latest',
    });
  };

  async function policyOf(name: string): Promise<Policy> {
    const opened = policies.get(name) ?? (await openPolicy(file(`examples/policies/${name}.tar.gz`)));
    policies.set(name, opened);
    return opened;
  }

  const ask = (name: string) => ({ image: `localhost:5077/golden/${name}:latest` });

  for (const [name, { image }] of Object.entries({ ...golden.inputs, ...library.inputs })) {
    it(`are the same for ${name}`, async () => {
      const policy = await openPolicy(() => true);
      const input = await policy.input(client, ask(name));
      expect(common(input.image)).to.eql(image);
      expect(validate(input), JSON.stringify(validate.errors)).to.equal(true);
    });
    for (const [policy, denied] of Object.entries(golden.verdicts[name] ?? {}))
      it(`lead ${policy} to the same verdict for ${name}`, async () => {
        const verdict = await (await policyOf(policy)).judge(client, ask(name));
        expect(verdict.failure).to.equal(undefined);
        expect(verdict.allow ? null : verdict.denyMessages.join('; ')).to.equal(denied);
      });
  }
});

interface Blob {
  readonly descriptor: OCIDescriptor;
  /** Base64. */
  readonly data: string;
}

interface SignedGolden {
  readonly trustedRoot: object;
  readonly chain: { root: string; imageManifest: string; attestationManifest: string; blobs: Record<string, Blob> };
  /** By name: the manifest that signs, its blobs, and what buildx makes of it. */
  readonly signed: Readonly<
    Record<string, { manifest: string; blobs: Record<string, Blob>; signatures: readonly PolicySignature[] }>
  >;
}

describe('signatures in inputs of policies, beside those of buildx', () => {
  const { trustedRoot, chain, signed } = read('signatures') as SignedGolden;

  for (const [name, { manifest, blobs, signatures }] of Object.entries(signed))
    it(`are the same for a ${name}`, async () => {
      const all = Object.entries({ ...chain.blobs, ...blobs });
      const { accepted, rejected } = await judgeSignatures(
        {
          ...chain,
          signatureManifests: [manifest],
          blobs: new Map(
            all.map(([digest, { descriptor, data }]) => [digest, { descriptor, data: Buffer.from(data, 'base64') }]),
          ),
          gaps: [],
        },
        [{ trustedRoot }],
      );
      // buildx does not read the time stamps of cosign 2.
      const told = accepted.map(({ digest: _, timestamps, ...one }) => ({
        ...one,
        timestamps: timestamps?.filter(({ type }) => one.type === 'bundle-v0.3' || type === 'Tlog'),
      }));
      expect(told).to.deep.equal(signatures);
      expect(rejected).to.have.length(1 - signatures.length);
    });
});
