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

/** Converts a reference to the members of a policy input. */
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
 * Returns the reference members of a policy input.
 *
 * @param image name, name@digest, id or id prefix
 * @param digest digest that the name was resolved to. It distinguishes an id from a name.
 * @throws AttestdError INVALID_REFERENCE, INVALID_DIGEST
 */
export function imageReference(image: string, digest: string): PolicyImage {
  const id = truncatedId(image);
  if (id !== undefined && digest.startsWith(`sha256:${id}`)) return { ref: digest, isCanonical: true };
  const reference = parseAnyReference(image);
  return isNamed(reference) ? describeReference(tagNameOnly(reference)) : { ref: digest, isCanonical: true };
}
