import { createHash, type Hash } from 'node:crypto';
import { AttestdError } from '../support/foundation/errors.js';

/** Hex digits of each algorithm that the store can compute. */
const lengths: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/** Algorithms of the digests that the store can compute. */
export const algorithms = Object.keys(lengths);

const grammar = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/;

/** A digest taken apart. */
export interface Digest {
  readonly algorithm: string;
  /** Lower-case hex. */
  readonly encoded: string;
}

/**
 * Take a digest apart (image-spec, descriptor.md, "Digests").
 *
 * @param text `algorithm:hex`
 * @throws AttestdError INVALID_DIGEST, worded as daemons do: wrong form, wrong length, or an unknown algorithm
 */
export function parseDigest(text: string): Digest {
  const fault = digestFault(text);
  if (fault !== undefined) throw new AttestdError('INVALID_DIGEST', fault);
  const colon = text.indexOf(':');
  return { algorithm: text.slice(0, colon), encoded: text.slice(colon + 1) };
}

/** Whether a text is a digest that the store can verify. */
export const isDigest = (text: string): boolean => digestFault(text) === undefined;

function digestFault(text: string): string | undefined {
  const malformed = 'invalid checksum digest format';
  const colon = text.indexOf(':');
  if (colon <= 0 || colon + 1 === text.length) return malformed;
  const algorithm = text.slice(0, colon);
  const length = Object.hasOwn(lengths, algorithm) ? lengths[algorithm] : undefined;
  if (length === undefined) return grammar.test(text) ? 'unsupported digest algorithm' : malformed;
  const encoded = text.slice(colon + 1);
  if (Buffer.byteLength(encoded) !== length) return 'invalid checksum digest length';
  return /^[a-f0-9]+$/.test(encoded) ? undefined : malformed;
}

/**
 * A running hash.
 *
 * @param algorithm sha256, sha384 or sha512
 * @throws AttestdError INVALID_DIGEST for any other
 */
export function hasher(algorithm = 'sha256'): Hash {
  if (!Object.hasOwn(lengths, algorithm)) throw new AttestdError('INVALID_DIGEST', 'unsupported digest algorithm');
  return createHash(algorithm);
}

/** The digest of bytes. */
export function digestOf(bytes: Uint8Array | string, algorithm = 'sha256'): string {
  return `${algorithm}:${hasher(algorithm).update(bytes).digest('hex')}`;
}
