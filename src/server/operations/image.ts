import type { Readable } from 'node:stream';
import { parseFilters } from '../../engine/filters.js';
import { imageAttestations } from '../../engine/images/attestations.js';
import { exportByName } from '../../engine/images/export.js';
import { imageHistory } from '../../engine/images/history.js';
import { inspectImage } from '../../engine/images/inspect.js';
import { openList } from '../../engine/images/list.js';
import { loadImages } from '../../engine/images/load.js';
import { pruneImages } from '../../engine/images/prune.js';
import { removeImage } from '../../engine/images/remove.js';
import { tagImage } from '../../engine/images/tag.js';
import type { StreamMessage } from '../../engine/types.js';
import { isAtLeast } from '../../engine/versions.js';
import type { Platform } from '../../oci/descriptor.js';
import { AttestdError } from '../../support/foundation/errors.js';
import type { Form } from '../form.js';
import { lines } from '../json-lines.js';
import { jsonList, wholeList } from '../json-list.js';
import type { BodyResult, DescribedHandlers, OperationRequest, RecordsResult } from '../operation.js';
import { decodePlatform } from '../platform.js';

export function atLeast(request: OperationRequest, version: string): boolean {
  return isAtLeast(request.apiVersion, version);
}

export function nameOf(request: OperationRequest): string {
  return request.params.name ?? '';
}

/** The parameter as a platform; undefined when it is absent or empty. */
export function onePlatform(form: Form): Platform | undefined {
  const text = form.get('platform');
  return text === '' ? undefined : decodePlatform(text);
}

/** The platforms of load and get, which API versions know one by one: none, one, several (facts/since.json). */
function severalPlatforms(request: OperationRequest, form: Form): Platform[] {
  if (!atLeast(request, '1.48')) return [];
  const values = form.all('platform');
  if (values.length > 1 && !atLeast(request, '1.52'))
    throw new AttestdError(
      'INVALID_ARGUMENT',
      'multiple platform parameters are not supported in this API version; use API version 1.52 or later',
    );
  return values.map(decodePlatform);
}

export function progress(messages: AsyncIterable<StreamMessage>): RecordsResult {
  return { kind: 'records', contentType: 'application/json', records: lines(messages) };
}

function archive(stream: Readable): BodyResult {
  return { kind: 'body', contentType: 'application/x-tar', body: { length: undefined, content: stream } };
}

/** Image operations (docs/reference/behavior/index.md). */
export const handlers: DescribedHandlers = {
  async ImageList(request, context) {
    const form = await request.form();
    const filters = parseFilters(form.get('filters'));
    const manifests = form.flag('manifests');
    const list = await openList(context, {
      apiVersion: request.apiVersion,
      all: form.flag('all'),
      filters,
      sharedSize: form.flag('shared-size'),
      manifests,
      identity: form.flag('identity'),
    });
    const value = await wholeList(list);
    if (value === undefined)
      return { kind: 'records', contentType: 'application/json', records: jsonList(list.items()) };
    // Bounds in time move with the clock, not with the store.
    return { kind: 'json', value, keep: !filters.has('until') && !filters.has('since') && !filters.has('before') };
  },

  async ImageInspect(request, context) {
    const form = await request.form();
    const manifests = atLeast(request, '1.48') && form.flag('manifests');
    const platform = atLeast(request, '1.49') ? onePlatform(form) : undefined;
    if (manifests && platform)
      throw new AttestdError(
        'INVALID_ARGUMENT',
        'conflicting options: manifests and platform options cannot both be set',
      );
    const value = await inspectImage(context, nameOf(request), { apiVersion: request.apiVersion, manifests, platform });
    return { kind: 'json', value, keep: true };
  },

  async ImageHistory(request, context) {
    const form = await request.form();
    const platform = atLeast(request, '1.48') ? onePlatform(form) : undefined;
    return { kind: 'json', value: await imageHistory(context, nameOf(request), platform), keep: true };
  },

  async ImageAttestations(request, context) {
    const form = await request.form();
    const platforms = form.all('platform');
    if (platforms.length > 1)
      throw new AttestdError('INVALID_ARGUMENT', 'only one platform value is currently supported');
    const body = await imageAttestations(context, nameOf(request), {
      platform: onePlatform(form),
      types: form.all('type'),
      statement: form.flag('statement'),
    });
    return { kind: 'body', contentType: 'application/json', body, keep: true };
  },

  async ImageLoad(request, context) {
    const form = await request.form();
    const platforms = severalPlatforms(request, form);
    const options = { platforms, quiet: form.flag('quiet', true), signal: request.signal };
    return progress(loadImages(context, request.body, options));
  },

  async ImageGet(request, context) {
    const form = await request.form();
    return archive(await exportByName(context, [nameOf(request)], severalPlatforms(request, form)));
  },

  async ImageGetAll(request, context) {
    const form = await request.form();
    return archive(await exportByName(context, form.all('names'), severalPlatforms(request, form)));
  },

  async ImageTag(request, context) {
    const form = await request.form();
    const outcome = await tagImage(context, nameOf(request), { repo: form.get('repo'), tag: form.get('tag') });
    return { kind: 'empty', status: outcome === 'created' ? 201 : 200 };
  },

  async ImageDelete(request, context) {
    const form = await request.form();
    if (nameOf(request).trim() === '') throw new AttestdError('INVALID_ARGUMENT', 'image name cannot be blank');
    const value = await removeImage(context, nameOf(request), {
      force: form.flag('force'),
      noprune: form.flag('noprune'),
      platforms: atLeast(request, '1.50') ? form.all('platforms').map(decodePlatform) : [],
    });
    return { kind: 'json', value };
  },

  async ImagePrune(request, context) {
    const form = await request.form();
    return { kind: 'json', value: await pruneImages(context, parseFilters(form.get('filters'))) };
  },
};
