import {
  familiarName,
  formatReference,
  isNamed,
  type NamedReference,
  parseAnyReference,
  repositoryName,
  tagNameOnly,
  truncatedId,
} from '../oci/reference.js';
import type { PolicyImage } from './types.js';

/** How a policy sees a reference. */
export function describeReference(named: NamedReference): PolicyImage {
  return {
    ref: formatReference(named),
    host: named.domain,
    repo: familiarName(named),
    fullRepo: repositoryName(named),
    ...(named.tag !== undefined && { tag: named.tag }),
    ...(named.digest !== undefined && { isCanonical: true }),
  };
}

/**
 * The reference members of a policy's input for what somebody called an image.
 *
 * @param image name, name@digest, id or the beginning of one
 * @param digest what it was resolved to, which tells an id from a name
 * @throws AttestdError INVALID_REFERENCE, INVALID_DIGEST
 */
export function imageReference(image: string, digest: string): PolicyImage {
  const id = truncatedId(image);
  if (id !== undefined && digest.startsWith(`sha256:${id}`)) return { ref: digest, isCanonical: true };
  const reference = parseAnyReference(image);
  return isNamed(reference) ? describeReference(tagNameOnly(reference)) : { ref: digest, isCanonical: true };
}
