import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execute } from '../../src/cli/program.js';
import { capture, type Outcome } from '../cli/capture.js';
import { type Daemon, startDaemon } from './support/daemon.js';
import { DockerCli } from './support/docker.js';
import { ATTESTED } from './support/images.js';
import { startRegistry, type TestRegistry } from './support/registry.js';
import { run } from './support/run.js';
import { COSIGN, DOCKER, describeWith, REGISTRY } from './support/tools.js';

/** ATTESTED's attestation manifest for linux/amd64. */
const attestation = 'sha256:0fc9e64e5615104c3c3369ed506d2abf9a6b617a6fbd686acdf94a24a2015c8c';

describeWith(REGISTRY, 'What cosign attaches in a registry', (program) =>
  describeWith(DOCKER, 'to an image of the docker CLI', (path) =>
    describeWith(COSIGN, 'by cosign', function (cosign) {
      this.timeout(120_000);
      let folder: string;
      let registry: TestRegistry;
      let daemon: Daemon;
      let repository: string;

      before(async () => {
        folder = await mkdtemp(join(tmpdir(), 'attestd-e2e-cosign-'));
        registry = await startRegistry(program);
        daemon = await startDaemon();
        const docker = new DockerCli(path, daemon.host);
        await docker.ok('load', '-i', ATTESTED.tar);
        for (const key of ['ours', 'theirs']) await sign('generate-key-pair', '--output-key-prefix', join(folder, key));
        await writeFile(join(folder, 'predicate.json'), '{"passed":true}');
      });
      after(async () => {
        await daemon.stop();
        await registry.stop();
        await rm(folder, { recursive: true, force: true });
      });

      let counter = 0;
      /** A repository of its own with the image, so that nothing else is attached to it. */
      beforeEach(async () => {
        repository = `${registry.host}/cosign/hello${++counter}`;
        const docker = new DockerCli(path, daemon.host);
        await docker.ok('tag', ATTESTED.name, `${repository}:1`);
        await docker.ok('push', `${repository}:1`);
      });

      afterEach(async () => {
        // An image's other repositories are asked too.
        await new DockerCli(path, daemon.host).ok('rmi', `${repository}:1`);
      });

      async function sign(...args: readonly string[]): Promise<void> {
        const env = { COSIGN_PASSWORD: 'test', HOME: folder };
        const { code, stderr } = await run(cosign, args, { env });
        if (code !== 0) throw new Error(`cosign ${args.join(' ')} ended with ${code}: ${stderr.trim()}`);
      }
      const offline = ['--yes', '--allow-http-registry', '--tlog-upload=false', '--use-signing-config=false'];
      const key = (): string[] => ['--key', join(folder, 'ours.key')];
      const statement = (type: string): string[] => ['--predicate', join(folder, 'predicate.json'), '--type', type];

      async function attestations(name: string, ...args: readonly string[]): Promise<Outcome> {
        const image = `${repository}:1`;
        const trusted = ['--key', join(folder, `${name}.pub`)];
        return capture(() => execute(['attestations', image, '--host', daemon.host, ...trusted, ...args]));
      }

      for (const [form, more] of [
        ['a bundle, as cosign 3 does', []],
        ['simple signing, as cosign 2 does', ['--new-bundle-format=false']],
      ] as const)
        for (const [what, digest] of [
          ['attestation manifest', attestation],
          ['index', ATTESTED.index],
        ] as const) {
          it(`signs the ${what} by ${form}`, async () => {
            expect((await attestations('ours', '--registry')).stdout).to.contain('no-signature');
            await sign('sign', ...key(), ...offline, ...more, `${repository}@${digest}`);
            const { code, stdout } = await attestations('ours', '--registry');
            expect(stdout).to.match(/^verified by key /m);
            expect(code).to.equal(0);
            expect((await attestations('theirs', '--registry')).code).to.equal(1);
          });
        }

      it('is accepted by an old key and a new one, and by both where two are demanded', async () => {
        const image = `${repository}@${attestation}`;
        const both = ['--registry', '--key', join(folder, 'theirs.pub')];
        await sign('sign', ...key(), ...offline, image);
        expect((await attestations('ours', ...both)).code).to.equal(0);
        expect((await attestations('ours', ...both, '--threshold', '2')).stdout).to.contain('too-few-signers: 1 of 2');
        await sign('sign', '--key', join(folder, 'theirs.key'), ...offline, image);
        expect((await attestations('ours', ...both, '--threshold', '2')).code).to.equal(0);
      });

      it('is a statement in a bundle or an envelope, and judged by itself', async () => {
        const image = `${repository}@${ATTESTED.index}`;
        await sign('attest', ...key(), ...offline, ...statement('https://tests.test/three'), image);
        const old = ['--new-bundle-format=false', ...statement('https://tests.test/two')];
        await sign('attest', ...key(), ...offline, ...old, image);
        const { stdout } = await attestations('ours', '--registry');
        for (const type of ['three', 'two'])
          expect(stdout).to.contain(`verified: in the registry, https://tests.test/${type} by key `);
        const { stdout: wrong } = await attestations('theirs', '--registry');
        for (const type of ['three', 'two'])
          expect(wrong).to.contain(`not verified: in the registry, https://tests.test/${type}: `);
      });
    }),
  ),
);
