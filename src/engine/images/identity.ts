import type { Platform } from '../../oci/descriptor.js';
import { formatPlatformAll } from '../../oci/platform.js';
import type { components } from '../../support/foundation/types.js';
import type { Context } from '../context.js';
import type { Wire } from '../wire.js';

type SignatureIdentity = Wire<components['schemas']['SignatureIdentity']>;
type ImageIdentity = Wire<components['schemas']['Identity']>;

/**
 * What is known of the signature of an image's attestations for a platform; undefined without one. Asked where a trusted root is
 * given (docs/reference/behavior/images.md#image-identity).
 */
export type SignatureReader = (
  context: Context,
  digest: string,
  platform: Platform,
) => Promise<SignatureIdentity | undefined>;

/**
 * Where an image came from, as far as the daemon has seen or verified it (docs/reference/behavior/images.md#image-identity): of its content, so
 * that no name changes it.
 *
 * @param digest of the image
 * @param platform whose signature is meant; none where the image has no manifest for it
 * @returns undefined where nothing is known
 */
export async function identityOf(
  context: Context,
  digest: string,
  platform: Platform | undefined,
): Promise<ImageIdentity | undefined> {
  const pulled = context.lineage.repositories(digest).map((Repository) => ({ Repository }));
  const signature = platform && (await signatureOf(context, digest, platform));
  if (pulled.length === 0 && signature === undefined) return undefined;
  return { Signature: signature && [signature], Pull: pulled.length > 0 ? pulled : undefined };
}

async function signatureOf(
  context: Context,
  digest: string,
  platform: Platform,
): Promise<SignatureIdentity | undefined> {
  try {
    return await context.signatures?.(context, digest, platform);
  } catch (error) {
    const where = `${digest} ${formatPlatformAll(platform)}`;
    context.debug(`the signature of ${where} cannot be looked at: ${(error as Error).message}`);
    return undefined;
  }
}
