import type { Context } from '../../engine/context.js';
import { inspectImage } from '../../engine/images/inspect.js';
import { listImages } from '../../engine/images/list.js';
import type { ImageAccess } from '../../policy/index.js';
import { AttestdError } from '../../support/foundation/errors.js';
import type { ImageInspect, ImageSummary } from '../../support/foundation/types.js';
import { decodePlatform } from '../platform.js';

/** The API version whose answers are read: enough for descriptors, and before identities, which are found out by this. */
const apiVersion = '1.52';

const notFound = (digest: string): AttestdError => new AttestdError('NOT_FOUND', `content digest ${digest}: not found`);

/** A daemon's own images, as its clients see them. */
function accessTo(context: Context): ImageAccess {
  const { content } = context.store;
  return {
    apiVersion,
    content: {
      async info(digest) {
        const info = await content.info(digest);
        if (info === undefined) throw notFound(digest);
        return { labels: { ...info.labels } };
      },
      async *read(digest) {
        if (!(await content.has(digest))) throw notFound(digest);
        yield* await content.stream(digest);
      },
    },
    version: async () => ({ Os: context.host.os, Arch: context.host.architecture }),
    inspectImage: async (image, { manifests, platform } = {}) => {
      const wanted = platform === undefined ? undefined : decodePlatform(platform);
      const options = { apiVersion, ...(manifests && { manifests }), ...(wanted && { platform: wanted }) };
      return (await inspectImage(context, image, options)) as unknown as ImageInspect;
    },
    listImages: async () => {
      const filters = new Map([['dangling', new Map([['true', true]])]]);
      return (await listImages(context, { apiVersion, filters })) as unknown as ImageSummary[];
    },
    imageAttestations: () => Promise.reject(new AttestdError('NOT_IMPLEMENTED', 'the content store has them')),
  };
}

interface Known {
  readonly generation: number;
  readonly access: ImageAccess;
}

const known = new WeakMap<Context, Known>();

/** The access to a daemon's images as they are now: what a policy remembers of them ends with the store's next change. */
export function storeAccess(context: Context): ImageAccess {
  const { generation } = context.store;
  const before = known.get(context);
  if (before?.generation === generation) return before.access;
  const access = accessTo(context);
  known.set(context, { generation, access });
  return access;
}
