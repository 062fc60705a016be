import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { TokenServer } from './tokens.js';

const tls = (name: string): string => fileURLToPath(new URL(`../../server/tls/${name}`, import.meta.url));

/** `user` with the password `secret`, as htpasswd writes it. */
const passwords = 'user:$2y$05$Oc32e/6m.0bR3i83tsD54.fPgcdP2lzeFGZ2tYB80AgNywKfl4lWO\n';

/** A docker-registry with a storage of its own. */
export interface TestRegistry {
  /** `127.0.0.1:port`. */
  readonly host: string;
  /** What it has logged so far. */
  log(): Promise<string>;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * Starts docker-registry.
 *
 * @param program its path
 * @param options with TLS, by the certificate of test/server/tls; with a password; with tokens
 */
export async function startRegistry(
  program: string,
  options: { readonly tls?: boolean; readonly locked?: boolean; readonly tokens?: TokenServer | undefined } = {},
): Promise<TestRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'attestd-e2e-registry-'));
  const host = `127.0.0.1:${await freePort()}`;
  await writeFile(join(folder, 'htpasswd'), passwords);
  const config = {
    version: 0.1,
    log: { level: 'info', accesslog: { disabled: false } },
    storage: { filesystem: { rootdirectory: join(folder, 'data') } },
    http: { addr: host, ...(options.tls && { tls: { certificate: tls('server.pem'), key: tls('server.key') } }) },
    ...(options.tokens && { auth: { token: tokenAuth(options.tokens) } }),
    ...(options.locked && { auth: { htpasswd: { realm: 'test', path: join(folder, 'htpasswd') } } }),
  };
  await writeFile(join(folder, 'config.yml'), JSON.stringify(config));
  let logged = '';
  const child: ChildProcess = spawn(program, ['serve', join(folder, 'config.yml')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (piece: Buffer) => (logged += piece.toString()));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  for (let i = 0; i < 100 && !logged.includes('listening on'); i++) await sleep(100);
  if (!logged.includes('listening on')) throw new Error(`docker-registry does not listen: ${logged}`);
  return {
    host,
    log: async () => logged,
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The certificate that signed the registry's. */
export const registryAuthority = (): Promise<string> => readFile(tls('ca.pem'), 'utf8');

const tokenAuth = ({ realm, service, issuer, rootcertbundle }: TokenServer): object => ({
  realm,
  service,
  issuer,
  rootcertbundle,
});
