import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { execute } from '../../src/cli/program.js';
import { connect } from '../../src/client/index.js';
import { AttestdError } from '../../src/support/foundation/errors.js';
import { image, signingKey } from '../../src/testing/fixtures.js';
import { type Daemon, startDaemon } from '../../src/testing/server.js';
import { capture, type Outcome } from './capture.js';

const key = fileURLToPath(new URL('../../fixtures/images/buildkit/cosign.pub', import.meta.url));
const stranger = fileURLToPath(new URL('../../fixtures/keys/stranger.pub', import.meta.url));
const long = image('test/long:1')
  .statement(`https://example.com/${'long/'.repeat(30)}`, { a: 1 })
  .signedBy(signingKey('long'));

describe('the commands of attestd attestations', () => {
  let daemon: Daemon;
  before(async () => {
    daemon = await startDaemon({
      images: [
        'buildkit-signed',
        'attestd/no-attestations',
        'attestd/missing-statement-blob',
        'attestd/manifest-without-index',
        long,
      ],
      platform: 'linux/amd64',
    });
  });
  after(() => daemon.close());

  const run = (command: string, ...args: string[]): Promise<Outcome> =>
    capture(() => execute(['attestations', command, ...args, '--host', daemon.host]));

  it('draw the tree from the index to the signatures', async () => {
    const { code, stdout } = await run('tree', 'hello:signed', '--all-platforms');
    expect(code).to.equal(0);
    expect(stdout.split('\n').slice(0, 9)).to.deep.equal([
      'hello:signed sha256:3798bf8308ac',
      '├─ linux/amd64 sha256:49aab9b4864f',
      '│  └─ attestations sha256:0fc9e64e5615',
      '│     ├─ https://spdx.dev/Document',
      '│     │  ├─ 810B  sha256:920fea7dea71',
      '│     │  └─ made by filescan, buildkit-v0.32.2',
      '│     ├─ https://slsa.dev/provenance/v1',
      '│     │  └─ 2.93kB  sha256:b2ad184ab2ae',
      '│     └─ signature sha256:1ea5800d1ffb',
    ]);
    expect(stdout).to.include('└─ linux/arm64 sha256:2c002f32b2a9');
  });

  it('say in the tree who signed, and what is not there', async () => {
    const right = await run('tree', 'hello:signed', '--all-platforms', '--key', key);
    expect(right.stdout)
      .to.match(/└─ verified by key VBy3UUDBxBND/)
      .and.match(/└─ ! signature-manifest: no-signature: /);
    expect(right.code).to.equal(1);
    const wrong = await run('tree', 'hello:signed', '--key', stranger);
    expect(wrong.stdout).to.match(/└─ untrusted-signer: /);
    expect(wrong.code).to.equal(1);
    expect((await run('tree', 'attestd/missing-statement-blob')).stdout).to.match(/! statement: not-found: /);
    const plain = (await run('tree', 'attestd/manifest-without-index', '--all-platforms')).stdout;
    expect(plain)
      .to.match(/! root: not-an-index: /)
      .and.match(/^attestd\/manifest-without-index has no attestations$/m);
    expect((await run('tree', 'attestd/no-attestations')).stdout).to.match(/has no attestations$/m);
  });

  it('keep trees and lists within 80 columns', async () => {
    for (const args of [
      ['tree', 'hello:signed', '--key', key],
      ['tree', 'test/long:1'],
      ['tree', 'attestd/no-attestations'],
      ['ls', 'hello:signed', '--all-platforms'],
    ] as const) {
      const [command, ...rest] = args;
      const { stdout } = await run(command, ...rest);
      expect(Math.max(...stdout.split('\n').map((line) => line.length)), args.join(' ')).to.be.at.most(80);
    }
  });

  it('write the tree as JSON', async () => {
    const { stdout } = await run('tree', 'hello:signed', '--json', '--all-platforms', '--key', key);
    const tree = JSON.parse(stdout) as {
      root: string;
      platforms: { statements: object[]; gaps: object[]; verification: object }[];
    };
    expect(tree.root).to.match(/^sha256:3798bf8308ac/);
    expect(tree.platforms.map(({ statements }) => statements.length)).to.deep.equal([2, 2]);
    expect(tree.platforms[0]?.verification).to.have.property('verified', true);
  });

  it('list each platform by itself', async () => {
    const { stdout } = await run('ls', 'hello:signed', '--all-platforms');
    expect(stdout.split('\n').filter((line) => /^linux\//.test(line))).to.deep.equal(['linux/amd64', 'linux/arm64']);
    const json = JSON.parse((await run('ls', 'hello:signed', '--all-platforms', '--json')).stdout);
    expect(json.platforms.map(({ attestations }: { attestations: object[] }) => attestations.length)).to.deep.equal([
      2, 2,
    ]);
  });

  it('show one statement as it is', async () => {
    const type = 'https://spdx.dev/Document';
    const { stdout } = await run('show', 'hello:signed', '--type', type);
    const client = await connect({ host: daemon.host, env: {} });
    const [given] = await client.imageAttestations('hello:signed', { statement: true, types: [type] });
    client.close();
    expect(stdout).to.equal(`${given?.statement}\n`);
    const { error } = await run('show', 'attestd/no-attestations');
    expect(error).to.be.instanceOf(AttestdError).with.property('code', 'NOT_FOUND');
  });

  it('verify with old and new keys, and demand several', async () => {
    expect(await run('verify', 'hello:signed', '--key', stranger)).to.include({ code: 1 });
    const both = await run('verify', 'hello:signed', '--key', stranger, '--key', key);
    expect(both.code).to.equal(0);
    expect(both.stdout).to.match(/^verified by key VBy3/);
    const two = await run('verify', 'hello:signed', '--key', stranger, '--key', key, '--threshold', '2');
    expect(two.code).to.equal(1);
    expect(two.stdout).to.include('too-few-signers: 1 of 2 signers');
    expect((await run('verify', 'hello:signed', '--key', key, '--all-platforms')).code).to.equal(1);
  });

  for (const args of [
    ['tree', 'x', '--platform', 'linux/amd64', '--all-platforms'],
    ['ls', 'x', '--platform', 'linux/amd64', '--all-platforms'],
    ['verify', 'x'],
    ['verify', 'x', '--key', key, '--threshold', '0'],
    ['tree', 'x', '--threshold', '2'],
    ['show'],
  ] as const)
    it(`refuse the arguments ${args.join(' ')}`, async () => {
      const { error } = await run(args[0], ...args.slice(1));
      expect(error).to.be.instanceOf(AttestdError).with.property('code', 'USAGE');
    });
});
