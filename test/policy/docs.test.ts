import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openPolicy, type Policy, type PolicyInput } from '../../src/policy/index.js';

const page = new URL('../../docs/reference/policy.md', import.meta.url);

describe('the module of docs/reference/policy.md', () => {
  let folder: string;
  let policy: Policy;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'policy-docs-'));
    const [, program = ''] = /```js file=policy\.mjs\n([\s\S]*?)```/.exec(await readFile(page, 'utf8')) ?? [];
    await writeFile(join(folder, 'policy.mjs'), program);
    policy = await openPolicy(join(folder, 'policy.mjs'));
  });

  after(async () => {
    await policy.close();
    await rm(folder, { recursive: true });
  });

  const input = (hasProvenance: boolean, Privileged: boolean): PolicyInput => ({
    env: { depth: 0 },
    image: hasProvenance ? { hasProvenance } : {},
    container: { action: 'create', request: { HostConfig: { Privileged } } },
    unknowns: [],
  });

  it('allows what is attested and not privileged', async () => {
    expect(await policy.decide(input(true, false))).to.include({ allow: true });
  });

  it('says all that is against a container', async () => {
    const { denyMessages } = await policy.decide(input(false, true));
    expect(denyMessages).to.eql(['it has no provenance', 'it is privileged']);
  });
});
