import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { connect, type EngineClient } from '../../src/client/index.js';
import { type RunningServer, startServer } from '../../src/server/index.js';
import { unpack } from './programs.js';

const builder = 'https://attestd.example/builder';

interface Policy {
  readonly builder: string;
  readonly publicKey?: string;
}

interface Programs {
  judge(client: EngineClient, image: string, policy: Policy): Promise<{ digest: string; reasons: string[] }>;
}

describe('the programs of docs/policy.md', () => {
  let folder: string;
  let server: RunningServer;
  let client: EngineClient;
  let programs: Programs;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'attestd-policy-'));
    await unpack(folder);
    server = await startServer({ platform: 'linux/amd64' });
    client = await connect({ host: server.hosts[0] as string, env: {} });
    const load = (name: string): Promise<object> => import(pathToFileURL(join(folder, name)).href);
    programs = (await load('policy.mjs')) as Programs;
  });
  after(async () => {
    client.close();
    await server.close();
    await rm(folder, { recursive: true });
  });

  for (const [image, policy, reasons] of [
    ['attestd/provenance-and-sbom', { builder }, []],
    ['attestd/provenance-and-sbom', { builder: 'https://other.example' }, [/its builder is/]],
    ['attestd/layer-without-predicate-type', { builder }, [/no SBOM/]],
    ['attestd/no-attestations', { builder }, [/no provenance/, /no SBOM/]],
    ['hello:signed', { builder }, [/its builder is ''/]],
  ] as const) {
    it(`judge ${image} built by ${policy.builder}: ${reasons.length === 0 ? 'allowed' : 'refused'}`, async () => {
      const judged = await programs.judge(client, image, policy);
      expect(judged.reasons).to.have.lengthOf(reasons.length);
      for (const [at, reason] of reasons.entries()) expect(judged.reasons[at]).to.match(reason);
    });
  }

  it('judge by a key', async () => {
    const publicKey = await readFile(new URL('../../fixtures/keys/signer.pub', import.meta.url), 'utf8');
    const judge = async (image: string): Promise<string[]> =>
      (await programs.judge(client, image, { builder, publicKey })).reasons;
    expect(await judge('attestd/signed')).to.deep.equal([]);
    expect(await judge('attestd/signed-by-stranger')).to.have.lengthOf(1);
    expect(await judge('attestd/provenance-and-sbom')).to.have.lengthOf(1);
  });

  it('work on the command line', async () => {
    const run = (image: string): Promise<{ code: unknown; stdout: string; stderr: string }> =>
      new Promise((resolve) => {
        const env = { ...process.env, DOCKER_HOST: server.hosts[0] as string };
        const cwd = fileURLToPath(new URL('../..', import.meta.url));
        const args = ['--import', 'tsx', join(folder, 'check.mjs'), image, builder];
        execFile(process.execPath, args, { env, cwd }, (error, stdout, stderr) => {
          resolve({ code: error === null ? 0 : error.code, stdout, stderr });
        });
      });
    const allowed = await run('attestd/provenance-and-sbom');
    expect(allowed).to.include({ code: 0, stderr: '' });
    expect(allowed.stdout).to.match(/^sha256:[0-9a-f]{64}\n$/);
    expect(await run('attestd/layer-without-predicate-type')).to.deep.equal({
      code: 1,
      stdout: '',
      stderr: 'attestd/layer-without-predicate-type: it has no SBOM\n',
    });
  });
});
