import { AttestdError } from '../../errors.js';
import type { Descriptor } from '../../oci/descriptor.js';
import { isIndexType, isManifestType } from '../../oci/media-types.js';
import {
  familiarName,
  familiarString,
  formatReference,
  isNameOnly,
  type NamedReference,
  parseReference,
  repositoryName,
  withTag,
} from '../../oci/reference.js';
import { present, walk } from '../../oci/walk.js';
import type { Context } from '../context.js';
import type { PushOptions, StreamMessage } from '../types.js';
import { noNetwork, registryOf } from './endpoint.js';

/**
 * `POST /images/{name}/push`. There is no registry to push to, so every push ends with an error in the stream.
 *
 * @throws INVALID_REFERENCE
 */
export async function pushImage(
  context: Context,
  name: string,
  { tag = '' }: PushOptions,
): Promise<AsyncIterable<StreamMessage>> {
  const parsed = parseReference(name);
  if (tag !== '' && parsed.digest !== undefined)
    throw new AttestdError('INVALID_ARGUMENT', 'cannot import digest reference');
  return push(context, tag === '' ? parsed : withTag(parsed, tag));
}

async function* push(context: Context, reference: NamedReference): AsyncGenerator<StreamMessage> {
  const { store, documents } = context;
  const all = isNameOnly(reference);
  const repository = repositoryName(reference);
  const images = all
    ? store.list().filter((image) => image.name.startsWith(`${repository}:`))
    : [store.get(formatReference(reference))].filter((image) => image !== undefined);
  yield { status: `The push refers to repository [${repository}]` };
  const [image] = images;
  if (image === undefined) {
    const wanted = all ? familiarName(reference) : familiarString(reference);
    yield failure(all ? 'An image does not exist locally with the tag: ' : 'tag does not exist: ', wanted);
    return;
  }
  const blobs: string[] = [];
  const collect = ({ digest, mediaType }: Descriptor): void => {
    if (!isIndexType(mediaType) && !isManifestType(mediaType)) blobs.push(digest);
  };
  await walk(image.target, present(documents, collect));
  const url = `${registryOf(reference)}/v2/${reference.path}/blobs/${blobs[0] ?? image.target.digest}`;
  yield failure('failed to do request: ', noNetwork('Head', url).message);
}

function failure(what: string, detail: string): StreamMessage {
  return { error: what + detail, errorDetail: { message: what + detail } };
}
