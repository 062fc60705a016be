import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Credentials } from '../support/registry-client/types.js';

/** The key under which the docker CLI keeps what it knows for Docker Hub. */
const hubKey = 'https://index.docker.io/v1/';

/**
 * What `docker login` has left in the configuration file for a registry. Credential helpers are not run; a file that cannot
 * be read knows nothing.
 *
 * @param domain as in references, `docker.io` for example
 * @param env where DOCKER_CONFIG and HOME are looked at
 */
export function storedCredentials(
  domain: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Credentials | undefined {
  const entry = storedEntries(env)[domain === 'docker.io' ? hubKey : domain];
  if (typeof entry !== 'object' || entry === null) return undefined;
  const { auth, identitytoken } = entry as { auth?: unknown; identitytoken?: unknown };
  const text = typeof auth === 'string' ? Buffer.from(auth, 'base64').toString() : '';
  const at = text.indexOf(':');
  const known = {
    ...(at > 0 && { username: text.slice(0, at), password: text.slice(at + 1) }),
    ...(typeof identitytoken === 'string' && identitytoken !== '' && { identityToken: identitytoken }),
  };
  return Object.keys(known).length > 0 ? { ...known, host: domain } : undefined;
}

function storedEntries(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, unknown>> {
  try {
    const path = join(env.DOCKER_CONFIG || join(env.HOME ?? homedir(), '.docker'), 'config.json');
    const { auths } = JSON.parse(readFileSync(path, 'utf8')) as { auths?: Record<string, unknown> };
    return auths ?? {};
  } catch {
    return {};
  }
}
