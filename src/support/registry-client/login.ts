import { AttestdError } from '../foundation/errors.js';
import { LegacyEndpoint, legacyEndpoints } from './legacy-endpoint.js';
import type { Registry } from './registry.js';
import { statusText } from './response-errors.js';
import { drop } from './transport.js';
import type { Credentials } from './types.js';

/**
 * Check credentials with a registry.
 *
 * @param domain the registry's host; `docker.io` for Docker Hub
 * @returns an identity token, where the registry gave one
 * @throws AttestdError UNAUTHORIZED when a token server refuses; INTERNAL for any other failure
 */
export async function login(
  registry: Registry,
  domain: string,
  credentials: Credentials,
  signal?: AbortSignal,
): Promise<string | undefined> {
  let failure: unknown;
  // Mirrors are not given what is meant for the registry itself.
  for (const endpoint of await legacyEndpoints(registry, domain, 'push')) {
    try {
      const pinged = await LegacyEndpoint.open(registry, endpoint, { credentials, scopes: [], signal, offline: true });
      const response = await pinged.send('GET', '');
      await drop(response);
      if (response.status === 200) return pinged.identityToken ?? credentials.identityToken;
      const { scheme, host, path } = endpoint;
      const what = `login attempt to ${scheme}://${host}${path}/ failed with status`;
      throw new AttestdError('INTERNAL', `${what}: ${statusText(response.status)}`);
    } catch (error) {
      if (!(error instanceof AttestdError) || error.code === 'UNAUTHORIZED' || signal?.aborted === true) throw error;
      failure = error;
    }
  }
  throw failure;
}
