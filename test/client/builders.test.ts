import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { execute } from '../../src/cli/program.js';
import { connect, type EngineClient, resolveAttestations } from '../../src/client/index.js';
import { image } from '../../src/testing/fixtures.js';
import { type Daemon, startDaemon } from '../../src/testing/server.js';
import { capture } from '../cli/capture.js';
import { FakeRegistry, send } from '../support/registry-client/fake-registry.js';
import { unpack } from './programs.js';
import { type BundlePlan, TestSigstore } from './sigstore.js';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const issuer = 'https://token.actions.githubusercontent.com';
const provenance = 'https://slsa.dev/provenance/v1';
const builder = 'https://github.com/docker/github-builder/.github/workflows';
const own = 'https://github.com/octo/app/.github/workflows';

type Judge = (client: EngineClient, image: string, options: object) => Promise<string[]>;

describe('the policies of docs/reference/policy.md about builders', () => {
  let folder: string;
  let daemon: Daemon;
  let client: EngineClient;
  let fake: FakeRegistry;
  let sigstore: TestSigstore;
  let programs: { judgeDockerBuilt: Judge; judgeGithubAttested: Judge };
  let name: string;
  let root: string;
  let attestation: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'attestd-builders-'));
    await unpack(folder);
    programs = await import(pathToFileURL(join(folder, 'builders.mjs')).href);
    sigstore = await TestSigstore.start();
    fake = await FakeRegistry.start();
    name = `${fake.host}/octo/app:1`;
    const configSource = { uri: 'https://github.com/octo/app.git#refs/tags/v1', path: 'Dockerfile' };
    const built = image(name)
      .platform('linux/amd64')
      .provenance({ buildDefinition: { externalParameters: { configSource } } });
    root = built.digest;
    daemon = await startDaemon({ images: [built], platform: 'linux/amd64' });
    client = await connect({ host: daemon.host, env: {} });
    attestation = (await resolveAttestations(client, name)).attestationManifest as string;
  });
  after(async () => {
    client.close();
    await daemon.close();
    await fake.stop();
    await rm(folder, { recursive: true });
  });

  /** Let the registry have a bundle that refers to a digest. */
  async function attach(to: string, plan: Partial<BundlePlan>): Promise<void> {
    const bundle = await sigstore.bundle({ subjects: [to], subject: `${own}/ci.yml@refs/heads/main`, issuer, ...plan });
    const layer = Buffer.from(JSON.stringify(bundle));
    const manifest = Buffer.from(
      JSON.stringify({
        ...{ schemaVersion: 2, mediaType: manifestType, artifactType: bundleType },
        config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: fake.put('{}'), size: 2 },
        layers: [{ mediaType: bundleType, digest: fake.put(layer), size: layer.length }],
        subject: { mediaType: manifestType, digest: to, size: 1 },
      }),
    );
    const manifests = [{ mediaType: manifestType, digest: fake.put(manifest), size: manifest.length }];
    fake.fault = ({ method, path }, response) =>
      path.endsWith(`/referrers/${to}`) &&
      send(response, method, 200, JSON.stringify({ schemaVersion: 2, mediaType: manifestType, manifests }));
  }

  const judge = (program: keyof typeof programs, repository = 'octo/app'): Promise<string[]> =>
    programs[program](client, name, { trustedRoot: sigstore.trustedRoot, repository });

  for (const [what, plan, repository, reason] of [
    ['what it built from the repository', {}, 'octo/app', undefined],
    ['what it built from another repository', {}, 'octo/other', /was built from/],
    ['what another workflow built', { subject: `${own}/ci.yml@refs/tags/v1` }, 'octo/app', /subject is/],
    ['what a branch of it built', { subject: `${builder}/build.yml@refs/heads/x` }, 'octo/app', /subject is/],
    ['what another issuer vouches for', { issuer: 'https://issuer.test' }, 'octo/app', /issuer is/],
  ] as const) {
    it(`Docker's builder: ${reason === undefined ? 'allow' : 'refuse'} ${what}`, async () => {
      await attach(attestation, { subject: `${builder}/build.yml@refs/tags/v1.15.0`, ...plan });
      const reasons = await judge('judgeDockerBuilt', repository);
      if (reason === undefined) expect(reasons).to.deep.equal([]);
      else expect(reasons.join('; ')).to.match(reason);
    });
  }

  for (const [what, plan, repository, reason] of [
    ['what the repository built', {}, 'octo/app', undefined],
    ['what another repository built', {}, 'octo/ap', /subject is/],
    ['what a pull request built', { subject: `${own}/ci.yml@refs/pull/1/merge` }, 'octo/app', /subject is/],
    [
      'what is signed and no more',
      { predicateType: 'https://sigstore.dev/cosign/sign/v1' },
      'octo/app',
      /attests nothing/,
    ],
    ['what is said of another image', { subjects: [`sha256:${'0'.repeat(64)}`] }, 'octo/app', /not about/],
  ] as const) {
    it(`GitHub: ${reason === undefined ? 'allow' : 'refuse'} ${what}`, async () => {
      await attach(root, { predicateType: provenance, ...plan });
      const reasons = await judge('judgeGithubAttested', repository);
      if (reason === undefined) expect(reasons).to.deep.equal([]);
      else expect(reasons.join('; ')).to.match(reason);
    });
  }

  it('have their like on the command line', async () => {
    await attach(root, { predicateType: provenance });
    const trusted = join(folder, 'root.json');
    await writeFile(trusted, JSON.stringify(sigstore.trustedRoot));
    const run = (...args: string[]) =>
      capture(() => execute(['attestations', name, '--host', daemon.host, '--registry', ...args]));
    const { stdout } = await run('--trusted-root', trusted, '--identity-regexp', `${own}/.*`, '--issuer', issuer);
    expect(stdout).to.contain(`verified: in the registry, ${provenance} by ${own}/ci.yml@refs/heads/main\n`);
    const other = await run('--trusted-root', trusted, '--identity', own);
    expect(other.stdout).to.contain(`not verified: in the registry, ${provenance}: untrusted-signer`);
    expect((await run()).stdout).to.contain(`in the registry: ${provenance} (bundle)\n`);
    const { registry } = JSON.parse((await run('--json')).stdout) as { registry: object[] };
    expect(registry).to.have.length(1);
    expect(registry[0]).to.deep.include({ attachedTo: root, form: 'bundle', subjects: [root] });
  });
});
