import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { openPolicy, type Policy, type PolicyInput } from '../../src/policy/index.js';
import { bundleFiles } from '../../src/policy/program.js';
import { AttestdError } from '../../src/support/foundation/errors.js';
import { demoImages } from './demo-image.js';

const examples = fileURLToPath(new URL('../../examples/policies/', import.meta.url));
const bundles = readdirSync(examples).filter((name) => name.endsWith('.tar.gz'));

describe('the images of the README’s demonstration', () => {
  for (const [name, built] of Object.entries(demoImages))
    it(`are what their recipe makes: ${name}`, () => {
      const archive = readFileSync(join(examples, `../../fixtures/images/policy/${name}.tar`));
      expect(archive.equals(built.toArchive())).to.equal(true);
    });
});

const input = (image: object): PolicyInput => ({ env: { depth: 0 }, image, unknowns: [] });

describe('policies of OPA', () => {
  let folder: string;
  const opened: Policy[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'policy-opa-'));
  });

  after(async () => {
    for (const policy of opened) await policy.close();
    await rm(folder, { recursive: true });
  });

  async function open(path: string, limits = {}): Promise<Policy> {
    const policy = await openPolicy(path, limits);
    opened.push(policy);
    return policy;
  }

  it('are in examples/policies, seven of them', () => {
    expect(bundles).to.have.length(7);
  });

  for (const name of bundles)
    it(`are compiled of the source beside them: ${name}`, async () => {
      const files = await bundleFiles(readFileSync(join(examples, name)));
      const source = name.replace('.tar.gz', '.rego');
      expect(files.get(source)?.toString()).to.equal(readFileSync(join(examples, source), 'utf8'));
      expect(files.get('policy.wasm')?.subarray(0, 4)).to.eql(Buffer.from('\0asm'));
    });

  it('are taken as policy.wasm alone, too', async () => {
    const files = await bundleFiles(readFileSync(join(examples, 'builder.tar.gz')));
    const path = join(folder, 'policy.wasm');
    await writeFile(path, files.get('policy.wasm') as Buffer);
    const policy = await open(path);
    const provenance = { predicateType: 'x', builderID: 'https://attestd.example/builder' };
    expect(await policy.decide(input({ hasProvenance: true, provenance }))).to.include({ allow: true });
    expect((await policy.decide(input({}))).denyMessages).to.eql(['it has no provenance']);
  });

  it('fail closed where the input is more than the memory that they may take', async () => {
    const policy = await open(join(examples, 'builder.tar.gz'), { megabytes: 16 });
    const verdict = await policy.decide(
      input({ env: Array.from({ length: 200_000 }, (_, i) => `VARIABLE_${i}=${'x'.repeat(90)}`) }),
    );
    expect(verdict).to.include({ allow: false });
    expect(verdict.failure).to.be.a('string');
    expect(await policy.decide(input({}))).to.not.have.property('failure');
  });

  it('are refused without an entry point that can be asked', async () => {
    const wasm = join(folder, 'empty.wasm');
    await writeFile(wasm, Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
    const error = await openPolicy(wasm).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(AttestdError).with.property('code', 'INTERNAL');
  });
});
