import { AttestdError } from '../../errors.js';
import { isNamed, parseAnyReference } from '../../oci/reference.js';
import type { Context } from '../context.js';
import type { AnswerOf } from '../wire.js';
import { noNetwork, registryOf } from './endpoint.js';

/**
 * `GET /distribution/{name}/json`: no registry, so a valid name cannot be looked up.
 *
 * @throws INVALID_REFERENCE; INTERNAL for the missing network
 */
export async function inspectDistribution(_context: Context, name: string): Promise<AnswerOf<'DistributionInspect'>> {
  const reference = parseAnyReference(name);
  if (!isNamed(reference)) throw new AttestdError('INTERNAL', 'no manifest found for full image ID');
  throw noNetwork('Get', `${registryOf(reference)}/v2/`);
}
