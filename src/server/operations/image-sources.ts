import { commitContainer } from '../../engine/containers/commit.js';
import { type ContainerConfig, containerConfigType } from '../../engine/containers/create/config.js';
import type { Context } from '../../engine/context.js';
import { importImage } from '../../engine/images/import.js';
import { importFrom } from '../../engine/images/import-from.js';
import { repoTag } from '../../engine/images/tag.js';
import { pullImage } from '../../engine/registry/pull.js';
import { parsePushName, pushImage } from '../../engine/registry/push.js';
import { searchImages } from '../../engine/registry/search.js';
import type { StreamMessage } from '../../engine/types.js';
import { zero } from '../../support/go/json/decode.js';
import { encodeJson, pointer } from '../../support/go/json.js';
import { readJson } from '../json-body.js';
import type { DescribedHandlers, OperationRequest } from '../operation.js';
import { registryUse } from '../registry-use.js';
import { onePlatform, progress } from './image.js';

/** A body without members says nothing of what the image is to run. */
function isBlank(config: ContainerConfig): boolean {
  const empty = zero(containerConfigType) as ContainerConfig;
  return encodeJson(config, containerConfigType) === encodeJson(empty, containerConfigType);
}

/** Images that come from elsewhere, or go there (docs/reference/behavior). */
export const handlers = {
  async ImageCreate(request, context) {
    const { fromImage } = await request.query();
    return progress(await (fromImage === '' ? createByImport : createByPull)(request, context));
  },

  async ImagePush(request, context) {
    const { tag, platform } = await request.query();
    const { name } = request.params;
    // A malformed platform is refused after the name.
    parsePushName(name, tag);
    const options = { tag, platform: onePlatform(platform), ...registryUse(request) };
    const messages = await pushImage(context, name, options);
    return progress(messages);
  },

  async ImageCommit(request, context) {
    const { container, repo, tag, author, comment, pause } = await request.query();
    // The description has one change; dockerd takes several.
    const changes = (await request.form()).all('changes').filter((change) => change !== '');
    const config = await readJson(request, pointer(containerConfigType), () => undefined);
    const id = await commitContainer(context, container, {
      reference: repoTag(repo, tag),
      author,
      comment,
      changes,
      config: config === undefined || isBlank(config) ? undefined : config,
      pause,
    });
    return { kind: 'json', status: 201, value: { Id: id } };
  },

  async ImageSearch(request, context) {
    const value = await searchImages(context, { ...(await request.query()), ...registryUse(request) });
    return value === undefined ? { kind: 'empty' } : { kind: 'json', value };
  },
} satisfies DescribedHandlers;

type CreateRequest = OperationRequest<'ImageCreate'>;

async function createByPull(request: CreateRequest, context: Context): Promise<AsyncIterable<StreamMessage>> {
  const { fromImage, tag, platform } = await request.query();
  return pullImage(context, { fromImage, tag, platform, ...registryUse(request) });
}

async function createByImport(request: CreateRequest, context: Context): Promise<AsyncIterable<StreamMessage>> {
  const { fromSrc, repo, tag, platform, message, changes } = await request.query();
  const options = { repo, tag, platform, message, changes };
  if (fromSrc !== '-') return importFrom(context, fromSrc, options, request.signal);
  return importImage(context, request.body, options);
}
