import { LRUCache } from 'lru-cache';
import { AttestdError } from '../support/foundation/errors.js';
import { yieldIfDue } from '../support/foundation/scheduler.js';
import { decodeJson, firstJsonInTurns } from '../support/go/json.js';
import { cacheSize } from './cache-size.js';
import type { ContentStore } from './content-store.js';
import type { Descriptor } from './descriptor.js';
import { digestOf } from './digest.js';
import { type ImageConfig, imageConfigType } from './image-config.js';
import { checkMediaType, childrenOf, decodeManifest, type Index, indexType, type Manifest } from './manifest.js';
import { isIndexType, isManifestType } from './media-types.js';
import { inlineData, isMissing, missingContent, readContent } from './read-content.js';

/** Documents larger than this are read and decoded each time. */
const largestKept = 4 << 20;

/** Documents larger than this are looked through in turns with others before they are decoded. */
const longDocument = 256 << 10;

/** Largest manifest, index or configuration that is read: what is larger is none, and would take time and memory. */
export const largestDocument = 8 << 20;

const decodeIndex = (bytes: Buffer): Index => decodeJson(bytes, indexType);

/** The store's indexes, manifests and configurations, decoded; content never changes, so decoded forms are kept. */
export class ManifestCache {
  /** By digest: what each document was decoded as. */
  private readonly decoded = new LRUCache<string, ReadonlyMap<string, unknown>>({
    maxSize: cacheSize('documents'),
  });

  /** How many blobs were written again. */
  private replaced = 0;

  constructor(readonly content: ContentStore) {}

  /**
   * The children of a descriptor, as containerd walks them; none of what is neither manifest nor index.
   *
   * @returns undefined when the blob is not there
   * @throws CORRUPT when the blob is not what the media type says
   */
  async children(descriptor: Descriptor): Promise<readonly Descriptor[] | undefined> {
    if (!isIndexType(descriptor.mediaType) && !isManifestType(descriptor.mediaType)) return [];
    return unlessMissing(() =>
      this.get('children', descriptor, (bytes) => asCorrupt(() => childrenOf(bytes, descriptor))),
    );
  }

  /**
   * The manifest behind a manifest descriptor, checked as containerd does before it looks into an image.
   *
   * @throws NOT_FOUND, CORRUPT
   */
  manifest(descriptor: Descriptor): Promise<Manifest> {
    return this.get('manifest', descriptor, (bytes) => {
      const invalid = `manifest: invalid desc ${descriptor.digest}: `;
      asCorrupt(() => checkMediaType(bytes, descriptor.mediaType), invalid);
      return asCorrupt(() => decodeManifest(bytes));
    });
  }

  /**
   * The index behind a descriptor, whatever its document calls itself.
   *
   * @throws NOT_FOUND, CORRUPT
   */
  index(descriptor: Descriptor): Promise<Index> {
    return this.get('index', descriptor, (bytes) => asCorrupt(() => decodeIndex(bytes)));
  }

  /**
   * The configuration behind a descriptor.
   *
   * @throws NOT_FOUND, CORRUPT with the daemon's text (docs/reference/behavior/images.md#tagging-an-image)
   */
  async config(descriptor: Descriptor): Promise<ImageConfig> {
    try {
      return await this.get('config', descriptor, (bytes) =>
        asCorrupt(() => decodeJson(bytes, imageConfigType), 'could not deserialize image config: '),
      );
    } catch (error) {
      throw withPrefix(error, 'failed to read config content: ');
    }
  }

  /**
   * The index that the attestations of an image are looked for in; its blob is hashed
   * (docs/reference/behavior/attestations.md#missing-or-broken-content).
   */
  verifiedIndex(descriptor: Descriptor): Promise<Index> {
    return this.verified('verified index', descriptor, decodeIndex, 'unmarshaling image index: ');
  }

  /** An attestation manifest; its blob is hashed (docs/reference/behavior/attestations.md#missing-or-broken-content). */
  verifiedManifest(descriptor: Descriptor): Promise<Manifest> {
    return this.verified(
      'verified manifest',
      descriptor,
      decodeManifest,
      `unmarshaling manifest ${descriptor.digest}: `,
    );
  }

  private async verified<T>(
    kind: string,
    descriptor: Descriptor,
    decode: (bytes: Buffer) => T,
    prefix: string,
  ): Promise<T> {
    try {
      return await this.get(kind, descriptor, (bytes) => {
        // The daemon drops a blob whose hash is wrong and goes on with nothing, which is what it then reports.
        const sound = digestOf(bytes, descriptor.digest.split(':', 1)[0]) === descriptor.digest;
        return asCorrupt(() => decode(sound ? bytes : Buffer.alloc(0)), prefix);
      });
    } catch (error) {
      throw withPrefix(error, `reading blob ${descriptor.digest}: `);
    }
  }

  /** Whether a blob is in the store, inline content aside. */
  async has(digest: string): Promise<boolean> {
    try {
      return await this.content.has(digest);
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  /**
   * What a document says, decoded when it is first asked for.
   *
   * @param kind what it is decoded as; one kind has one form
   * @param decode makes that form of the document's bytes
   * @param mayBeGone whether a form that was kept counts although the blob was deleted meanwhile
   * @throws NOT_FOUND when the blob is not there; CORRUPT when it is larger than any document; what `decode` throws
   */
  async get<T>(kind: string, descriptor: Descriptor, decode: (bytes: Buffer) => T, mayBeGone = false): Promise<T> {
    const { digest } = descriptor;
    const form = `${kind} ${descriptor.mediaType}`;
    const known = this.decoded.get(digest);
    if (known?.has(form) === true) {
      // A kept document says nothing about whether its blob was deleted meanwhile.
      if (mayBeGone || descriptor.data !== undefined || (await this.has(digest))) return known.get(form) as T;
      this.decoded.delete(digest);
      throw missingContent(digest);
    }
    const before = this.replaced;
    const bytes = await this.read(descriptor);
    const value = decode(bytes);
    if (bytes.length > largestKept || this.replaced !== before) return value;
    const forms = new Map(this.decoded.get(digest)).set(form, value);
    // Decoded objects weigh a few times their text.
    this.decoded.set(digest, forms, { size: forms.size * (bytes.length * 4 + 256) });
    return value;
  }

  /**
   * The bytes of a document, looked through in turns with others where it is long, so that decoding it takes no time of theirs.
   *
   * @throws NOT_FOUND when the blob is not there; CORRUPT when it is larger than any document
   */
  async read(descriptor: Descriptor): Promise<Buffer> {
    await this.checkSize(descriptor);
    const bytes = await readContent(this.content, descriptor);
    // What is wrong with it is for those to say who decode it.
    if (bytes.length > longDocument) await firstJsonInTurns(bytes, yieldIfDue).catch(() => undefined);
    return bytes;
  }

  /** Forget what a document said: its blob was written again, and may have been broken before. */
  forget(digest: string): void {
    this.replaced++;
    this.decoded.delete(digest);
  }

  private async checkSize(descriptor: Descriptor): Promise<void> {
    if (inlineData(descriptor) !== undefined) return;
    const info = await this.content.info(descriptor.digest).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
    if (info === undefined || info.size <= largestDocument) return;
    const { digest } = descriptor;
    throw new AttestdError('CORRUPT', `${digest} has ${info.size} bytes, a manifest has at most ${largestDocument}`);
  }
}

/** Undefined for what the store says is not there. */
async function unlessMissing<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof AttestdError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

/** An error that says that content is missing, with what was being done. */
function withPrefix(error: unknown, prefix: string): unknown {
  if (!(error instanceof AttestdError) || error.code !== 'NOT_FOUND') return error;
  return new AttestdError(error.code, prefix + error.message, { cause: error });
}

/** Stored content that cannot be read is the daemon's trouble, not the caller's. */
function asCorrupt<T>(act: () => T, prefix = ''): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    throw new AttestdError('CORRUPT', prefix + error.message, { cause: error });
  }
}
