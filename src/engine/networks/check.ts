import { AttestdError } from '../../support/foundation/errors.js';
import { maxAuxiliaryAddresses, maxNetworkPools } from '../limits.js';
import type { PoolConfig } from './pool.js';
import { contains, familyOf, formatPrefix, overlaps, parsePrefix } from './prefix.js';

/**
 * Checks the subnets of a new network.
 *
 * @throws INVALID_ARGUMENT with all errors, in dockerd's words
 */
export function checkPools(pools: readonly PoolConfig[], ipv6: boolean): void {
  if (pools.length > maxNetworkPools)
    throw new AttestdError('INVALID_ARGUMENT', `invalid network config: more than ${maxNetworkPools} subnets`);
  if (pools.some(({ AuxiliaryAddresses: others = {} }) => Object.keys(others).length > maxAuxiliaryAddresses))
    throw new AttestdError(
      'INVALID_ARGUMENT',
      `invalid network config: more than ${maxAuxiliaryAddresses} auxiliary addresses`,
    );
  const errors = pools.flatMap((pool) => [...check(pool, ipv6)]);
  if (errors.length > 0)
    throw new AttestdError('INVALID_ARGUMENT', `invalid network config:\n${errors.map(indent).join('\n')}`);
}

const indent = (fault: string): string => fault.split('\n').join('\n\t');

function* check(pool: PoolConfig, ipv6: boolean): Generator<string> {
  const { Subnet: subnet = '', IPRange: range = '', Gateway: gateway = '', AuxiliaryAddresses: others = {} } = pool;
  if (subnet === '') {
    // Without a subnet, no range or gateway can be valid.
    if (range !== '') yield `invalid ip-range ${range}: parent subnet invalid Prefix doesn't contain ip-range`;
    if (gateway !== '') yield `invalid gateway ${gateway}: parent subnet invalid Prefix doesn't contain this address`;
    return;
  }
  const prefix = parsePrefix(subnet);
  if (!ipv6 && prefix.family === 6) return;
  if (formatPrefix(prefix) !== subnet) yield `invalid subnet ${subnet}: it should be ${formatPrefix(prefix)}`;
  if (range !== '') yield* checkRange(range, subnet);
  const fault = (address: string): string | undefined => {
    if (address === '') return undefined;
    if (familyOf(address) !== prefix.family) return `parent subnet is an IPv${prefix.family} block`;
    return contains(prefix, address) ? undefined : `parent subnet ${subnet} doesn't contain this address`;
  };
  const wrong = fault(gateway);
  if (wrong !== undefined) yield `invalid gateway ${gateway}: ${wrong}`;
  for (const [name, address] of Object.entries(others)) {
    const reason = fault(address);
    if (reason !== undefined) yield `invalid auxiliary address ${name}: ${reason}`;
  }
}

function* checkRange(range: string, subnet: string): Generator<string> {
  const inner = parsePrefix(range);
  const outer = parsePrefix(subnet);
  if (inner.family !== outer.family) {
    yield `invalid ip-range ${range}: parent subnet is an IPv${outer.family} block`;
    return;
  }
  if (inner.bits < outer.bits) yield `invalid ip-range ${range}: CIDR block is bigger than its parent subnet ${subnet}`;
  if (formatPrefix(inner) !== range) yield `invalid ip-range ${range}: it should be ${formatPrefix(inner)}`;
  if (!overlaps(inner, outer)) yield `invalid ip-range ${range}: parent subnet ${subnet} doesn't contain ip-range`;
}
