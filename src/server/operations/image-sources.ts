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
import type { Form } from '../form.js';
import { readJson } from '../json-body.js';
import type { DescribedHandlers, OperationRequest } from '../operation.js';
import { registryUse } from '../registry-use.js';
import { atLeast, nameOf, onePlatform, progress } from './image.js';

/** A body without members says nothing of what the image is to run. */
function isBlank(config: ContainerConfig): boolean {
  const empty = zero(containerConfigType) as ContainerConfig;
  return encodeJson(config, containerConfigType) === encodeJson(empty, containerConfigType);
}

/** Images that come from elsewhere, or go there (docs/reference/behavior/index.md). */
export const handlers: DescribedHandlers = {
  async ImageCreate(request, context) {
    const form = await request.form();
    return progress(await (form.get('fromImage') === '' ? createByImport : createByPull)(request, form, context));
  },

  async ImagePush(request, context) {
    const form = await request.form();
    const tag = form.get('tag');
    // A malformed platform is refused after the name.
    parsePushName(nameOf(request), tag);
    const platform = atLeast(request, '1.46') ? onePlatform(form) : undefined;
    const messages = await pushImage(context, nameOf(request), { tag, platform, ...registryUse(request) });
    return progress(messages);
  },

  async ImageCommit(request, context) {
    const form = await request.form();
    const config = await readJson(request, pointer(containerConfigType), () => undefined);
    const id = await commitContainer(context, form.get('container'), {
      reference: repoTag(form.get('repo'), form.get('tag')),
      author: form.get('author'),
      comment: form.get('comment'),
      changes: form.all('changes').filter((change) => change !== ''),
      config: config === undefined || isBlank(config) ? undefined : config,
      pause: form.flag('pause', true),
    });
    return { kind: 'json', status: 201, value: { Id: id } };
  },

  async ImageSearch(request, context) {
    const form = await request.form();
    const search = { term: form.get('term'), limit: form.get('limit'), filters: form.get('filters') };
    const value = await searchImages(context, { ...search, ...registryUse(request) });
    return value === undefined ? { kind: 'empty' } : { kind: 'json', value };
  },
};

function createByPull(request: OperationRequest, form: Form, context: Context): Promise<AsyncIterable<StreamMessage>> {
  const image = { fromImage: form.get('fromImage'), tag: form.get('tag'), platform: form.get('platform') };
  return pullImage(context, { ...image, ...registryUse(request) });
}

async function createByImport(
  request: OperationRequest,
  form: Form,
  context: Context,
): Promise<AsyncIterable<StreamMessage>> {
  const source = form.get('fromSrc');
  const target = { repo: form.get('repo'), tag: form.get('tag'), platform: form.get('platform') };
  const options = { ...target, message: form.get('message'), changes: form.all('changes') };
  if (source !== '-') return importFrom(context, source, options, request.signal);
  return importImage(context, request.body, options);
}
