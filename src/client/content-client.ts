import type { Codec, Info, ListContentResponse, ReadContentResponse } from '../generated/content.js';
import { AttestdError, type ErrorCode } from '../support/foundation/errors.js';
import type { GrpcConnection, GrpcStatus } from './grpc.js';
import type { Target } from './target.js';

const codes: Readonly<Record<number, ErrorCode>> = {
  1: 'UNAVAILABLE',
  3: 'INVALID_ARGUMENT',
  5: 'NOT_FOUND',
  11: 'OUT_OF_RANGE',
  12: 'NOT_IMPLEMENTED',
  14: 'UNAVAILABLE',
};

/** A generated method of the service. */
interface MethodOf<Q, A> {
  readonly path: string;
  readonly request: Codec<Q>;
  readonly response: Codec<A>;
}

type Loaded = {
  connection: GrpcConnection;
  methods: typeof import('../generated/content.js').Content.methods;
};

/**
 * A client of the read-only content store that dockerd serves over gRPC on its own socket, from 29.6 on. Loads the gRPC code with
 * the first call.
 */
export class ContentClient {
  readonly #target: Target;
  #loaded: Promise<Loaded> | undefined;

  /** @param target address of the daemon */
  constructor(target: Target) {
    this.#target = target;
  }

  #load(): Promise<Loaded> {
    this.#loaded ??= (async () => {
      const [{ GrpcConnection: Connection }, { Content }] = await Promise.all([
        import('./grpc.js'),
        import('../generated/content.js'),
      ]);
      return { connection: new Connection(this.#target), methods: Content.methods };
    })();
    return this.#loaded;
  }

  async *#stream<Q, A>(
    pick: (methods: Loaded['methods']) => MethodOf<Q, A>,
    request: Partial<Q>,
    what: string,
  ): AsyncGenerator<A> {
    const { connection, methods } = await this.#load();
    const { path, request: encoder, response } = pick(methods);
    const status = yield* decoded(connection.call(path, encoder.encode(request)), response, what);
    if (status.code === 0) return;
    throw new AttestdError(codes[status.code] ?? 'INTERNAL', `${what}: ${status.details}`);
  }

  /**
   * Returns size, times and labels of a blob.
   *
   * @throws AttestdError NOT_FOUND, INVALID_ARGUMENT if it is not a digest, NOT_IMPLEMENTED or UNAVAILABLE if the daemon
   *   has no content store
   */
  async info(digest: string): Promise<Info> {
    for await (const { info } of this.#stream(({ Info }) => Info, { digest }, `content ${digest}`))
      if (info !== undefined) return info;
    throw new AttestdError('INTERNAL', `content ${digest}: an answer without info`);
  }

  /**
   * Yields the bytes of a blob, message by message, on demand.
   *
   * @param range first byte and number of bytes. Default: the whole blob.
   * @throws AttestdError as `info`, and OUT_OF_RANGE
   */
  async *read(digest: string, range: { offset?: number; size?: number } = {}): AsyncGenerator<Uint8Array> {
    const messages: AsyncGenerator<ReadContentResponse> = this.#stream(
      ({ Read }) => Read,
      { digest, ...range },
      `content ${digest}`,
    );
    for await (const { data } of messages) yield data;
  }

  /**
   * Yields the blobs that match one of the filters.
   *
   * @param filters expressions of containerd's filter grammar. Default: all blobs.
   * @throws AttestdError INVALID_ARGUMENT if a filter cannot be parsed
   */
  async *list(filters: readonly string[] = []): AsyncGenerator<Info> {
    const messages: AsyncGenerator<ListContentResponse> = this.#stream(
      ({ List }) => List,
      { filters: [...filters] },
      'content',
    );
    for await (const { info } of messages) yield* info;
  }

  /** Closes the connection. */
  close(): void {
    void this.#loaded?.then(({ connection }) => connection.close());
  }
}

/** Yields the decoded messages of an answer and returns its status. */
async function* decoded<A>(
  call: AsyncGenerator<Buffer, GrpcStatus>,
  codec: Codec<A>,
  what: string,
): AsyncGenerator<A, GrpcStatus> {
  try {
    for (;;) {
      const step = await call.next();
      if (step.done === true) return step.value;
      yield decode(codec, step.value, what);
    }
  } finally {
    // Cancels a call that is still running.
    await call.return({ code: 1, details: '' });
  }
}

function decode<A>(codec: Codec<A>, message: Buffer, what: string): A {
  try {
    return codec.decode(message);
  } catch (cause) {
    throw new AttestdError('INTERNAL', `${what}: ${(cause as Error).message}`, { cause });
  }
}
