import { AttestdError } from '../../support/foundation/errors.js';

/**
 * dockerd's error for operations that need a swarm (docs/reference/behavior/swarm.md#without-a-swarm).
 *
 * @param code FORBIDDEN for networks, as in dockerd
 */
export function noManager(code: 'UNAVAILABLE' | 'FORBIDDEN' = 'UNAVAILABLE'): AttestdError {
  return new AttestdError(
    code,
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
  );
}
