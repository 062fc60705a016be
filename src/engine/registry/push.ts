import type { Descriptor } from '../../oci/descriptor.js';
import { isIndexType } from '../../oci/media-types.js';
import {
  familiarName,
  familiarString,
  formatReference,
  isNameOnly,
  type NamedReference,
  parseReference,
  repositoryName,
} from '../../oci/reference.js';
import type { ImageRecord } from '../../oci/store.js';
import { AttestdError } from '../../support/foundation/errors.js';
import type { Context } from '../context.js';
import { logImageEvent } from '../images/events.js';
import { repoTag } from '../images/tag.js';
import type { PushOptions, StreamMessage } from '../types.js';
import { type Emit, messagesOf } from './message-stream.js';
import { reportWhile } from './progress.js';
import { pushTarget } from './push-target.js';
import { PushUpload } from './push-upload.js';
import { explainRejection } from './refusal.js';

/**
 * `POST /images/{name}/push`: pushes an image or all tags of a repository (docs/reference/registries.md#push). A
 * complete index is pushed whole; otherwise its local manifest is.
 *
 * @throws INVALID_REFERENCE, INVALID_ARGUMENT; all other errors end the stream
 */
export async function pushImage(
  context: Context,
  name: string,
  options: PushOptions = {},
): Promise<AsyncIterable<StreamMessage>> {
  const reference = parsePushName(name, options.tag);
  return messagesOf((emit, signal) => pushAll(context, reference, options, emit, signal), options.signal);
}

/**
 * Parses the name of a push.
 *
 * @param tag empty: the name's own tag, or all tags of the repository
 * @throws INVALID_REFERENCE, INVALID_ARGUMENT with dockerd's text
 */
export function parsePushName(name: string, tag = ''): NamedReference {
  return tag === '' ? parseReference(name) : (repoTag(name, tag) ?? parseReference(name));
}

async function pushAll(
  context: Context,
  reference: NamedReference,
  options: PushOptions,
  emit: Emit,
  signal: AbortSignal,
): Promise<void> {
  const repository = repositoryName(reference);
  emit({ status: `The push refers to repository [${repository}]` });
  if (!isNameOnly(reference)) return pushOne(context, reference, options, emit, signal);
  const images = context.store.list().filter(({ name }) => name.startsWith(`${repository}:`));
  if (images.length === 0) {
    const reason = `An image does not exist locally with the tag: ${familiarName(reference)}`;
    throw new AttestdError('INTERNAL', reason);
  }
  for (const { name } of images) await pushOne(context, parseReference(name), options, emit, signal);
}

async function pushOne(
  context: Context,
  reference: NamedReference,
  { platform, credentials, headers = {} }: PushOptions,
  emit: Emit,
  signal: AbortSignal,
): Promise<void> {
  const { registries, store } = context;
  const image = store.get(formatReference(reference));
  if (image === undefined) throw new AttestdError('NOT_FOUND', `tag does not exist: ${familiarString(reference)}`);
  const target = platform === undefined ? image.target : await pushTarget(context, image, platform);
  const connect = (until: AbortSignal) =>
    registries.registry.uploader(reference, { credentials, headers, signal: until });
  const upload = new PushUpload({ context, connect, signal, reference, emit });
  const pushed = await reportWhile(
    () => pushLocalContent(context, image, target, platform === undefined, upload, emit),
    () => upload.report(),
  );
  context.lineage.recordRepository(pushed.digest, reference.domain, reference.path);
  await logImageEvent(context, familiarString(reference), familiarName(reference), 'push');
  if (reference.tag === undefined) return;
  emit({ status: `${reference.tag}: digest: ${pushed.digest} size: ${pushed.size}` });
}

/**
 * Pushes a descriptor, or the local manifest of an incomplete index.
 *
 * @returns the pushed descriptor
 */
async function pushLocalContent(
  context: Context,
  image: ImageRecord,
  target: Descriptor,
  replaceable: boolean,
  upload: PushUpload,
  emit: Emit,
): Promise<Descriptor> {
  try {
    await upload.run(target);
    return target;
  } catch (error) {
    if (!isMissingContent(error)) throw explainRejection(error);
    const other = replaceable && isIndexType(target.mediaType) ? await pushTarget(context, image, undefined) : target;
    if (other.digest === target.digest) {
      emit({ progressDetail: {}, aux: { contentMissing: true, desc: toJson(target) } });
      throw error;
    }
    upload.giveUpWaiting();
    await pushInstead(other, upload, emit);
    const aux = { manifestPushedInsteadOfIndex: true, originalIndex: toJson(target), selectedManifest: toJson(other) };
    emit({ progressDetail: {}, aux });
    return other;
  }
}

async function pushInstead(target: Descriptor, upload: PushUpload, emit: Emit): Promise<void> {
  try {
    await upload.run(target);
  } catch (error) {
    if (!isMissingContent(error)) throw explainRejection(error);
    emit({ progressDetail: {}, aux: { contentMissing: true, desc: toJson(target) } });
    throw error;
  }
}

const isMissingContent = (error: unknown): boolean => error instanceof AttestdError && error.code === 'NOT_FOUND';

const toJson = (descriptor: Descriptor): StreamMessage => ({ ...descriptor }) as unknown as StreamMessage;
