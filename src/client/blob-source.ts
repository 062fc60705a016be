import { createHash } from 'node:crypto';
import { AttestdError } from '../support/foundation/errors.js';
import type { OCIDescriptor } from '../support/foundation/types.js';
import type { ImageAccess } from './access.js';
import type { ChainBlob, ChainPart, Gap, GapReason } from './chain.js';
import type { RegistrySource } from './registry-source.js';

/** Hash functions that digests name. */
const algorithms = new Set(['sha256', 'sha384', 'sha512']);

/** Whether bytes hash to a digest. */
export function hashesTo(data: Uint8Array, digest: string): boolean {
  const [algorithm = '', encoded] = digest.split(':', 2);
  return algorithms.has(algorithm) && createHash(algorithm).update(data).digest('hex') === encoded;
}

/** Reads the blobs of a chain, checks each, and notes what it cannot get. */
export class BlobSource {
  readonly blobs = new Map<string, ChainBlob>();
  readonly gaps: Gap[] = [];
  readonly #client: Pick<ImageAccess, 'content'>;
  readonly #maximum: number;
  /** Where blobs are looked for that the daemon does not have. */
  elsewhere: RegistrySource | undefined;
  /** Why the daemon's content store is of no use, once that is known. */
  #absent: string | undefined;

  constructor(client: Pick<ImageAccess, 'content'>, maximum: number) {
    this.#client = client;
    this.#maximum = maximum;
  }

  /** Whether the daemon offers a content store, as far as is known. */
  get usable(): boolean {
    return this.#absent === undefined;
  }

  /** Note something that is not there. */
  gap(part: ChainPart, reason: GapReason, detail: string, digest?: string): undefined {
    this.gaps.push({ part, reason, detail, ...(digest !== undefined && { digest }) });
    return undefined;
  }

  /**
   * Get a blob and keep it; undefined when it cannot be had, which is noted.
   *
   * @param fallback bytes from elsewhere, tried when the daemon offers no content store; they count if they hash right
   */
  async get(
    part: ChainPart,
    descriptor: OCIDescriptor,
    fallback?: () => Promise<Buffer | undefined>,
  ): Promise<ChainBlob | undefined> {
    const { digest = '' } = descriptor;
    const known = this.blobs.get(digest);
    if (known) return known;
    const data = await this.#read(part, descriptor, fallback);
    if (!data) return undefined;
    if (!hashesTo(data, digest))
      return this.gap(part, 'digest-mismatch', `the bytes of ${digest} do not hash to it`, digest);
    const blob = { descriptor, data };
    this.blobs.set(digest, blob);
    return blob;
  }

  /** Bytes that may or may not be there and that no gap is noted for. */
  async peek(descriptor: OCIDescriptor): Promise<Buffer | undefined> {
    const { digest = '' } = descriptor;
    const known = this.blobs.get(digest);
    if (known) return known.data;
    const elsewhere = async () => (await this.elsewhere?.bytes(descriptor)) ?? undefined;
    if (!this.usable) return elsewhere();
    try {
      const data = await this.#download(digest);
      return data && hashesTo(data, digest) ? data : undefined;
    } catch (error) {
      if (error instanceof AttestdError) return elsewhere();
      throw error;
    }
  }

  /** Labels of a blob; none when they cannot be had. */
  async labels(digest: string): Promise<Readonly<Record<string, string>>> {
    if (!this.usable) return {};
    try {
      return (await this.#client.content.info(digest)).labels;
    } catch (error) {
      if (error instanceof AttestdError) return {};
      throw error;
    }
  }

  async #read(
    part: ChainPart,
    descriptor: OCIDescriptor,
    fallback?: () => Promise<Buffer | undefined>,
  ): Promise<Buffer | undefined> {
    const { digest = '' } = descriptor;
    try {
      if (this.usable) {
        const data = await this.#download(digest);
        return data ?? this.gap(part, 'too-large', `${digest} is longer than ${this.#maximum} bytes`, digest);
      }
    } catch (error) {
      if (!(error instanceof AttestdError)) throw error;
      const found = await this.elsewhere?.bytes(descriptor);
      if (found) return found;
      if (error.code === 'NOT_FOUND') return this.gap(part, 'not-found', `the store does not have ${digest}`, digest);
      if (error.code === 'INVALID_ARGUMENT') return this.gap(part, 'malformed', `'${digest}' is not a digest`, digest);
      this.#absent = error.message;
    }
    const data = await fallback?.();
    if (data && hashesTo(data, digest)) return data;
    return this.gap(part, 'no-content-store', this.#absent ?? 'the daemon offers no content store', digest);
  }

  /** Undefined when the blob is too long. */
  async #download(digest: string): Promise<Buffer | undefined> {
    const pieces: Uint8Array[] = [];
    let length = 0;
    for await (const piece of this.#client.content.read(digest)) {
      pieces.push(piece);
      length += piece.length;
      if (length > this.#maximum) return undefined;
    }
    return Buffer.concat(pieces);
  }
}
