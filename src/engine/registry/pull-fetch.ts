import { Readable } from 'node:stream';
import type { ContentStore } from '../../oci/content-store.js';
import type { Descriptor } from '../../oci/descriptor.js';
import { isDigest } from '../../oci/digest.js';
import { isConfigType, isIndexType, isLayerType, isManifestType } from '../../oci/media-types.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { quote } from '../../support/go/quote.js';
import type { Repository } from '../../support/registry-client/repository.js';

/** Bytes beyond its size that a blob may have before its registry is believed to send without end. */
const surplus = 1 << 20;

const attestationTypes = new Set(['application/vnd.in-toto+json']);

/** Progress of one blob. */
export interface Transfer {
  /** Bytes. */
  current: number;
  readonly total: number;
}

/**
 * Brings blobs from a repository into a store, each once, verified while it streams.
 */
export class Fetcher {
  /** Active downloads by digest. */
  readonly active = new Map<string, Transfer>();
  /** Digests that this pull downloaded. */
  readonly fetched = new Set<string>();
  private readonly inFlight = new Map<string, Promise<void>>();

  constructor(
    private readonly repository: Repository,
    private readonly content: ContentStore,
  ) {}

  /**
   * Downloads a descriptor's content unless the store has it.
   *
   * @throws INVALID_ARGUMENT for an invalid descriptor; CORRUPT for content that does not match it; the registry's
   * errors
   */
  fetch(descriptor: Descriptor): Promise<void> {
    const { digest } = descriptor;
    const coming = this.inFlight.get(digest) ?? this.download(descriptor);
    this.inFlight.set(digest, coming);
    return coming.finally(() => this.inFlight.delete(digest));
  }

  private async download(descriptor: Descriptor): Promise<void> {
    const { digest, size } = descriptor;
    if (!isDigest(digest)) throw new AttestdError('INVALID_DIGEST', `invalid checksum digest format: ${digest}`);
    if ((await this.content.info(digest)) !== undefined) return;
    if (size === 0) {
      const reason = `unable to fetch descriptor (${digest}) which reports content size of zero: invalid argument`;
      throw new AttestdError('INVALID_ARGUMENT', reason);
    }
    const transfer: Transfer = { current: 0, total: size };
    this.active.set(digest, transfer);
    try {
      const chunks = measured(this.bytes(descriptor), transfer, descriptor);
      await this.content.ingest(Readable.from(chunks, { objectMode: false }), { digest, size });
      this.fetched.add(digest);
    } catch (error) {
      throw uncommitted(error, descriptor);
    } finally {
      this.active.delete(digest);
    }
  }

  private bytes(descriptor: Descriptor): AsyncIterable<Buffer> {
    const { data, size } = descriptor;
    const inline = data === undefined ? undefined : Buffer.from(data, 'base64');
    if (inline === undefined || inline.length !== size) return this.repository.fetch(descriptor);
    return Readable.from([inline]);
  }
}

async function* measured(
  source: AsyncIterable<Buffer>,
  transfer: Transfer,
  descriptor: Descriptor,
): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    transfer.current += chunk.length;
    if (transfer.current > descriptor.size + surplus) throw sizeMismatch(transfer.current, descriptor);
    yield chunk;
  }
  if (transfer.current > descriptor.size) throw sizeMismatch(transfer.current, descriptor);
}

function sizeMismatch(got: number, descriptor: Descriptor): AttestdError {
  const what = quote(refKey(descriptor));
  const reason = `${what} failed size validation: ${got} != ${descriptor.size}: failed precondition`;
  return new AttestdError('CORRUPT', `failed commit on ref ${what}: commit failed: ${reason}`);
}

/** The error for a blob that has not the digest it should have, as containerd words it. */
function uncommitted(error: unknown, descriptor: Descriptor): unknown {
  if (!(error instanceof AttestdError) || !error.message.startsWith('unexpected commit ')) return error;
  const what = `failed commit on ref ${quote(refKey(descriptor))}: commit failed`;
  return new AttestdError(error.code, `${what}: ${error.message}`, { cause: error });
}

/** containerd's name of a transfer. */
function refKey({ mediaType, digest, annotations }: Descriptor): string {
  const name = annotations?.['org.opencontainers.image.ref.name'];
  const key = name === undefined ? digest : `${name}@${digest}`;
  if (isManifestType(mediaType)) return `manifest-${key}`;
  if (isIndexType(mediaType)) return `index-${key}`;
  if (isLayerType(mediaType)) return `layer-${key}`;
  if (isConfigType(mediaType)) return `config-${key}`;
  return `${attestationTypes.has(mediaType) ? 'attestation' : 'unknown'}-${key}`;
}
