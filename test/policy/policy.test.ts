import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { connect, type EngineClient } from '../../src/client/index.js';
import { type ImageAccess, openPolicy, type Policy } from '../../src/policy/index.js';
import { type RunningServer, startServer } from '../../src/server/index.js';
import { AttestdError } from '../../src/support/foundation/errors.js';

describe('policies', () => {
  let server: RunningServer;
  let client: EngineClient;
  let folder: string;
  const opened: Policy[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'policy-'));
    server = await startServer({ platform: 'linux/amd64' });
    client = await connect({ host: server.hosts[0] as string, env: {} });
  });

  after(async () => {
    for (const policy of opened) await policy.close();
    client.close();
    await server.close();
    await rm(folder, { recursive: true });
  });

  async function open(source: string, limits = {}): Promise<Policy> {
    const path = join(folder, `${opened.length}.mjs`);
    await writeFile(path, source);
    const policy = await openPolicy(path, limits);
    opened.push(policy);
    return policy;
  }

  const byModule = async (body: string, image = 'attestd/provenance-and-sbom') =>
    (await open(`export default async function (input) { ${body} }`)).judge(client, { image });

  it('allow what a module allows, and name the digest that was judged', async () => {
    const verdict = await byModule('return input.image.hasProvenance');
    const { Id } = await client.inspectImage('attestd/provenance-and-sbom');
    expect(verdict).to.include({ allow: true, digest: Id });
    expect(verdict.denyMessages).to.eql([]);
  });

  it('deny with all the reasons that a module gives, and warn', async () => {
    const verdict = await byModule("return { allow: false, deny_msg: ['a', 7, 'b'], warn_msg: ['c'] }");
    expect(verdict).to.deep.include({ allow: false, denyMessages: ['a', 'b'], warnings: ['c'] });
  });

  it('deny where allow is not said', async () => {
    const verdict = await byModule('return {}');
    expect(verdict.allow).to.equal(false);
    expect(verdict.denyMessages).to.have.length(1);
    expect(verdict).to.not.have.property('failure');
  });

  for (const [what, body] of [
    ['throws', "throw new Error('broken')"],
    ['gives no decision', 'return "yes"'],
    ['gives nothing', ''],
    ['says allow with a text', "return { allow: 'true' }"],
    ['ends its thread', 'process.exit(0)'],
    ['fills its memory', 'const all = []; for (;;) all.push(new Array(1e5).fill(input))'],
  ] as const)
    it(`fail closed where a module ${what}`, async () => {
      const verdict = await (await open(`export default function (input) { ${body} }`, { megabytes: 32 })).judge(
        client,
        {
          image: 'attestd/provenance-and-sbom',
        },
      );
      expect(verdict.allow).to.equal(false);
      expect(verdict.failure).to.be.a('string');
    });

  it('fail closed where a module takes too long, and answer the next question', async () => {
    const source = `export default (input) => { while (input.image.repo === 'attestd/no-attestations'); return true; }`;
    const policy = await open(source, { milliseconds: 1000 });
    const [slow, next] = await Promise.all([
      policy.judge(client, { image: 'attestd/no-attestations' }),
      policy.judge(client, { image: 'attestd/provenance-and-sbom' }),
    ]);
    expect(slow.failure).to.match(/1000 ms/);
    expect(next.allow).to.equal(true);
  });

  it('leave it to the daemon to say that an image is not there', async () => {
    const policy = await open('export default () => true');
    const error = await policy.judge(client, { image: 'attestd/missing' }).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(AttestdError).with.property('code', 'NOT_FOUND');
  });

  it('ask once for the same image and container, and again for another container', async () => {
    const policy = await open('let asked = 0; export default () => ({ allow: true, warn_msg: [String(++asked)] })');
    const judge = async (request: object) =>
      (
        await policy.judge(client, {
          image: 'attestd/signed',
          container: { action: 'create', request: { ...request } },
        })
      ).warnings;
    expect(await judge({ Cmd: ['a'] })).to.eql(['1']);
    expect(await judge({ Cmd: ['a'] })).to.eql(['1']);
    expect(await judge({ Cmd: ['b'] })).to.eql(['2']);
  });

  it('look at an image again when what it is looked at through has changed', async () => {
    let looks = 0;
    const access = {
      apiVersion: client.apiVersion,
      content: {
        info: (digest: string) => client.content.info(digest),
        read: (digest: string) => {
          looks++;
          return client.content.read(digest);
        },
      },
      state: 1,
      version: () => client.version(),
      inspectImage: (...asked: Parameters<EngineClient['inspectImage']>) => client.inspectImage(...asked),
      listImages: (query: { dangling: true }) => client.listImages(query),
      imageAttestations: (...asked: Parameters<EngineClient['imageAttestations']>) =>
        client.imageAttestations(...asked),
    };
    const policy = await open('export default () => true');
    const judge = () => policy.judge(access, { image: 'attestd/provenance-and-sbom' });
    await judge();
    const once = looks;
    expect(once).to.be.above(0);
    await judge();
    expect(looks).to.equal(once);
    access.state = 2;
    await judge();
    expect(looks).to.be.above(once);
  });

  it('know what an older daemon cannot tell as unknown, and doubt a no that names it', async () => {
    const refusal = new AttestdError('NOT_IMPLEMENTED', 'the daemon is older');
    const older: ImageAccess = {
      apiVersion: '1.51',
      content: {
        info: () => Promise.reject(refusal),
        // biome-ignore lint/correctness/useYield: it fails before it could
        read: async function* () {
          throw refusal;
        },
      },
      version: () => client.version(),
      inspectImage: (image, query) => client.inspectImage(image, query),
      listImages: (query) => client.listImages(query),
      imageAttestations: () => Promise.reject(refusal),
    };
    const policy = await open('export default ({ image }) => image.provenance !== undefined');
    const { input, doubts, allow } = await policy.judge(older, { image: 'attestd/provenance-and-sbom' });
    expect(input?.image).to.include({ hasProvenance: true });
    expect(input?.unknowns).to.eql(['image.provenance', 'image.attestations', 'image.signatures']);
    expect([allow, doubts]).to.eql([false, ['image.provenance']]);
  });

  for (const [what, name, content, code] of [
    ['that is not there', 'none.mjs', undefined, 'NOT_FOUND'],
    ['in Rego itself', 'a.rego', 'package docker', 'INVALID_ARGUMENT'],
    ['that is a broken bundle', 'a.tar.gz', Buffer.from([0x1f, 0x8b, 1, 2, 3]), 'INVALID_ARGUMENT'],
    ['without a default export', 'b.mjs', 'export const a = 1', 'INTERNAL'],
    ['that is no JavaScript', 'c.mjs', 'export default (', 'INTERNAL'],
  ] as const)
    it(`refuse a policy ${what}`, async () => {
      if (content !== undefined) await writeFile(join(folder, name), content);
      const error = await openPolicy(join(folder, name)).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(AttestdError).with.property('code', code);
    });
});
