import type { Descriptor, Platform } from '../../oci/descriptor.js';
import { danglingName, isDangling } from '../../oci/index-file.js';
import { isIndexType, isManifestType } from '../../oci/media-types.js';
import { formatPlatform } from '../../oci/platform.js';
import {
  familiarString,
  type NamedReference,
  parseAnyReference,
  type Reference,
  repositoryName,
} from '../../oci/reference.js';
import type { ImageRecord } from '../../oci/store.js';
import { present, walk } from '../../oci/walk.js';
import { AttestdError } from '../../support/foundation/errors.js';
import type { ImageDeleteResponseItem } from '../../support/foundation/types.js';
import { usersOf } from '../containers/create/users.js';
import type { Context } from '../context.js';
import type { RemoveOptions } from '../types.js';
import type { Wire } from '../wire.js';
import { logImageEvent, logNameEvent } from './events.js';
import { bestMatch, matcherFor, platformNotFound } from './manifests.js';
import {
  familiarNameOf,
  imagesOf,
  isDanglingReference,
  noSuchImage,
  parseNamed,
  parseNormalized,
  resolveAll,
  resolveImage,
  takeName,
} from './names.js';

/** The images and names to delete. */
interface Plan {
  readonly id: string;
  /** The image of that very name, which a container may have been made by. */
  readonly named?: ImageRecord;
  /** Only these names go, the image stays. */
  readonly untag?: readonly ImageRecord[];
  /** All names go, and the image; several names are a conflict unless `several`. */
  readonly all: readonly ImageRecord[];
  readonly several: boolean;
}

/**
 * `DELETE /images/{name}` (docs/reference/behavior/images.md#deleting-an-image): removes a name and, with the last
 * name, the image.
 *
 * @throws NOT_FOUND, INVALID_REFERENCE; CONFLICT for an id with several names without force; INVALID_ARGUMENT for
 * platforms without force and, on the experimental channel, for the attestations of an image
 */
export async function removeImage(
  context: Context,
  name: string,
  options: RemoveOptions = {},
): Promise<readonly Wire<ImageDeleteResponseItem>[]> {
  const { force = false, noprune = false, platforms = [] } = options;
  rejectAttestations(context, name);
  if (platforms.length > 0 && !force) {
    const reason = 'Content will be removed from all images referencing this variant. Use —-force to force delete.';
    throw new AttestdError('INVALID_ARGUMENT', reason);
  }
  const plan = makePlan(context, name, force);
  if (plan.named !== undefined && plan.untag === undefined) {
    const inUse = await retainUsed(context, plan, plan.named, force);
    if (inUse !== undefined && platforms.length === 0) return inUse;
  }
  if (platforms.length > 0) return removePlatforms(context, plan.id, platforms);
  const reference = parseAnyReference(name);
  const records =
    plan.untag === undefined
      ? await removeAll(context, plan, { force, noprune, reference })
      : await untag(context, plan.untag, reference);
  deleteOrigin(context, plan.id);
  await context.store.collect({ soon: true });
  return records;
}

/**
 * Deletes the recorded origin of an image once its last name is gone
 * (docs/reference/behavior/images.md#image-identity).
 */
export function deleteOrigin({ store, lineage }: Context, digest: string): void {
  if (imagesOf(store, digest).length === 0) lineage.deleteRepositories(digest);
}

/** Attestations cannot be deleted. dockerd treats the whole path as an image name (docs/explanation/deviations.md). */
function rejectAttestations({ channel }: Context, name: string): void {
  if (channel === 'standard' || !name.endsWith('/attestations')) return;
  const reason = `attestations cannot be deleted; to delete an image named "${name}", give its tag or its ID`;
  throw new AttestdError('INVALID_ARGUMENT', reason);
}

function makePlan({ store }: Context, text: string, force: boolean): Plan {
  const { image, all } = resolveAll(store, text);
  const id = ((image ?? all[0]) as ImageRecord).target.digest;
  const byId = isIdPrefix(id, text);
  if (image === undefined) {
    const named = byId ? undefined : parseNormalized(text);
    const same = sameReferences(named, all);
    if (same.length === 0 && named !== undefined) throw noSuchImage(named);
    if (named !== undefined && same.length !== all.length) return { id, untag: same, all, several: force };
    return { id, all, several: force || same.length === all.length };
  }
  if (byId || (isDanglingReference(text) && isDangling(image))) return { id, all, several: force };
  const same = sameReferences(parseNormalized(image.name), all);
  if (same.length !== all.length) return { id, untag: same, all, several: force };
  return { id, named: image, all, several: true };
}

/** Whether a text is a prefix of an image's id, with or without algorithm. */
function isIdPrefix(id: string, text: string): boolean {
  return id.startsWith(text) || id.slice(id.indexOf(':') + 1).startsWith(text);
}

/**
 * Selects the images that a name refers to, among those with one target: the same repository and tag; all tags if the
 * name has a digest; dangling images; and digest-only names if the repository has no other tag.
 */
function sameReferences(named: NamedReference | undefined, images: readonly ImageRecord[]): readonly ImageRecord[] {
  const same: ImageRecord[] = [];
  let search = named;
  let tag = named?.tag;
  let digested: ImageRecord[] | undefined = [];
  const allTags = named !== undefined && named.tag === undefined && named.digest !== undefined;
  for (const image of images) {
    const known = isDangling(image) ? undefined : parseNamed(image.name);
    if (known === undefined) {
      same.push(image);
      continue;
    }
    if (search === undefined) {
      search = known;
      tag = known.tag;
    } else if (repositoryName(search) !== repositoryName(known)) continue;
    else if (!allTags && known.tag === undefined) {
      digested?.push(image);
      continue;
    } else if (!allTags) {
      tag ??= known.tag;
      if (tag !== known.tag) {
        digested = undefined;
        continue;
      }
    }
    same.push(image);
  }
  return [...same, ...(digested ?? [])];
}

async function untag(
  context: Context,
  images: readonly ImageRecord[],
  reference: Reference,
): Promise<readonly Wire<ImageDeleteResponseItem>[]> {
  const records: Wire<ImageDeleteResponseItem>[] = [];
  let taken = false;
  for (const image of images) {
    if (!(await takeName(context.store, image))) continue;
    taken = true;
    const named = parseNormalized(image.name);
    if (named === undefined) continue;
    const familiar = familiarString(named);
    logNameEvent(context, image, familiar, 'untag');
    records.push({ Untagged: familiar });
  }
  if (!taken && images.length > 0) throw noSuchImage(reference);
  return records;
}

async function removeAll(
  context: Context,
  { id, all, several }: Plan,
  { force, noprune, reference }: { force: boolean; noprune: boolean; reference: Reference },
): Promise<readonly Wire<ImageDeleteResponseItem>[]> {
  const records: Wire<ImageDeleteResponseItem>[] = [];
  const short = shortId(id);
  let taken = false;
  for (const image of all) {
    // Checked before the remaining names are removed, so that a rejection changes nothing.
    if (!taken) rejectUsed(context, id, force);
    if (!several && all.length > 1) {
      const reason = `conflict: unable to delete ${short} (must be forced) - image is referenced in multiple repositories`;
      throw new AttestdError('CONFLICT', reason);
    }
    const familiar = familiarOf(image);
    if (!(await takeName(context.store, image))) continue;
    taken = true;
    if (isDangling(image)) continue;
    logNameEvent(context, image, familiar, 'untag');
    records.push({ Untagged: familiar });
  }
  if (!taken) throw noSuchImage(reference);
  await logImageEvent(context, id, id, 'delete');
  return [...records, { Deleted: id }, ...(noprune ? [] : await removeParents(context, id))];
}

const shortId = (id: string): string => id.slice(id.indexOf(':') + 1).slice(0, 12);

/** Removes ancestors that have no name and no other user. */
async function removeParents(context: Context, id: string): Promise<readonly Wire<ImageDeleteResponseItem>[]> {
  const { lineage, store } = context;
  const records: Wire<ImageDeleteResponseItem>[] = [];
  for (const parent of lineage.ancestors(id)) {
    const images = imagesOf(store, parent);
    const needed = lineage.children(parent).some((child) => imagesOf(store, child).length > 0);
    if (images.length !== 1 || !images.every(isDangling) || needed || usersOf(context, parent).length > 0) break;
    if (!(await takeName(store, images[0] as ImageRecord))) break;
    await logImageEvent(context, parent, parent, 'delete');
    records.push({ Deleted: parent });
  }
  return records;
}

/**
 * A container created by the image's only name prevents the deletion. With force, the name is removed and the image
 * becomes dangling.
 *
 * @returns the forced changes; undefined if no container uses the name
 * @throws CONFLICT
 */
async function retainUsed(
  context: Context,
  { id, all }: Plan,
  named: ImageRecord,
  force: boolean,
): Promise<readonly Wire<ImageDeleteResponseItem>[] | undefined> {
  const [user] = usersOf(context, id);
  if (user === undefined) return undefined;
  const familiar = familiarOf(named);
  if (!force) {
    const what = `container ${shortId(user.id)} is using its referenced image ${shortId(id)}`;
    throw new AttestdError('CONFLICT', `conflict: unable to delete ${familiar} (must be forced) - ${what}`);
  }
  if (all.length === 1) await context.store.put(danglingName(id), named.target);
  if (!(await takeName(context.store, named))) throw noSuchImage(parseAnyReference(named.name));
  logNameEvent(context, named, familiar, 'untag');
  return [{ Untagged: familiar }];
}

/**
 * Rejects the deletion of an image that a running container uses and, without force, of one that a stopped container
 * uses.
 */
function rejectUsed(context: Context, id: string, force: boolean): void {
  const users = context.containers.list().filter(({ imageId }) => imageId === id);
  const running = users.find(({ state }) => state.running);
  const [stopped] = force ? [] : users;
  const user = running ?? stopped;
  if (user === undefined) return;
  const how = running === undefined ? 'must be forced' : 'cannot be forced';
  const what = `image is being used by ${running === undefined ? 'stopped' : 'running'} container ${shortId(user.id)}`;
  throw new AttestdError('CONFLICT', `conflict: unable to delete ${shortId(id)} (${how}) - ${what}`);
}

/**
 * The name as people write it; an image with a malformed one cannot be deleted (docs/reference/behavior/images.md#deleting-an-image).
 */
function familiarOf(image: ImageRecord): string {
  try {
    return familiarString(parseAnyReference(image.name));
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    throw new AttestdError('INTERNAL', error.message, { cause: error });
  }
}

/** Deletes the blobs of single platforms even if other images refer to them. The index stays. */
async function removePlatforms(
  context: Context,
  id: string,
  platforms: readonly Platform[],
): Promise<readonly Wire<ImageDeleteResponseItem>[]> {
  const { manifests: documents, store } = context;
  const records: Wire<ImageDeleteResponseItem>[] = [];
  for (const platform of platforms) {
    const found: Descriptor[] = [];
    try {
      const image = resolveImage(store, id);
      const manifest = await bestMatch(documents, image, matcherFor(context, 'strict', platform));
      // dockerd does not say which platform it looked for.
      if (manifest === undefined) throw platformNotFound(familiarNameOf(image), undefined);
      await walk(
        manifest,
        present(documents, (descriptor) => void found.push(descriptor)),
      );
    } catch (error) {
      if (!(error instanceof AttestdError)) throw error;
      const what = `failed to delete platform ${formatPlatform(platform)} for image ${id}`;
      throw new AttestdError(error.code, `${what}: ${error.message}`, { cause: error });
    }
    for (const { digest, mediaType } of found) {
      if (!(await documents.has(digest))) continue;
      await store.content.delete(digest);
      if (isIndexType(mediaType) || isManifestType(mediaType)) records.push({ Deleted: digest });
    }
  }
  return records;
}
