import { isDigest } from '../../oci/digest.js';
import { isDangling } from '../../oci/index-file.js';
import {
  familiarString,
  formatReference,
  isNamed,
  type NamedReference,
  parseAnyReference,
  parseReference,
  type Reference,
  repositoryName,
  tagNameOnly,
  truncatedId,
} from '../../oci/reference.js';
import type { ImageRecord, ImageStore } from '../../oci/store.js';
import { AttestdError } from '../../support/foundation/errors.js';

const danglingPrefix = 'moby-dangling@';

/** Whether a reference is the internal name of a dangling image. */
export function isDanglingReference(reference: string): boolean {
  return reference.startsWith(danglingPrefix);
}

/** The image's name as people write it; the digest where it has none. */
export function familiarNameOf(image: ImageRecord): string {
  if (isDangling(image)) return image.target.digest;
  const named = parseNamed(image.name);
  return named === undefined ? image.name : familiarString(named);
}

/** A name in its full form; undefined for one that is not, as archives may hold them. */
export function parseNamed(name: string): NamedReference | undefined {
  const named = parseNormalized(name);
  return named !== undefined && formatReference(named) === name ? named : undefined;
}

/** A name in any form; undefined for one that does not parse. */
export function parseNormalized(name: string): NamedReference | undefined {
  try {
    return parseReference(name);
  } catch {
    return undefined;
  }
}

/** dockerd's 404 for an image. */
export function noSuchImage(reference: Reference): AttestdError {
  const named = isNamed(reference) ? tagNameOnly(reference) : reference;
  return new AttestdError('NOT_FOUND', `No such image: ${familiarString(named)}`);
}

/** The images with a target, by name. */
export function imagesOf(store: ImageStore, digest: string): readonly ImageRecord[] {
  return store.withTarget(digest);
}

/** Returns the images that match a text as a name or a digest prefix. */
function candidates(store: ImageStore, name: string, id: string): readonly ImageRecord[] {
  const whole = (digest: string): boolean => /^sha256:[0-9a-fA-F]{64}$/.test(digest);
  return store
    .list()
    .filter(
      ({ name: known, target }) => known === name || (target.digest.startsWith(`sha256:${id}`) && whole(target.digest)),
    );
}

/**
 * Resolves a name, digest, id or short id (docs/reference/behavior/images.md#image-names).
 *
 * @throws NOT_FOUND, INVALID_REFERENCE with dockerd's texts (docs/reference/behavior/images.md#image-names)
 */
export function resolveImage(store: ImageStore, text: string): ImageRecord {
  const reference = parseAnyReference(text);
  if (reference.digest !== undefined) return resolveDigest(store, reference, reference.digest);
  const name = formatReference(tagNameOnly(reference as NamedReference));
  const exact = store.get(name);
  if (exact !== undefined) return exact;
  const id = truncatedId(text);
  if (id === undefined) throw noSuchImage(reference);
  const found = candidates(store, name, id);
  const [first] = found;
  if (first === undefined) throw noSuchImage(reference);
  if (new Set(found.map((image) => image.target.digest)).size > 1) throw ambiguous();
  return first;
}

function resolveDigest(store: ImageStore, reference: Reference, digest: string): ImageRecord {
  const images = imagesOf(store, digest);
  if (!isNamed(reference)) {
    const [first] = images;
    if (first === undefined) throw noSuchImage(reference);
    return first;
  }
  const repository = repositoryName(reference);
  const found = images.find((image) => {
    const named = parseNormalized(image.name);
    return named !== undefined && repositoryName(named) === repository;
  });
  if (found === undefined) throw noSuchImage(reference);
  return found;
}

function ambiguous(): AttestdError {
  return new AttestdError('NOT_FOUND', 'ambiguous reference');
}

/**
 * Images matched by a reference for deletion: the image with exactly that name, if any, and all images with the same
 * target.
 */
export interface Resolution {
  readonly image: ImageRecord | undefined;
  readonly all: readonly ImageRecord[];
}

/**
 * Resolves a reference as dockerd does before a deletion.
 *
 * @throws NOT_FOUND, INVALID_REFERENCE with dockerd's texts (docs/reference/behavior/images.md#deleting-an-image)
 */
export function resolveAll(store: ImageStore, text: string): Resolution {
  const reference = parseAnyReference(text);
  const id = truncatedId(text);
  if (id !== undefined && !isNamed(reference)) {
    const image = store.get(reference.digest);
    return sameTarget(store, reference, image, image?.target.digest ?? reference.digest);
  }
  if (id !== undefined) return resolveShortId(store, reference as NamedReference, id);
  if (!isNamed(reference)) throw new AttestdError('INVALID_REFERENCE', 'invalid name reference');
  const image = store.get(formatReference(tagNameOnly(reference)));
  if (image === undefined && reference.digest === undefined) throw noSuchImage(reference);
  return sameTarget(store, reference, image, image?.target.digest ?? (reference.digest as string));
}

function resolveShortId(store: ImageStore, reference: NamedReference, id: string): Resolution {
  const name = formatReference(tagNameOnly(reference));
  const found = candidates(store, name, id);
  const [first] = found;
  if (first === undefined) throw noSuchImage(reference);
  if (found.some((image) => image.target.digest !== first.target.digest)) throw ambiguous();
  const image = found.find((candidate) => candidate.name === name);
  if (image === undefined || found.length > 1) return { image, all: found };
  return sameTarget(store, reference, image, image.target.digest);
}

function sameTarget(
  store: ImageStore,
  reference: Reference,
  image: ImageRecord | undefined,
  digest: string,
): Resolution {
  const all = imagesOf(store, digest);
  if (all.length === 0) throw noSuchImage(reference);
  return { image, all };
}

/**
 * Removes a name, unless another request has removed or moved it since the lookup.
 *
 * @returns whether it was removed
 */
export async function takeName(store: ImageStore, { name, target }: ImageRecord): Promise<boolean> {
  if (store.get(name)?.target.digest !== target.digest) return false;
  await store.remove(name);
  return true;
}

/** The name with the digest of its image: `busybox@sha256:…`; undefined where the digest is malformed. */
export function familiarDigested(named: NamedReference, digest: string): string | undefined {
  if (!isDigest(digest)) return undefined;
  const { domain, path } = named;
  return familiarString({ domain, path, digest });
}
