import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { AttestdError } from '../support/foundation/errors.js';
import { parseHost, type Target, type TlsMaterial } from './target.js';

/** The address of a daemon and the strategy that found it. */
export interface Discovery {
  readonly target: Target;
  /** Strategy, for reports: `--host`, `DOCKER_HOST`, `context NAME` or `default`. */
  readonly by: string;
}

/** Inputs of discovery. Tests pass their own. */
export interface Surroundings {
  readonly host?: string;
  readonly context?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Returns undefined if the strategy does not apply. Throws if it applies and its input is invalid. */
type Strategy = (surroundings: Surroundings) => Discovery | undefined;

function readText(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new AttestdError('USAGE', `${what}: cannot read ${path}`, { cause });
  }
}

function readJson(path: string, what: string): Record<string, unknown> {
  const text = readText(path, what);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (cause) {
    throw new AttestdError('USAGE', `${what}: ${path} is not valid JSON`, { cause });
  }
  throw new AttestdError('USAGE', `${what}: ${path} holds no JSON object`);
}

function configDirectory(env: Surroundings['env']): string {
  return env.DOCKER_CONFIG ?? join(env.HOME ?? homedir(), '.docker');
}

/** Reads ca.pem, cert.pem and key.pem from a directory, as far as they exist. */
function tlsFrom(directory: string, verify: boolean, what: string): TlsMaterial {
  const pem = (name: string): string | undefined => {
    const path = join(directory, name);
    return existsSync(path) ? readText(path, what) : undefined;
  };
  const [ca, cert, key] = [pem('ca.pem'), pem('cert.pem'), pem('key.pem')];
  return { ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}), verify };
}

/** Returns TLS material if DOCKER_TLS_VERIFY or DOCKER_TLS is non-empty, as in the docker CLI. */
function tlsFromEnv(env: Surroundings['env']): TlsMaterial | undefined {
  const verify = (env.DOCKER_TLS_VERIFY ?? '') !== '';
  if (!verify && (env.DOCKER_TLS ?? '') === '') return undefined;
  return tlsFrom(env.DOCKER_CERT_PATH || configDirectory(env), verify, 'DOCKER_CERT_PATH');
}

function overTcp(host: string, env: Surroundings['env']): Target {
  return host.startsWith('unix:') ? parseHost(host) : parseHost(host, tlsFromEnv(env));
}

const fromFlag: Strategy = ({ host, env }) =>
  host === undefined ? undefined : { target: overTcp(host, env), by: '--host' };

const fromEnv: Strategy = ({ context, env }) =>
  context !== undefined || !env.DOCKER_HOST ? undefined : { target: overTcp(env.DOCKER_HOST, env), by: 'DOCKER_HOST' };

function contextName({ context, env }: Surroundings): string | undefined {
  const named = context ?? (env.DOCKER_CONTEXT || undefined);
  if (named !== undefined) return named;
  const config = join(configDirectory(env), 'config.json');
  if (!existsSync(config)) return undefined;
  const current = readJson(config, 'docker configuration').currentContext;
  return typeof current === 'string' && current !== '' ? current : undefined;
}

/** Reads a context's endpoint from the docker CLI's file: contexts/meta/<sha256 of the name>/meta.json. */
const fromContext: Strategy = (surroundings) => {
  const name = contextName(surroundings);
  if (name === undefined || name === 'default') return undefined;
  const id = createHash('sha256').update(name).digest('hex');
  const contexts = join(configDirectory(surroundings.env), 'contexts');
  const meta = join(contexts, 'meta', id, 'meta.json');
  if (!existsSync(meta)) throw new AttestdError('USAGE', `context '${name}' does not exist`);
  const endpoints = readJson(meta, `context '${name}'`).Endpoints as
    | { docker?: { Host?: unknown; SkipTLSVerify?: unknown } }
    | undefined;
  const host = endpoints?.docker?.Host;
  if (typeof host !== 'string') throw new AttestdError('USAGE', `context '${name}' has no docker endpoint`);
  const directory = join(contexts, 'tls', id, 'docker');
  const tls = existsSync(directory)
    ? tlsFrom(directory, endpoints?.docker?.SkipTLSVerify !== true, `context '${name}'`)
    : undefined;
  return { target: parseHost(host, tls), by: `context ${name}` };
};

const standard: Strategy = () => ({ target: { kind: 'unix', path: '/var/run/docker.sock' }, by: 'default' });

/**
 * Finds the daemon as the docker CLI does: an explicit host, DOCKER_HOST, the selected or current context, the default
 * socket.
 *
 * @param surroundings flags and environment. Default: those of the process.
 * @throws AttestdError USAGE if a context is unreadable or an address malformed
 */
export function discover(surroundings: Partial<Surroundings> = {}): Discovery {
  const all: Surroundings = { env: process.env, ...surroundings };
  for (const strategy of [fromFlag, fromEnv, fromContext, standard]) {
    const found = strategy(all);
    if (found) return found;
  }
  throw new AttestdError('INTERNAL', 'no strategy found a daemon');
}
