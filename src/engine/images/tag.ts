import type { Descriptor } from '../../oci/descriptor.js';
import { danglingName } from '../../oci/index-file.js';
import {
  familiarName,
  familiarString,
  formatReference,
  type NamedReference,
  parseReference,
  tagNameOnly,
  withTag,
} from '../../oci/reference.js';
import type { ImageRecord } from '../../oci/store.js';
import { AttestdError } from '../../support/foundation/errors.js';
import type { Context } from '../context.js';
import { logImageEvent } from './events.js';
import { bestManifest } from './manifests.js';
import { imagesOf, resolveImage } from './names.js';

/**
 * A repository and tag as forms give them; the tag is `latest` where neither says one.
 *
 * @returns undefined without a repository
 * @throws INVALID_REFERENCE, INVALID_ARGUMENT with dockerd's text (docs/reference/behavior/images.md#tagging-an-image)
 */
export function repoTag(repo: string, tag: string): NamedReference | undefined {
  if (repo === '') return undefined;
  const reference = parseReference(repo);
  if (reference.digest !== undefined) throw new AttestdError('INVALID_ARGUMENT', 'cannot import digest reference');
  return tag === '' ? tagNameOnly(reference) : withTag(reference, tag);
}

/**
 * `POST /images/{name}/tag`.
 *
 * @returns `nothing` for a missing repository: dockerd answers 200 without effect
 * (docs/reference/behavior/images.md#tagging-an-image)
 * @throws INVALID_REFERENCE, INVALID_ARGUMENT; NOT_FOUND for any problem with the source
 */
export async function tagImage(
  context: Context,
  name: string,
  target: { readonly repo: string; readonly tag: string },
): Promise<'created' | 'nothing'> {
  const reference = repoTag(target.repo, target.tag);
  if (reference === undefined) return 'nothing';
  if (familiarName(reference) === 'sha256') {
    const reason = 'refusing to create an ambiguous tag using digest algorithm as name';
    throw new AttestdError('INVALID_ARGUMENT', reason);
  }
  const source = await readableImage(context, name);
  await nameImage(context, reference, source.target);
  return 'created';
}

/** Returns the image if it has a platform with a readable configuration. Any other image counts as not found. */
async function readableImage(context: Context, name: string): Promise<ImageRecord> {
  const { manifests: documents, store } = context;
  try {
    const image = resolveImage(store, name);
    const manifest = await bestManifest(context, image, 'strict', undefined);
    await documents.config((await documents.manifest(manifest)).config);
    return image;
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    throw new AttestdError('NOT_FOUND', error.message, { cause: error });
  }
}

/** Points a name to a target. The previous target stays as a dangling image if it has no other name. */
export async function nameImage(context: Context, reference: NamedReference, target: Descriptor): Promise<void> {
  const { store } = context;
  const name = formatReference(reference);
  const replaced = store.get(name);
  if (replaced?.target.digest === target.digest) {
    // The request that added the name may still wait for the disk.
    await store.kept();
  } else {
    if (replaced !== undefined) await keepDangling(context, replaced);
    await store.put(name, target);
    if (store.get(danglingName(target.digest)) !== undefined) await store.remove(danglingName(target.digest));
  }
  await logImageEvent(context, target.digest, familiarString(reference), 'tag');
}

/** Keeps an image without a name before its only name moves to another target. */
export async function keepDangling(context: Context, image: ImageRecord): Promise<void> {
  const { store } = context;
  const { digest } = image.target;
  if (imagesOf(store, digest).length > 1) return;
  await store.put(danglingName(digest), image.target);
}
