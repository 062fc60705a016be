import { randomBytes } from 'node:crypto';
import { AttestdError } from '../../errors.js';
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

/** What is known of a subnet's addresses (`IPAMConfig`). */
export interface PoolConfig {
  Subnet?: string;
  IPRange?: string;
  Gateway?: string;
  AuxiliaryAddresses?: Record<string, string>;
}

/** The addresses of one subnet of a network. */
export class Pool {
  readonly prefix: Prefix;
  readonly gateway: string;
  readonly config: PoolConfig;
  readonly #range: Prefix;
  readonly #taken = new Set<bigint>();

  /** @param config with a subnet */
  constructor(config: PoolConfig & { Subnet: string }) {
    this.prefix = parsePrefix(config.Subnet);
    this.#range = config.IPRange ? parsePrefix(config.IPRange) : this.prefix;
    const { family, base } = this.prefix;
    this.#taken.add(base);
    // The last address of an IPv4 subnet is its broadcast address.
    if (family === 4) this.#taken.add(lastOf(this.prefix));
    for (const address of Object.values(config.AuxiliaryAddresses ?? {})) this.#taken.add(addressNumber(address));
    this.gateway = config.Gateway || formatNumber(family, base + 1n);
    this.#taken.add(addressNumber(this.gateway));
    this.config = config;
  }

  /** As the API shows it. */
  get subnet(): string {
    return formatPrefix(this.prefix);
  }

  get inUse(): number {
    return this.#taken.size;
  }

  /** How many addresses can be given out by themselves. */
  get available(): bigint {
    let taken = 0n;
    const last = lastOf(this.#range);
    for (const number of this.#taken) if (number >= this.#range.base && number <= last) taken++;
    return sizeOf(this.#range) - taken;
  }

  /**
   * Take an address.
   *
   * @param wanted the lowest free one without it
   * @throws FORBIDDEN when it is taken; INTERNAL when none is left
   */
  take(wanted = ''): string {
    if (wanted !== '') {
      const number = addressNumber(wanted);
      if (this.#taken.has(number)) throw new AttestdError('FORBIDDEN', 'Address already in use');
      this.#taken.add(number);
      return wanted;
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

/** Blocks that networks without a subnet of their own get, in dockerd's order. */
function* defaultBlocks(): Generator<Prefix> {
  for (let second = 17; second <= 31; second++) yield parsePrefix(`172.${second}.0.0/16`);
  for (let third = 0; third < 256; third += 16) yield parsePrefix(`192.168.${third}.0/20`);
}

/**
 * A subnet that no network has.
 *
 * @param used those of the other networks
 * @throws NOT_FOUND when all are taken
 */
export function freeSubnet(used: readonly Prefix[]): string {
  for (const block of defaultBlocks()) if (!used.some((other) => overlaps(block, other))) return formatPrefix(block);
  throw new AttestdError('NOT_FOUND', 'all predefined address pools have been fully subnetted');
}

/** A unique local IPv6 subnet of 64 bits. */
export function freeSubnet6(): string {
  const base = (0xfdn << 120n) | (BigInt(`0x${randomBytes(7).toString('hex')}`) << 64n);
  return formatPrefix({ family: 6, base, bits: 64 });
}
