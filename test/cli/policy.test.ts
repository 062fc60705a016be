import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { execute } from '../../src/cli/program.js';
import type { PolicyAttestation, PolicyInput } from '../../src/policy/index.js';
import { AttestdError } from '../../src/support/foundation/errors.js';
import { type Daemon, startDaemon } from '../../src/testing/daemon.js';
import { capture, type Outcome } from './capture.js';

const file = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const example = (name: string): string => file(`examples/policies/${name}`);

describe('attestd policy', () => {
  let daemon: Daemon;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'policy-cli-'));
    const layouts = ['provenance-and-sbom', 'no-attestations', 'signed', 'signed-by-stranger'];
    daemon = await startDaemon({
      platform: 'linux/amd64',
      images: layouts.map((name) => file(`fixtures/layouts/${name}`)),
    });
  });

  after(async () => {
    await daemon.close();
    await rm(folder, { recursive: true });
  });

  const run = (...args: string[]): Promise<Outcome> => capture(() => execute(['policy', ...args]));
  const evaluate = (...args: string[]): Promise<Outcome> => run('eval', ...args, '--host', daemon.host);

  async function usage(...args: string[]): Promise<string> {
    const { error } = await run(...args);
    expect(error).to.be.instanceOf(AttestdError).with.property('code', 'USAGE');
    return (error as AttestdError).message;
  }

  it('allows, with 0', async () => {
    const { code, stdout } = await evaluate('attestd/provenance-and-sbom', '--policy', example('builder.tar.gz'));
    expect(code).to.equal(0);
    expect(stdout).to.match(/^allowed attestd\/provenance-and-sbom sha256:[0-9a-f]{64}\n$/);
  });

  it('denies, with 1 and every reason', async () => {
    const { code, stdout } = await evaluate('attestd/no-attestations', '--policy', example('builder.tar.gz'));
    expect(code).to.equal(1);
    expect(stdout.split('\n').slice(1)).to.eql(['  it has no provenance', '']);
  });

  it('knows signatures by the key that it is given, and says what it does not know without one', async () => {
    const policy = ['--policy', example('signed-by.tar.gz')];
    const key = ['--key', file('fixtures/keys/signer.pub')];
    expect((await evaluate('attestd/signed', ...policy, ...key)).code).to.equal(0);
    const stranger = await evaluate('attestd/signed-by-stranger', ...policy, ...key, '--json');
    expect([stranger.code, JSON.parse(stranger.stdout).allow]).to.eql([1, false]);
    const unknown = await evaluate('attestd/signed', ...policy, '--json');
    expect(unknown.code, 'it might be signed').to.equal(3);
    expect(JSON.parse(unknown.stdout)).to.deep.include({
      unknowns: ['image.signatures'],
      doubts: ['image.signatures'],
    });
    const other = await evaluate('attestd/signed', '--policy', example('vsa.tar.gz'), '--json');
    expect(other.code, 'signatures are nothing to this policy').to.equal(1);
  });

  it('judges a container with a request', async () => {
    const request = join(folder, 'request.json');
    await writeFile(request, '{"HostConfig":{"Privileged":true}}');
    const asked = ['attestd/signed', '--policy', example('container.mjs')];
    expect((await evaluate(...asked)).code).to.equal(0);
    const { code, stdout } = await evaluate(...asked, '--request', request);
    expect([code, stdout.includes('it is privileged')]).to.eql([1, true]);
  });

  it('cannot tell, with 3, of an image or daemon that is not there or a policy that fails', async () => {
    const broken = join(folder, 'broken.mjs');
    await writeFile(broken, 'export default () => { throw new Error("broken"); }');
    for (const args of [
      ['attestd/missing', '--policy', example('container.mjs'), '--host', daemon.host],
      ['attestd/signed', '--policy', example('container.mjs'), '--host', `unix://${folder}/none.sock`],
      ['attestd/signed', '--policy', broken, '--host', daemon.host],
    ])
      expect((await run('eval', ...args)).code, args.join(' ')).to.equal(3);
  });

  it('refuses wrong usage', async () => {
    expect(await usage('eval', 'a')).to.include('--policy FILE is missing');
    expect(await usage('eval', 'a', '--policy', join(folder, 'none'))).to.include('cannot be read');
    expect(await usage('eval', 'a', '--policy', example('builder.rego'))).to.include('opa build');
    expect(await usage('eval', 'a', '--policy', example('container.mjs'), '--sign', 'k')).to.include('--vsa');
    expect(await usage('eval', 'a', '--policy', example('container.mjs'), '--platform', 'x')).to.include('--platform');
    expect(await usage('test', folder)).to.include('no cases');
  });

  it('refuses a key that signs nothing, and a summary that cannot be written, without a verdict', async () => {
    const asked = ['eval', 'attestd/signed', '--policy', example('builder.tar.gz'), '--host', daemon.host];
    const out = join(folder, 'never.json');
    expect(await usage(...asked, '--vsa', out, '--sign', example('builder.rego'))).to.include('no private key');
    expect(await usage(...asked, '--vsa', join(folder, 'none', 'vsa.json'))).to.include('--vsa: cannot write');
  });

  it('writes a verification summary of the verdict, signed as DSSE', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const [key, out] = [join(folder, 'key.pem'), join(folder, 'vsa.json')];
    await writeFile(key, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const asked = ['attestd/provenance-and-sbom', '--policy', example('builder.tar.gz'), '--vsa', out];
    expect((await evaluate(...asked, '--verifier', 'https://attestd.example/verifier', '--sign', key)).code).to.equal(
      0,
    );
    const { payload, payloadType, signatures } = JSON.parse(await readFile(out, 'utf8'));
    const statement = Buffer.from(payload, 'base64');
    const signed = Buffer.concat([Buffer.from(`DSSEv1 28 ${payloadType} ${statement.length} `), statement]);
    expect(
      verify(
        'sha256',
        signed,
        createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })),
        Buffer.from(signatures[0].sig, 'base64'),
      ),
    ).to.equal(true);
    const { subject, predicateType, predicate } = JSON.parse(statement.toString());
    expect(predicateType).to.equal('https://slsa.dev/verification_summary/v1');
    expect(predicate).to.deep.include({
      verificationResult: 'PASSED',
      verifiedLevels: ['SLSA_BUILD_LEVEL_UNEVALUATED'],
    });
    expect(predicate.inputAttestations).to.have.length(2);
    expect(subject).to.have.length(2);
    expect(predicate.resourceUri).to.equal('docker.io/attestd/provenance-and-sbom:latest');
  });

  it('writes a summary of a no, unsigned', async () => {
    const out = join(folder, 'failed.json');
    const asked = ['attestd/no-attestations', '--policy', example('builder.tar.gz'), '--vsa', out];
    expect((await evaluate(...asked)).code).to.equal(1);
    const { predicate } = JSON.parse(await readFile(out, 'utf8'));
    expect(predicate).to.deep.include({ verificationResult: 'FAILED', verifiedLevels: ['FAILED'] });
  });

  it('shows what a policy is asked, as the schema has it', async () => {
    const { code, stdout } = await run('input', 'attestd/provenance-and-sbom', '--host', daemon.host);
    const input = JSON.parse(stdout) as PolicyInput;
    const schema = JSON.parse(await readFile(file('schemas/policy-input-1.0.json'), 'utf8')) as object;
    const validate = new Ajv({ strict: false }).compile(schema);
    expect([code, validate(input)]).to.eql([0, true]);
    const types = (input.image.attestations as PolicyAttestation[]).map(({ isAboutImage, predicateType }) => [
      isAboutImage,
      predicateType,
    ]);
    expect(types).to.eql([
      [true, 'https://spdx.dev/Document'],
      [true, 'https://slsa.dev/provenance/v1'],
    ]);
  });

  it('passes the cases of the examples', async () => {
    const { code, stdout } = await run('test', example('cases'));
    expect([code, stdout.trimEnd().split('\n').at(-1)]).to.eql([0, '37 passed, 0 failed']);
  });

  it('fails where a policy decides otherwise than a case says', async () => {
    await mkdir(join(folder, 'cases'));
    const cases = [
      { name: 'right', input: {}, allow: false, deny: ['no'] },
      { name: 'wrong', input: {}, allow: true },
      { name: 'for another reason', input: {}, allow: false, deny: ['yes'] },
      { name: 'with a warning', input: {}, allow: false, warn: ['w'] },
    ];
    await writeFile(join(folder, 'no.mjs'), "export default () => ({ deny_msg: ['no'] })");
    await writeFile(join(folder, 'cases/a.yaml'), JSON.stringify({ policy: '../no.mjs', cases }));
    const { code, stdout } = await run('test', join(folder, 'cases'), '--json');
    const results = JSON.parse(stdout) as { faults: string[] }[];
    expect([code, results.map(({ faults }) => faults.length)]).to.eql([1, [0, 1, 1, 1]]);
    await writeFile(join(folder, 'cases/b.yaml'), 'policy: 1');
    await usage('test', join(folder, 'cases'));
  });
});
