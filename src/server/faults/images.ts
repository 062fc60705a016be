import type { Context } from '../../engine/context.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { decodeJson, firstJson, goString, struct } from '../../support/go/json.js';
import { namesOf } from './choice.js';

/** What is known of a request where its operation is. */
export interface FaultRequest {
  readonly operationId: string;
  readonly params: Readonly<Record<string, string>>;
  readonly context: Pick<Context, 'containers'>;
  /** The whole body, which stays to be read. @throws INVALID_ARGUMENT when it is too long */
  peek(): Promise<Buffer>;
}

const createType = struct<{ Image: string }>('container.Config', { Image: goString });

/**
 * Names of the images that a request is for: that of an operation on images, that which a container is to be made of, that
 * of which the container of any other operation was made.
 */
export async function imagesOf(request: FaultRequest, query: URLSearchParams): Promise<readonly string[]> {
  const { operationId, params, context } = request;
  if (operationId === 'ContainerCreate') return namesOf(imageIn(await request.peek()));
  if (operationId.startsWith('Container')) {
    const { id = '' } = params;
    const container = context.containers.byId(id) ?? context.containers.byName(id);
    return namesOf(container?.config.Image ?? '');
  }
  if (!operationId.startsWith('Image') && operationId !== 'DistributionInspect') return [];
  const tag = query.get('tag') ?? '';
  const from = query.get('fromImage') ?? '';
  const named = [params.name ?? '', ...query.getAll('names'), tag === '' || from === '' ? from : `${from}:${tag}`];
  return named.flatMap(namesOf);
}

/** The image in a request for a container; none in a body that is not as it should be, which is not for us to refuse. */
function imageIn(body: Buffer): string {
  try {
    return decodeJson(firstJson(body), createType).Image;
  } catch (error) {
    if (error instanceof AttestdError) return '';
    throw error;
  }
}
