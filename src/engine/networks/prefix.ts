import { createRequire } from 'node:module';
import { isIPv6 } from 'node:net';

const require = createRequire(import.meta.url);

/** Loaded for the first address that is not plain IPv4, so that a start does not read the library. */
const library = (): typeof import('ip-address') => require('ip-address') as typeof import('ip-address');

const plainAddress = /^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/;
const byte = 8n;
const byteShifts = [24n, 16n, byte, 0n] as const;

/** A block of addresses. */
export interface Prefix {
  readonly family: 4 | 6;
  /** The first address, as a number. */
  readonly base: bigint;
  /** Bits that are fixed. */
  readonly bits: number;
}

type Family = 4 | 6;

const width = (family: Family): number => (family === 4 ? 32 : 128);

/** An address as a number. */
export function addressNumber(text: string): bigint {
  const parts = plainAddress.test(text) ? text.split('.').map(Number) : [];
  if (parts.length > 0 && parts.every((part) => part < 256))
    return parts.reduce((number, part) => (number << byte) + BigInt(part), 0n);
  if (isIPv6(text) && !/[.%]/.test(text)) return number6(text);
  const { Address4, Address6 } = library();
  return familyOf(text) === 4 ? new Address4(text).bigInt() : new Address6(text).bigInt();
}

/** A request may contain tens of thousands of addresses. The library is too slow for that many. */
function number6(text: string): bigint {
  const [head = '', tail] = text.split('::');
  const groups = (part: string): string[] =>
    part === '' ? [] : part.split(':').map((group) => group.padStart(4, '0'));
  const [first, last] = [groups(head), groups(tail ?? '')];
  const zeros = Array(8 - first.length - last.length).fill('0000');
  return BigInt(`0x${[...first, ...zeros, ...last].join('')}`);
}

/** A number as an address, IPv6 in its shortest form. */
export function formatNumber(family: Family, number: bigint): string {
  if (family === 4) return byteShifts.map((shift) => (number >> shift) & 255n).join('.');
  return library().Address6.fromBigInt(number).correctForm();
}

/** Whether an address is one of IPv4 or IPv6. */
export function familyOf(text: string): Family {
  return text.includes(':') ? 6 : 4;
}

/** Parses a prefix. Ignores its host bits. */
export function parsePrefix(text: string): Prefix {
  const [address = '', length = ''] = text.split('/');
  const family = familyOf(address);
  const bits = Number(length);
  const host = BigInt(width(family) - bits);
  return { family, base: (addressNumber(address) >> host) << host, bits };
}

/** Formats a block. */
export function formatPrefix({ family, base, bits }: Prefix): string {
  return `${formatNumber(family, base)}/${bits}`;
}

/** Number of addresses in a block. */
export function sizeOf({ family, bits }: Prefix): bigint {
  return 1n << BigInt(width(family) - bits);
}

/** The last address of a block. */
export function lastOf(prefix: Prefix): bigint {
  return prefix.base + sizeOf(prefix) - 1n;
}

/** Whether a block contains an address. */
export function contains(prefix: Prefix, address: string): boolean {
  if (familyOf(address) !== prefix.family) return false;
  const number = addressNumber(address);
  return number >= prefix.base && number <= lastOf(prefix);
}

/** Whether two blocks have addresses in common. */
export function overlaps(a: Prefix, b: Prefix): boolean {
  return a.family === b.family && a.base <= lastOf(b) && b.base <= lastOf(a);
}
