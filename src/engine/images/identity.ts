import type { Platform } from '../../oci/descriptor.js';
import { formatPlatformAll } from '../../oci/platform.js';
import type { components } from '../../support/foundation/types.js';
import type { Context } from '../context.js';
import type { Wire } from '../wire.js';

type SignatureIdentity = Wire<components['schemas']['SignatureIdentity']>;
type ImageIdentity = Wire<components['schemas']['Identity']>;

/**
 * Returns the verified signature of an image's attestations for a platform. Undefined without a signature. Called only
 * with a trusted root (docs/reference/behavior/images.md#image-identity).
 */
export type SignatureReader = (
  context: Context,
  digest: string,
  platform: Platform,
) => Promise<SignatureIdentity | undefined>;

/**
 * Returns the origin of an image that the daemon observed or verified
 * (docs/reference/behavior/images.md#image-identity). It belongs to the content and does not depend on names.
 *
 * @param digest of the image
 * @param platform of the signature; undefined if the image has no manifest for it
 * @returns undefined if the origin is unknown
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
