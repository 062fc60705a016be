import { randomBytes } from 'node:crypto';

const digits = '0123456789abcdefghijklmnopqrstuvwxyz';
/** Bytes that are a whole number of turns through the digits; others are drawn again. */
const fair = 256 - (256 % digits.length);
const idLength = 25;

/** Returns a random swarm object id of 25 base-36 digits. */
export function newSwarmId(): string {
  let id = '';
  while (id.length < idLength)
    for (const byte of randomBytes(idLength))
      if (byte < fair && id.length < idLength) id += digits[byte % digits.length];
  return id;
}

/**
 * Encodes bytes as one number in base 36.
 *
 * @param length minimum digits, padded with zeros
 */
export function base36(bytes: Buffer, length: number): string {
  return BigInt(`0x${bytes.toString('hex')}`)
    .toString(36)
    .padStart(length, '0');
}
