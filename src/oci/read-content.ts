import { createHash } from 'node:crypto';
import { AttestdError } from '../support/foundation/errors.js';
import type { ContentStore } from './content-store.js';
import type { Descriptor } from './descriptor.js';

/** The daemon's error for a blob that its store lacks (docs/reference/behavior/attestations.md#missing-or-broken-content). */
export function missingContent(digest: string): AttestdError {
  return new AttestdError('NOT_FOUND', `NotFound: content digest ${digest}: not found`);
}

/**
 * The content that a descriptor carries itself, where it is what the descriptor says (image-spec, descriptor.md,
 * "Embedded Content"); wrong inline data is ignored.
 */
export function inlineData(descriptor: Descriptor): Buffer | undefined {
  if (descriptor.data === undefined) return undefined;
  const data = Buffer.from(descriptor.data, 'base64');
  if (data.length !== descriptor.size) return undefined;
  return `sha256:${createHash('sha256').update(data).digest('hex')}` === descriptor.digest ? data : undefined;
}

/** Whether the store's error says that a blob is not there; a malformed digest names no blob. */
export function isMissing(error: unknown): boolean {
  return error instanceof AttestdError && (error.code === 'NOT_FOUND' || error.code === 'INVALID_DIGEST');
}

/**
 * The bytes behind a descriptor: inline, else from the store, whole, whatever size the descriptor gives.
 *
 * @throws NOT_FOUND with the daemon's text
 */
export async function readContent(content: ContentStore, descriptor: Descriptor): Promise<Buffer> {
  const data = inlineData(descriptor);
  if (data !== undefined) return data;
  try {
    return await content.bytes(descriptor.digest);
  } catch (error) {
    throw isMissing(error) ? missingContent(descriptor.digest) : error;
  }
}
