import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { afterDocker, runPlugin } from '../../src/cli/plugin.js';
import { AttestdError } from '../../src/support/foundation/errors.js';
import { type Daemon, startDaemon } from '../../src/testing/server.js';
import { capture } from './capture.js';

const key = fileURLToPath(new URL('../../fixtures/images/buildkit/cosign.pub', import.meta.url));

describe('the plugin of the docker CLI', () => {
  let daemon: Daemon;
  const saved = process.env.DOCKER_HOST;
  before(async () => {
    daemon = await startDaemon({ images: ['buildkit-signed'], platform: 'linux/amd64' });
  });
  after(() => daemon.close());
  afterEach(() => {
    if (saved === undefined) delete process.env.DOCKER_HOST;
    else process.env.DOCKER_HOST = saved;
  });

  const run = async (...args: string[]): Promise<string> => (await capture(() => runPlugin(args))).stdout;
  const complete = async (...words: string[]): Promise<string[]> => {
    process.env.DOCKER_HOST = daemon.host;
    return (await run('__complete', 'attestations', ...words)).trimEnd().split('\n');
  };

  it('says what it is', async () => {
    const said = JSON.parse(await run('docker-cli-plugin-metadata'));
    expect(said).to.include({ SchemaVersion: '0.1.0', Vendor: 'attestd' });
    expect(said.ShortDescription).to.be.a('string');
  });

  it('takes docker’s own flags before its name', async () => {
    const stdout = await run('--debug', '--log-level=info', '-H', daemon.host, 'attestations', 'ls', 'hello:signed');
    expect(stdout).to.match(/^PREDICATE TYPE/);
  });

  for (const [args, env, expected] of [
    [['--host', 'tcp://x:1'], {}, { DOCKER_HOST: 'tcp://x:1' }],
    [['-c', 'far'], { DOCKER_HOST: 'unix:///y' }, { DOCKER_CONTEXT: 'far' }],
    [['--config=/z', '--tlsverify'], {}, { DOCKER_CONFIG: '/z', DOCKER_TLS_VERIFY: '1' }],
    [['--tls', '--tlsverify=false'], {}, { DOCKER_TLS: '1' }],
  ] as const)
    it(`finds the daemon by ${args.join(' ')}`, () => {
      const found: Record<string, string | undefined> = { ...env };
      expect(afterDocker([...args, 'attestations', 'ls', '-H', 'kept'], found)).to.deep.equal(['ls', '-H', 'kept']);
      expect(found).to.deep.equal(expected);
    });

  for (const args of [
    ['--nope', 'attestations'],
    ['--tlscacert', 'x', 'attestations'],
  ])
    it(`refuses ${args.join(' ')}`, () => {
      expect(() => afterDocker(args, {}))
        .to.throw(AttestdError)
        .with.property('code', 'USAGE');
    });

  it('calls itself docker in its help', async () => {
    const help = await run('attestations', 'tree', '--help');
    expect(help)
      .to.match(/^usage: docker attestations tree \[OPTIONS\] IMAGE\n/)
      .and.match(/\n {2}docker attestations tree hello/);
  });

  it('completes commands, images, flags and files, as the CLI asks for it', async () => {
    expect(await complete('')).to.include.members(['hello:signed', ':4']);
    expect((await complete('t'))[0]).to.match(/^tree\t/);
    expect(await complete('tree', 'hel')).to.deep.equal(['hello:signed', ':4']);
    expect((await complete('tree', '--all'))[0]).to.match(/^--all-platforms\t/);
    expect(await complete('verify', 'hello:signed', '--key', '')).to.deep.equal([':0']);
    process.env.DOCKER_HOST = 'unix:///nonexistent';
    expect((await run('__completeNoDesc', 'attestations', 'v')).trimEnd().split('\n')).to.deep.equal(['verify', ':4']);
  });

  it('writes what docs/guides/docker-cli-plugin.md shows', async () => {
    const page = await readFile(new URL('../../docs/guides/docker-cli-plugin.md', import.meta.url), 'utf8');
    const examples = [...page.matchAll(/```console\n\$ docker (attestations .*)\n([\s\S]*?)```/g)];
    expect(examples).to.have.lengthOf(3);
    process.env.DOCKER_HOST = daemon.host;
    for (const [, line = '', shown] of examples)
      expect((await run(...line.replace('cosign.pub', key).split(' '))).replace(/ +$/gm, '')).to.equal(shown);
  });
});
