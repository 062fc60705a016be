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
import { lines } from '../json-lines.js';
import { jsonList, wholeList } from '../json-list.js';
import type { BodyResult, DescribedHandlers, RecordsResult } from '../operation.js';
import { decodePlatform } from '../platform.js';

/** Decodes a platform parameter; undefined if it is absent or empty. */
export function onePlatform(text: string): Platform | undefined {
  return text === '' ? undefined : decodePlatform(text);
}

/** Decodes the platforms of load and get. Versions before 1.52 know a single one (facts/since.json). */
function severalPlatforms(values: readonly string[], apiVersion: string): Platform[] {
  if (values.length > 1 && !isAtLeast(apiVersion, '1.52'))
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

/** Image operations (docs/reference/behavior). */
export const handlers = {
  async ImageList(request, context) {
    const { all, manifests, identity, 'shared-size': sharedSize, ...query } = await request.query();
    const filters = parseFilters(query.filters);
    const list = await openList(context, {
      apiVersion: request.apiVersion,
      all,
      filters,
      sharedSize,
      manifests,
      identity,
    });
    const value = await wholeList(list);
    if (value === undefined)
      return { kind: 'records', contentType: 'application/json', records: jsonList(list.items()) };
    // Bounds in time move with the clock, not with the store.
    return { kind: 'json', value, keep: !filters.has('until') && !filters.has('since') && !filters.has('before') };
  },

  async ImageInspect(request, context) {
    const { manifests, ...query } = await request.query();
    const platform = onePlatform(query.platform);
    if (manifests && platform)
      throw new AttestdError(
        'INVALID_ARGUMENT',
        'conflicting options: manifests and platform options cannot both be set',
      );
    const value = await inspectImage(context, request.params.name, {
      apiVersion: request.apiVersion,
      manifests,
      platform,
    });
    return { kind: 'json', value, keep: true };
  },

  async ImageHistory(request, context) {
    const { platform } = await request.query();
    const value = await imageHistory(context, request.params.name, onePlatform(platform));
    return { kind: 'json', value, keep: true };
  },

  async ImageAttestations(request, context) {
    const { platform, type, statement } = await request.query();
    const [only = '', ...others] = platform;
    if (others.length > 0) throw new AttestdError('INVALID_ARGUMENT', 'only one platform value is currently supported');
    const options = { platform: onePlatform(only), types: type, statement };
    const body = await imageAttestations(context, request.params.name, options);
    return { kind: 'body', contentType: 'application/json', body, keep: true };
  },

  async ImageLoad(request, context) {
    const { platform, quiet } = await request.query();
    const options = { platforms: severalPlatforms(platform, request.apiVersion), quiet, signal: request.signal };
    return progress(loadImages(context, request.body, options));
  },

  async ImageGet(request, context) {
    const { platform } = await request.query();
    const platforms = severalPlatforms(platform, request.apiVersion);
    return archive(await exportByName(context, [request.params.name], platforms));
  },

  async ImageGetAll(request, context) {
    const { names, platform } = await request.query();
    return archive(await exportByName(context, names, severalPlatforms(platform, request.apiVersion)));
  },

  async ImageTag(request, context) {
    const outcome = await tagImage(context, request.params.name, await request.query());
    return { kind: 'empty', status: outcome === 'created' ? 201 : 200 };
  },

  async ImageDelete(request, context) {
    const { force, noprune, platforms } = await request.query();
    const { name } = request.params;
    if (name.trim() === '') throw new AttestdError('INVALID_ARGUMENT', 'image name cannot be blank');
    const value = await removeImage(context, name, { force, noprune, platforms: platforms.map(decodePlatform) });
    return { kind: 'json', value };
  },

  async ImagePrune(request, context) {
    const { filters } = await request.query();
    return { kind: 'json', value: await pruneImages(context, parseFilters(filters)) };
  },
} satisfies DescribedHandlers;
