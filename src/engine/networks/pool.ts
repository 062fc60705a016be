import { randomBytes } from 'node:crypto';
import { AttestdError } from '../../support/foundation/errors.js';
import type { AddressPool } from '../settings.js';
import {
  addressNumber,
  contains,
  formatNumber,
  formatPrefix,
  lastOf,
  overlaps,
  type Prefix,
  parsePrefix,
  sizeOf,
} from './prefix.js';

/** The address configuration of a subnet (`IPAMConfig`). */
export interface PoolConfig {
  Subnet?: string;
  IPRange?: string;
  Gateway?: string;
  AuxiliaryAddresses?: Record<string, string>;
}

/** The addresses of one subnet of a network. */
export class Pool {
  readonly prefix: Prefix;
  /** Empty for none. */
  readonly gateway: string;
  readonly config: PoolConfig;
  readonly #range: Prefix;
  readonly #taken = new Set<bigint>();

  /**
   * @param config with a subnet
   *
   * @param gatewayless whether to omit the default gateway
   * @throws INTERNAL for reserved addresses that conflict
   */
  constructor(config: PoolConfig & { Subnet: string }, gatewayless = false) {
    this.prefix = parsePrefix(config.Subnet);
    this.#range = config.IPRange ? parsePrefix(config.IPRange) : this.prefix;
    const { family, base } = this.prefix;
    // Two addresses, or one, are all for use; the last address of other IPv4 subnets is their broadcast address.
    if (sizeOf(this.prefix) > 2n) {
      this.#taken.add(base);
      if (family === 4) this.#taken.add(lastOf(this.prefix));
    }
    if (config.Gateway) this.#reserve(config.Gateway, `gateway (${config.Gateway})`);
    this.gateway = config.Gateway || (gatewayless ? '' : this.take());
    for (const [name, address] of Object.entries(config.AuxiliaryAddresses ?? {}).sort())
      this.#reserve(address, `secondary ip address (${name}:${address})`);
    this.config = config;
  }

  #reserve(address: string, what: string): void {
    const number = addressNumber(address);
    if (this.#taken.has(number))
      throw new AttestdError('INTERNAL', `failed to allocate ${what}: Address already in use`);
    this.#taken.add(number);
  }

  /** As the API shows it. */
  get subnet(): string {
    return formatPrefix(this.prefix);
  }

  get inUse(): number {
    return this.#taken.size;
  }

  /** Number of addresses that can be assigned automatically. */
  get available(): bigint {
    let taken = 0n;
    const last = lastOf(this.#range);
    for (const number of this.#taken) if (number >= this.#range.base && number <= last) taken++;
    return sizeOf(this.#range) - taken;
  }

  /**
   * Assigns an address.
   *
   * @param requested Default: the lowest free address.
   * @throws FORBIDDEN for an address in use; INTERNAL if none is free
   */
  take(requested = ''): string {
    if (requested !== '') {
      const number = addressNumber(requested);
      if (this.#taken.has(number)) throw new AttestdError('FORBIDDEN', 'Address already in use');
      this.#taken.add(number);
      return requested;
    }
    const last = lastOf(this.#range);
    for (let number = this.#range.base; number <= last; number++) {
      if (this.#taken.has(number)) continue;
      this.#taken.add(number);
      return formatNumber(this.prefix.family, number);
    }
    throw new AttestdError('INTERNAL', "no available IPv4 addresses on this network's address pools");
  }

  /** Give an address back. */
  release(address: string): void {
    if (contains(this.prefix, address)) this.#taken.delete(addressNumber(address));
  }
}

/** Default address pools in dockerd's order. */
const defaultPools: readonly AddressPool[] = [
  ...Array.from({ length: 15 }, (_, at) => ({ base: parsePrefix(`172.${17 + at}.0.0/16`), bits: 16 })),
  { base: parsePrefix('192.168.0.0/16'), bits: 20 },
];

/** Whether a subnet requests any block of its size: `0.0.0.0/24`, or `0.0.0.0/0` for the default size. */
export const isAnyBlock = (subnet: string): boolean => /^0\.0\.0\.0\//.test(subnet);

/**
 * The pools, to be cut into blocks of a size.
 *
 * @param bits 0 for the pools' own
 * @throws INVALID_ARGUMENT for blocks that are larger than any pool
 */
export function poolsOf(bits: number, pools = defaultPools): readonly AddressPool[] {
  if (bits === 0) return pools;
  const fitting = pools.filter(({ base }) => base.bits <= bits).map(({ base }) => ({ base, bits }));
  if (fitting.length === 0) throw new AttestdError('INVALID_ARGUMENT', 'invalid address pool');
  return fitting;
}

/** Returns the first block of a pool that does not overlap with a used one. */
function freeBlock({ base, bits }: AddressPool, used: readonly Prefix[]): Prefix | undefined {
  const size = sizeOf({ ...base, bits });
  for (let at = base.base; at <= lastOf(base); ) {
    const block = { family: base.family, base: at, bits };
    const other = used.find((prefix) => overlaps(block, prefix));
    if (other === undefined) return block;
    // Skips the whole used block, which may contain millions of candidates.
    at = ((lastOf(other) + size) / size) * size;
  }
  return undefined;
}

/**
 * Returns a free subnet.
 *
 * @param used subnets of the other networks
 * @throws NOT_FOUND if none is free
 */
export function freeSubnet(used: readonly Prefix[], pools = defaultPools): string {
  for (const pool of pools) {
    const block = freeBlock(pool, used);
    if (block !== undefined) return formatPrefix(block);
  }
  throw new AttestdError('NOT_FOUND', 'all predefined address pools have been fully subnetted');
}

/** Returns a random unique local IPv6 prefix of 48 bits for the subnets of networks. */
export function uniqueLocal(): bigint {
  return (0xfdn << 120n) | (BigInt(`0x${randomBytes(5).toString('hex')}`) << 80n);
}

/**
 * Returns the first free IPv6 subnet of 64 bits.
 *
 * @param local a result of `uniqueLocal`
 * @param used subnets of the other networks
 */
export function freeSubnet6(local: bigint, used: readonly Prefix[]): string {
  for (let number = 0n; ; number++) {
    const block: Prefix = { family: 6, base: local | (number << 64n), bits: 64 };
    if (!used.some((other) => overlaps(block, other))) return formatPrefix(block);
  }
}
