import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Daemon, startDaemon } from './support/daemon.js';
import { DockerCli } from './support/docker.js';
import { ATTESTED } from './support/images.js';
import { registryAuthority, startRegistry, type TestRegistry } from './support/registry.js';
import { run } from './support/run.js';
import { DOCKER, describeWith, findTool, REGISTRY, SKOPEO } from './support/tools.js';

const kinds = [
  ['in plain HTTP', {}],
  ['with TLS', { tls: true }],
  ['with a password', { locked: true }],
  ['with TLS and a password', { tls: true, locked: true }],
] as const;

describeWith(REGISTRY, 'docker-registry', (program) => {
  describeWith(DOCKER, 'and the docker CLI', (path) => {
    for (const [title, options] of kinds) {
      describe(title, function () {
        this.timeout(60_000);
        let folder: string;
        let registry: TestRegistry;
        let daemon: Daemon;
        let docker: DockerCli;
        let env: NodeJS.ProcessEnv;
        const ok = async (...args: string[]): Promise<string> => {
          const { code, stdout, stderr } = await docker.try(args, { env });
          if (code !== 0) throw new Error(`docker ${args.join(' ')} ended with ${code}: ${stderr.trim()}`);
          return stdout.trim();
        };

        before(async () => {
          folder = await mkdtemp(join(tmpdir(), 'attestd-e2e-registry-cli-'));
          env = { DOCKER_CONFIG: join(folder, 'config') };
          registry = await startRegistry(program, options);
          await mkdir(join(folder, 'certs.d', registry.host), { recursive: true });
          await writeFile(join(folder, 'certs.d', registry.host, 'ca.crt'), await registryAuthority());
          daemon = await startDaemon(['--certs-dir', join(folder, 'certs.d')]);
          docker = new DockerCli(path, daemon.host);
          await ok('load', '-i', ATTESTED.tar);
          await ok('tag', ATTESTED.name, `${registry.host}/a/hello:1`);
        });

        after(async () => {
          await daemon.stop();
          await registry.stop();
          await rm(folder, { recursive: true, force: true });
        });

        it('takes a push after a login, and gives the same image back', async () => {
          const name = `${registry.host}/a/hello:1`;
          if ('locked' in options) {
            expect((await docker.try(['push', name], { env })).code).not.to.equal(0);
            const wrong = await docker.try(['login', '-u', 'user', '-p', 'wrong', registry.host], { env });
            expect(wrong.code).not.to.equal(0);
            expect(wrong.stderr).not.to.contain('wrong');
            await ok('login', '-u', 'user', '-p', 'secret', registry.host);
          }
          expect(await ok('push', name)).to.contain(`1: digest: ${ATTESTED.index}`);
          await ok('tag', name, `${registry.host}/b/hello:1`);
          expect(await ok('push', `${registry.host}/b/hello:1`)).to.contain('Mounted from a/hello');
          await ok('rmi', '-f', name, `${registry.host}/b/hello:1`, ATTESTED.name);
          expect(await ok('pull', name)).to.contain(`Digest: ${ATTESTED.index}`);
          expect(await ok('pull', name)).to.contain('Image is up to date');
          expect(await ok('image', 'inspect', '--format', '{{.Id}}', name)).to.equal(ATTESTED.index);
          const log = await registry.log();
          expect(log).to.match(/response completed|"(GET|PUT) /);
          expect(log).not.to.match(/malformed|(?:status=| )400\b/);
        });

        it('is seen alike by skopeo', async function () {
          const skopeo = findTool(SKOPEO);
          if (skopeo === undefined) return this.skip();
          const { stdout, stderr } = await run(skopeo, [
            '--insecure-policy',
            'inspect',
            '--tls-verify=false',
            ...('locked' in options ? ['--creds', 'user:secret'] : []),
            '--format={{.Digest}}',
            `docker://${registry.host}/a/hello:1`,
          ]);
          expect(stdout.trim(), stderr).to.equal(ATTESTED.index);
        });
      });
    }
  });
});
