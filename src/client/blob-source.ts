import { createHash } from 'node:crypto';
import { AttestdError } from '../support/foundation/errors.js';
import type { OCIDescriptor } from '../support/foundation/types.js';
import type { ImageAccess } from './access.js';
import type { ChainBlob, ChainPart, Gap, GapReason } from './chain.js';
import type { RegistrySource } from './registry-source.js';

/** Hash functions of digests. */
const algorithms = new Set(['sha256', 'sha384', 'sha512']);

/** Reports whether bytes have a digest. */
export function hashesTo(data: Uint8Array, digest: string): boolean {
  const [algorithm = '', encoded] = digest.split(':', 2);
  return algorithms.has(algorithm) && createHash(algorithm).update(data).digest('hex') === encoded;
}

/** Reads and verifies the blobs of a chain. Records missing ones as gaps. */
export class BlobSource {
  readonly blobs = new Map<string, ChainBlob>();
  readonly gaps: Gap[] = [];
  readonly #client: Pick<ImageAccess, 'content'>;
  readonly #maximum: number;
  /** Second source, for blobs that the daemon does not have. */
  elsewhere: RegistrySource | undefined;
  /** Reason why the daemon's content store cannot be used, once known. */
  #absent: string | undefined;

  constructor(client: Pick<ImageAccess, 'content'>, maximum: number) {
    this.#client = client;
    this.#maximum = maximum;
  }

  /** Reports whether the daemon has a content store, as far as known. */
  get isUsable(): boolean {
    return this.#absent === undefined;
  }

  /** Records a gap. */
  gap(part: ChainPart, reason: GapReason, detail: string, digest?: string): undefined {
    this.gaps.push({ part, reason, detail, ...(digest !== undefined && { digest }) });
    return undefined;
  }

  /**
   * Reads a blob and keeps it. Returns undefined and records a gap if it is missing.
   *
   * @param fallback reads the bytes without a content store. They are used if they have the digest.
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

  /** Reads a blob that may be missing, without recording a gap. */
  async peek(descriptor: OCIDescriptor): Promise<Buffer | undefined> {
    const { digest = '' } = descriptor;
    const known = this.blobs.get(digest);
    if (known) return known.data;
    const elsewhere = async () => (await this.elsewhere?.bytes(descriptor)) ?? undefined;
    if (!this.isUsable) return elsewhere();
    try {
      const data = await this.#download(digest);
      return data && hashesTo(data, digest) ? data : undefined;
    } catch (error) {
      if (error instanceof AttestdError) return elsewhere();
      throw error;
    }
  }

  /** Returns the labels of a blob; none if it is missing. */
  async labels(digest: string): Promise<Readonly<Record<string, string>>> {
    if (!this.isUsable) return {};
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
      if (this.isUsable) {
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

  /** Returns undefined if the blob is too long. */
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
