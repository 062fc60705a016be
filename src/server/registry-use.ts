import { credentialsIn } from '../engine/registry/credentials.js';
import type { RegistryUse } from '../engine/types.js';
import type { OperationRequest } from './operation.js';

/** What a request brings along for a registry: X-Registry-Auth, X-Meta-* headers, and the client's patience. */
export function registryUse({ headers, signal }: OperationRequest): Required<RegistryUse> {
  const auth = headers['x-registry-auth'];
  const metas = Object.entries(headers).filter(([name]) => name.startsWith('x-meta-'));
  const forwarded = Object.fromEntries(metas.map(([name, value]) => [name, String(value)]));
  return { credentials: credentialsIn(typeof auth === 'string' ? auth : undefined), headers: forwarded, signal };
}
