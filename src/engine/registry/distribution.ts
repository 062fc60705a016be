import { AttestdError } from '../../errors.js';
import type { JsonObject } from '../../go/json/render.js';
import { isNamed, parseAnyReference } from '../../oci/reference.js';
import type { Context } from '../context.js';
import { noNetwork, registryOf } from './endpoint.js';

/**
 * `GET /distribution/{name}/json`: no registry, so a valid name cannot be looked up.
 *
 * @throws INVALID_REFERENCE; INTERNAL for the missing network
 */
export async function inspectDistribution(_context: Context, name: string): Promise<JsonObject> {
  const reference = parseAnyReference(name);
  if (!isNamed(reference)) throw new AttestdError('INTERNAL', 'no manifest found for full image ID');
  throw noNetwork('Get', `${registryOf(reference)}/v2/`);
}
