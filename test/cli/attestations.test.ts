import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { execute } from '../../src/cli/program.js';
import { connect } from '../../src/client/index.js';
import { type RunningServer, startServer } from '../../src/server/index.js';
import { AttestdError } from '../../src/support/foundation/errors.js';
import { capture, type Outcome } from './capture.js';

const key = (name: string): string => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));

describe('attestd attestations', () => {
  let server: RunningServer;
  let host: string;

  before(async () => {
    server = await startServer({ platform: 'linux/amd64' });
    host = server.hosts[0] as string;
  });
  after(() => server.close());

  const run = (...args: string[]): Promise<Outcome> =>
    capture(() => execute(['attestations', ...args, '--host', host]));

  it('shows a line for each', async () => {
    const { code, stdout } = await run('hello:signed');
    expect(code).to.equal(0);
    const [head, ...rows] = stdout.trimEnd().split('\n');
    expect(head).to.match(/^PREDICATE TYPE +SUBJECT +SIZE +DIGEST +VERIFIED$/);
    expect(rows.filter((row) => !row.startsWith(' '))).to.have.lengthOf(2);
    expect(rows[0]).to.match(/^https:\/\/spdx\.dev\/Document +49aab9b4864f +810B +920fea7dea71 +-$/);
    expect(rows[1]).to.equal('  made by filescan, buildkit-v0.32.2');
  });

  it('selects by type and platform', async () => {
    const { stdout } = await run('hello:signed', '--type', 'https://spdx.dev/Document', '--platform', 'linux/arm64');
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .filter((row) => !row.startsWith(' ')),
    ).to.have.lengthOf(2);
    expect(stdout).to.include('aee762212a8b');
  });

  it('writes statements as they are', async () => {
    const { stdout } = await run('hello:signed', '--statement');
    const client = await connect({ host, env: {} });
    const given = await client.imageAttestations('hello:signed', { statement: true });
    client.close();
    expect(stdout).to.equal(given.map(({ statement }) => `${statement}\n`).join(''));
  });

  it('verifies, and says so by its exit code', async () => {
    const right = await run('hello:signed', '--verify', '--key', key('images/buildkit/cosign.pub'));
    expect(right.code).to.equal(0);
    expect(right.stdout)
      .to.match(/ yes\n/)
      .and.match(/^verified by key VBy3UUDBxBND/m);
    const wrong = await run('hello:signed', '--key', key('keys/signer.pub'));
    expect(wrong.code).to.equal(1);
    expect(wrong.stdout)
      .to.match(/ no\n/)
      .and.match(/^not verified: /m);
  });

  it('keeps every table within 80 columns', async () => {
    for (const image of ['hello:signed', 'hello:attested']) {
      const { stdout } = await run(image, '--key', key('images/buildkit/cosign.pub'));
      const table = stdout.split('\n').filter((row) => !row.startsWith(' ') && !/^(not )?verified/.test(row));
      expect(Math.max(...table.map((row) => row.length))).to.be.at.most(80);
    }
  });

  it('says that an image has none', async () => {
    const { code, stdout } = await run('attestd/no-attestations');
    expect({ code, stdout }).to.deep.equal({ code: 0, stdout: 'attestd/no-attestations has no attestations\n' });
    const typed = await run('hello:signed', '--type', 'https://example.com/none', '--platform', 'linux/arm64');
    expect(typed.stdout).to.equal(
      'hello:signed has no attestations of type https://example.com/none for linux/arm64\n',
    );
    expect((await run('attestd/no-attestations', '--quiet')).stdout).to.equal('');
  });

  it('writes JSON', async () => {
    const { stdout } = await run('hello:signed', '--json', '--verify', '--key', key('images/buildkit/cosign.pub'));
    const { attestations: shown, verification } = JSON.parse(stdout) as {
      attestations: { predicateType: string }[];
      verification: { verified: boolean };
    };
    expect(shown.map(({ predicateType }) => predicateType)).to.have.members([
      'https://spdx.dev/Document',
      'https://slsa.dev/provenance/v1',
    ]);
    expect(verification.verified).to.equal(true);
  });

  it('shows an image whose statement is missing', async () => {
    const { code, stdout } = await run('attestd/missing-statement-blob');
    expect(code).to.equal(0);
    expect(stdout.trimEnd().split('\n').length).to.be.above(1);
  });

  for (const args of [
    [],
    ['x', 'y'],
    ['x', '--verify'],
    ['x', '--identity', 'a'],
    ['x', '--key', key('keys/signer.pub'), '--issuer', 'https://issuer.test'],
    ['x', '--key', key('keys/signer.pub'), '--trusted-root', key('keys/signer.pub')],
    ['x', '--trusted-root', key('keys/signer.pub')],
    ['x', '--trusted-root', '/nonexistent', '--identity', 'a', '--identity-regexp', 'b'],
    ['x', '--trusted-root', '/nonexistent', '--identity-regexp', '('],
    ['x', '--key', '/nonexistent'],
    ['x', '--statement', '--key', '/nonexistent'],
    ['x', '--verify', '--key', '/nonexistent'],
    ['x', '--platform', 'linux'],
    ['x', '--statement', '--json'],
    ['x', '--nope'],
  ]) {
    it(`refuses the arguments ${JSON.stringify(args)}`, async () => {
      const { error } = await run(...args);
      expect(error).to.be.instanceOf(AttestdError).with.property('code', 'USAGE');
    });
  }

  it('says that an image is not there', async () => {
    expect((await run('nope')).error)
      .to.be.instanceOf(AttestdError)
      .with.property('code', 'NOT_FOUND');
  });
});
