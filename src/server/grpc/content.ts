import {
  AbortRequest,
  type Codec,
  Content,
  DeleteContentRequest,
  type Info,
  InfoRequest,
  InfoResponse,
  ListContentRequest,
  ListContentResponse,
  ListStatusesRequest,
  ListStatusesResponse,
  notUtf8,
  ReadContentRequest,
  StatusRequest,
  type Timestamp,
  UpdateRequest,
  WriteContentRequest,
} from '../../generated/content.js';
import type { BlobInfo, ContentStore } from '../../oci/content-store.js';
import { parseDigest } from '../../oci/digest.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { admitTask } from '../../support/foundation/scheduler.js';
import { quote } from '../../support/go/quote.js';
import type { CallContext, Method, Services } from './call.js';
import { type Filter, parseFilters } from './filters.js';
import type { Message } from './frames.js';
import { compressedMessage, messageSize, readResponses } from './read.js';
import { GrpcStatusError, refuse } from './status.js';

/** What the service reads; it writes nothing. */
export type ContentSource = Pick<ContentStore, 'info' | 'stream' | 'list'>;

/** Blobs in a message of List, as observed. */
const batch = 100;

const readOnly = (): GrpcStatusError => refuse('Unknown', 'read-only content store');

function timestamp(date: Date): Timestamp {
  const milliseconds = date.getTime();
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds, nanos: Math.round((milliseconds - seconds * 1000) * 1e6) };
}

function toInfo(blob: BlobInfo): Info {
  return {
    digest: blob.digest,
    size: blob.size,
    createdAt: timestamp(blob.createdAt),
    updatedAt: timestamp(blob.updatedAt),
    labels: { ...blob.labels },
  };
}

/** Check a digest; the methods word the fault differently. */
function checkDigest(digest: string, fault: (reason: string) => string): void {
  try {
    parseDigest(digest);
  } catch (error) {
    throw refuse('InvalidArgument', fault((error as Error).message));
  }
}

async function blobInfo(source: ContentSource, digest: string): Promise<BlobInfo> {
  const found = await source.info(digest);
  if (!found) throw refuse('NotFound', `content digest ${digest}: not found`);
  return found;
}

/** A method with one request and one answer. */
function unary<Q, A>(request: Codec<Q>, answer: Codec<A>, handle: (q: Q) => Promise<Partial<A>>): Method {
  return async function* (requests) {
    const { value, done } = await requests.next();
    if (done) throw new GrpcStatusError('Unknown', 'EOF');
    yield [answer.encode(await handle(decode(request, value, 'grpc: error unmarshalling request')))];
  };
}

function decode<Q>(codec: Codec<Q>, bytes: Buffer, what: string): Q {
  try {
    return codec.decode(bytes);
  } catch (error) {
    const { message } = error as Error;
    const reason = message === notUtf8 ? notUtf8 : 'proto:\u00a0cannot parse invalid wire-format data';
    throw new GrpcStatusError('Internal', `${what}: ${reason}`);
  }
}

/**
 * The first message of a streaming method.
 *
 * @param none what is wrong when there is none
 */
async function firstOf<Q>(
  codec: Codec<Q>,
  requests: AsyncGenerator<Buffer>,
  none = new GrpcStatusError(
    'Internal',
    'cardinality violation: received no request message from non-client-streaming RPC',
  ),
): Promise<Q> {
  const { value, done } = await requests.next().catch((error: unknown) => {
    // Where a method does not stream, the same fault has another code.
    if (error instanceof GrpcStatusError && error.code === 'Unknown')
      throw new GrpcStatusError('Internal', error.message);
    throw error;
  });
  if (done) throw none;
  return decode(codec, value, 'grpc: failed to unmarshal the received message');
}

async function* list(source: ContentSource, filter: Filter): AsyncGenerator<readonly Uint8Array[]> {
  const matching: Info[] = [];
  for await (const blob of source.list()) if (filter((path) => field(blob, path))) matching.push(toInfo(blob));
  matching.sort((a, b) => (a.digest < b.digest ? -1 : 1));
  for (let i = 0; i < matching.length; i += batch)
    yield [ListContentResponse.encode({ info: matching.slice(i, i + batch) })];
}

/** What filters see of a blob. */
function field(blob: BlobInfo, path: readonly string[]): string | undefined {
  if (path[0] === 'digest') return blob.digest;
  if (path[0] !== 'labels') return undefined;
  const name = path.slice(1).join('.');
  return Object.hasOwn(blob.labels, name) ? blob.labels[name] : undefined;
}

/** Reads that are under way in this process. */
let open = 0;
/** Up to so many are read in large pieces; more of them in small ones, for each slow reader holds two pieces. */
const fewReads = 256;

function pieceSize(): number {
  return open < fewReads ? 64 * 1024 : 8 * 1024;
}

async function* read(
  source: ContentSource,
  request: ReadContentRequest,
  context: CallContext,
): AsyncGenerator<Message> {
  const { digest } = request;
  checkDigest(digest, (reason) => `${digest}: ${reason}`);
  const total = (await blobInfo(source, digest)).size;
  const offset = Math.max(request.offset, 0);
  if (offset > total) throw refuse('OutOfRange', `read past object length ${total} bytes`);
  const size = request.size <= 0 || offset + request.size > total ? total - offset : request.size;
  if (size === 0) return;
  await new Promise<void>((resolve) => admitTask(context.connection, resolve));
  if (context.signal.aborted) return;
  const chunk = pieceSize();
  open++;
  try {
    const stream = await source.stream(digest, { offset, length: size, chunk });
    const stop = (): void => void stream.destroy();
    context.signal.addEventListener('abort', stop, { once: true });
    try {
      yield* readResponses(stream, size, context.compressed ? compressedMessage : messageSize);
    } finally {
      context.signal.removeEventListener('abort', stop);
      stream.destroy();
    }
  } finally {
    open--;
  }
}

/** Errors of the store, as the daemon words them. */
function translate(error: unknown): unknown {
  if (!(error instanceof AttestdError)) return error;
  return refuse(error.code === 'NOT_FOUND' ? 'NotFound' : 'Unknown', error.message);
}

function guarded(method: Method): Method {
  return async function* (requests, context) {
    try {
      yield* method(requests, context);
    } catch (error) {
      throw translate(error);
    }
  };
}

/**
 * The content service that dockerd offers on its own socket: reads work, everything that writes is refused
 * (docs/reference/behavior/content-service.md#read-info-and-list).
 *
 * @param source the blobs
 * @returns the service, by its full name
 */
export function contentService(source: ContentSource): Services {
  const quotedFault = (digest: string) => () => `${quote(digest)} failed validation`;
  const methods: Record<keyof typeof Content.methods, Method> = {
    Info: unary(InfoRequest, InfoResponse, async ({ digest }) => {
      checkDigest(digest, quotedFault(digest));
      return { info: toInfo(await blobInfo(source, digest)) };
    }),
    async *List(requests) {
      const { filters } = await firstOf(ListContentRequest, requests);
      yield* list(source, filterOf(filters));
    },
    async *Read(requests, context) {
      yield* read(source, await firstOf(ReadContentRequest, requests), context);
    },
    Status: unary(StatusRequest, Content.methods.Status.response, async ({ ref }) => {
      const reason = `could not get status for ref ${quote(ref)}`;
      throw refuse('NotFound', `${reason}: ${reason}: reference ${ref}: not found`);
    }),
    ListStatuses: unary(ListStatusesRequest, ListStatusesResponse, async ({ filters }) => {
      filterOf(filters);
      return { statuses: [] };
    }),
    Update: unary(UpdateRequest, Content.methods.Update.response, async ({ info }) => {
      const digest = info?.digest ?? '';
      checkDigest(digest, quotedFault(digest));
      throw readOnly();
    }),
    Delete: unary(DeleteContentRequest, Content.methods.Delete.response, async ({ digest }) => {
      checkDigest(digest, (reason) => reason);
      throw readOnly();
    }),
    Abort: unary(AbortRequest, Content.methods.Abort.response, async () => {
      throw readOnly();
    }),
    // biome-ignore lint/correctness/useYield: a refused method answers with its status alone
    async *Write(requests) {
      const { ref } = await firstOf(WriteContentRequest, requests, new GrpcStatusError('Unknown', 'EOF'));
      if (ref === '') throw refuse('InvalidArgument', 'first message must have a reference');
      throw readOnly();
    },
  };
  for (const name of Object.keys(methods) as (keyof typeof methods)[]) methods[name] = guarded(methods[name]);
  return { [Content.name]: methods };
}

/** Characters that the filters of a call may have in all: each of them is tried on each blob. */
const longestFilters = 16 * 1024;

function filterOf(filters: readonly string[]): Filter {
  if (filters.reduce((sum, { length }) => sum + length + 1, 0) > longestFilters)
    throw refuse('ResourceExhausted', `filters of more than ${longestFilters} characters`);
  try {
    return parseFilters(filters);
  } catch (error) {
    throw refuse('InvalidArgument', (error as Error).message);
  }
}
