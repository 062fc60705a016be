import type { Client, ServiceError } from '@grpc/grpc-js';
import { AttestdError, type ErrorCode } from '../errors.js';
import type { Codec, Info, ListContentResponse, ReadContentResponse } from '../generated/content.js';
import type { Target } from './target.js';

const codes: Readonly<Record<number, ErrorCode>> = {
  1: 'UNAVAILABLE',
  3: 'INVALID_ARGUMENT',
  5: 'NOT_FOUND',
  11: 'OUT_OF_RANGE',
  12: 'NOT_IMPLEMENTED',
  14: 'UNAVAILABLE',
};

/** A method of the service, as generated. */
interface MethodOf<Q, A> {
  readonly path: string;
  readonly request: Codec<Q>;
  readonly response: Codec<A>;
}

function translate(error: unknown, what: string): AttestdError {
  const { code, details } = error as ServiceError;
  return new AttestdError(codes[code] ?? 'INTERNAL', `${what}: ${details}`, { cause: error });
}

type Loaded = { client: Client; methods: typeof import('../generated/content.js').Content.methods };

/**
 * The read-only content store that dockerd 29.6 and newer serve over gRPC on their own socket. The gRPC library is loaded
 * with the first call.
 */
export class ContentClient {
  readonly #target: Target;
  #loaded: Promise<Loaded> | undefined;

  /** @param target where the daemon listens */
  constructor(target: Target) {
    this.#target = target;
  }

  #load(): Promise<Loaded> {
    this.#loaded ??= (async () => {
      const [{ Client: GrpcClient, credentials }, { Content }] = await Promise.all([
        import('@grpc/grpc-js'),
        import('../generated/content.js'),
      ]);
      const target = this.#target;
      const tls = target.kind === 'tcp' ? target.tls : undefined;
      const pem = (text: string | undefined): Buffer | null => (text === undefined ? null : Buffer.from(text));
      const how = tls
        ? credentials.createSsl(pem(tls.ca), pem(tls.key), pem(tls.cert), { rejectUnauthorized: tls.verify })
        : credentials.createInsecure();
      const host =
        target.kind === 'tcp' && target.host.includes(':')
          ? `[${target.host}]`
          : target.kind === 'tcp'
            ? target.host
            : '';
      const address = target.kind === 'unix' ? `unix://${target.path}` : `${host}:${target.port}`;
      // A daemon is never behind a proxy for the web.
      const client = new GrpcClient(address, how, { 'grpc.enable_http_proxy': 0 });
      return { client, methods: Content.methods };
    })();
    return this.#loaded;
  }

  async *#stream<Q, A>(pick: (methods: Loaded['methods']) => MethodOf<Q, A>, request: Partial<Q>, what: string) {
    const { client, methods } = await this.#load();
    const { path, request: encoder, response } = pick(methods);
    const call = client.makeServerStreamRequest(
      path,
      (one: Partial<Q>) => encoder.encode(one),
      response.decode,
      request,
    );
    try {
      for await (const message of call) yield message as A;
    } catch (error) {
      throw translate(error, what);
    } finally {
      call.cancel();
    }
  }

  /**
   * What the store knows of a blob.
   *
   * @throws AttestdError NOT_FOUND, INVALID_ARGUMENT for what is no digest, NOT_IMPLEMENTED or UNAVAILABLE when the daemon
   *   offers no content store
   */
  async info(digest: string): Promise<Info> {
    const { client, methods } = await this.#load();
    const { path, request, response } = methods.Info;
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest(path, request.encode, response.decode, { digest }, (error, answer) => {
        if (error) reject(translate(error, `content ${digest}`));
        else if (answer?.info) resolve(answer.info);
        else reject(new AttestdError('INTERNAL', `content ${digest}: an answer without info`));
      });
    });
  }

  /**
   * The bytes of a blob, a message at a time; the next one is asked for when the last one was taken.
   *
   * @param range first byte and number of bytes; all without it
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
   * All blobs that match.
   *
   * @param filters expressions of containerd's filter grammar, one of which must match
   * @throws AttestdError INVALID_ARGUMENT for a filter that cannot be parsed
   */
  async *list(filters: readonly string[] = []): AsyncGenerator<Info> {
    const messages: AsyncGenerator<ListContentResponse> = this.#stream(
      ({ List }) => List,
      { filters: [...filters] },
      'content',
    );
    for await (const { info } of messages) yield* info;
  }

  /** Close the connection. */
  close(): void {
    void this.#loaded?.then(({ client }) => client.close());
  }
}
