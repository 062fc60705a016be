import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type Daemon, startDaemon } from './support/daemon.js';
import { DockerCli } from './support/docker.js';
import { ATTESTED } from './support/images.js';
import { registryAuthority, startRegistry, type TestRegistry } from './support/registry.js';
import { run } from './support/run.js';
import { startTokenServer, type TokenServer } from './support/tokens.js';
import { CRANE, DOCKER, describeWith, ORAS, REGISTRY, SKOPEO } from './support/tools.js';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

const kinds = [
  ['in plain HTTP', {}],
  ['with TLS', { tls: true }],
  ['with a password', { locked: true }],
  ['with TLS and a password', { tls: true, locked: true }],
  ['with tokens', { tokens: true }],
] as const;

describeWith(REGISTRY, 'docker-registry', (program) => {
  describeWith(DOCKER, 'and the docker CLI', (path) => {
    for (const [title, options] of kinds) {
      describe(title, function () {
        this.timeout(120_000);
        let folder: string;
        let registry: TestRegistry;
        let tokens: TokenServer | undefined;
        const secret = 'locked' in options || 'tokens' in options;
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
          tokens = 'tokens' in options ? await startTokenServer() : undefined;
          registry = await startRegistry(program, { ...options, tokens });
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
          await tokens?.stop();
          await rm(folder, { recursive: true, force: true });
        });

        it('takes a push after a login, and gives the same image back', async () => {
          const name = `${registry.host}/a/hello:1`;
          if (secret) {
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

        it('is inspected by way of the daemon and by the CLI itself', async () => {
          const name = `${registry.host}/a/hello:1`;
          const { body } = await ask(daemon.socket, `/distribution/${name}/json`, secret);
          expect(JSON.parse(body)).to.have.nested.property('Descriptor.digest', ATTESTED.index);
          const shown = await ok('manifest', 'inspect', '--insecure', name);
          expect((JSON.parse(shown) as { manifests: unknown[] }).manifests).to.have.length(4);
        });

        it('is asked for signatures with what docker login stored', async () => {
          const args = [main, 'attestations', `${registry.host}/a/hello:1`, '--host', daemon.host, '--registry'];
          const { code, stderr } = await run(process.execPath, args, { env });
          expect(code, stderr).to.equal(0);
          const digest = '0fc9e64e5615104c3c3369ed506d2abf9a6b617a6fbd686acdf94a24a2015c8c';
          // docker-registry has no referrers API, but says so only to whom it knows.
          const log = await registry.log();
          expect(log).to.match(new RegExp(`"GET /v2/a/hello/manifests/sha256-${digest} HTTP/1.1" 404`));
        });

        describeWith(SKOPEO, 'and skopeo', (skopeo) =>
          describeWith(CRANE, 'and crane', (crane) =>
            describeWith(ORAS, 'and oras', (oras) => {
              it('is the same to all of them before and after', async () => {
                const authfile = join(folder, 'config', 'config.json');
                const insecure = 'tls' in options ? ['--insecure'] : ['--plain-http'];
                const tools = async (program: string, ...args: string[]): Promise<string> => {
                  const { code, stdout, stderr } = await run(program, args, { env });
                  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${stderr.trim()}`);
                  return stdout.trim();
                };
                const auth = secret ? ['--authfile', authfile] : [];
                const digests = async (name: string): Promise<string[]> => [
                  await tools(
                    ...[skopeo, '--insecure-policy', 'inspect', '--no-tags', '--tls-verify=false'],
                    ...[...auth, '--format={{.Digest}}', `docker://${name}`],
                  ),
                  await tools(crane, 'digest', '--insecure', name),
                  await tools(oras, 'resolve', ...insecure, ...(secret ? ['--registry-config', authfile] : []), name),
                ];
                const source = `${registry.host}/theirs/hello:1`;
                await tools(
                  ...[skopeo, '--insecure-policy', 'copy', '--all', '--dest-tls-verify=false'],
                  ...(secret ? ['--dest-authfile', authfile] : []),
                  ...[`oci-archive:${ATTESTED.tar}`, `docker://${source}`],
                );
                const all = (digest: string): string[] => [digest, digest, digest];
                expect(await digests(source)).to.deep.equal(all(ATTESTED.index));
                // What docker pushed whole is what they put there.
                expect(await digests(`${registry.host}/a/hello:1`)).to.deep.equal(all(ATTESTED.index));
                // Of what was pulled for one platform, that platform's manifest is pushed.
                await ok('pull', '--platform', 'linux/amd64', source);
                const target = `${registry.host}/ours/hello:1`;
                await ok('tag', source, target);
                await ok('push', target);
                expect(await digests(target)).to.deep.equal(all(ATTESTED.amd64));
                await tools(crane, 'validate', '--insecure', '--remote', target);
                expect(await registry.log()).not.to.match(/malformed|(?:status=| )400\b/);
              });
            }),
          ),
        );
      });
    }
  });
});

/** `GET` of the daemon, as whoever the registry knows. */
function ask(socketPath: string, path: string, known: boolean): Promise<{ status: number; body: string }> {
  const credentials = Buffer.from(JSON.stringify({ username: 'user', password: 'secret' })).toString('base64url');
  // base64url with padding, as the CLI sends it.
  const padded = credentials.padEnd(Math.ceil(credentials.length / 4) * 4, '=');
  const headers = known ? { 'X-Registry-Auth': padded } : {};
  return new Promise((resolve, reject) => {
    const request = get({ socketPath, path: `/v1.48${path}`, headers }, (response) => {
      let body = '';
      response.on('data', (piece: Buffer) => (body += piece.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    request.on('error', reject);
  });
}
