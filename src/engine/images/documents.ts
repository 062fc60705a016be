import { AttestdError } from '../../errors.js';
import { decodeJson, type GoType } from '../../go/json.js';
import { missingContent, readContent } from '../../intoto/content.js';
import type { Descriptor } from '../../oci/descriptor.js';
import { digestOf } from '../../oci/digest.js';
import { checkMediaType, childrenOf, type Index, indexType, type Manifest, manifestType } from '../../oci/manifest.js';
import type { ContentStore } from '../../oci/store.js';
import { Lru } from '../lru.js';
import { type ImageConfig, imageConfigType } from './config.js';

/** Bytes of documents whose decoded form is kept. */
const kept = 32 << 20;

/** Documents larger than this are read and decoded each time. */
const largest = 4 << 20;

/** The store's indexes, manifests and configurations, decoded; content never changes, so decoded forms are kept. */
export class Documents {
  private readonly decoded = new Lru<unknown>(kept);

  constructor(readonly content: ContentStore) {}

  /**
   * The children of a descriptor, as containerd walks them.
   *
   * @throws NOT_FOUND when its blob is not there; CORRUPT when the blob is not what the media type says
   */
  children(descriptor: Descriptor): Promise<readonly Descriptor[]> {
    return this.get('children', descriptor, (bytes) => corruptIsServerError(() => childrenOf(bytes, descriptor)));
  }

  /**
   * The manifest behind a manifest descriptor, checked as containerd does before it looks into an image.
   *
   * @throws NOT_FOUND, CORRUPT
   */
  manifest(descriptor: Descriptor): Promise<Manifest> {
    return this.get('manifest', descriptor, (bytes) => {
      const invalid = `manifest: invalid desc ${descriptor.digest}: `;
      corruptIsServerError(() => checkMediaType(bytes, descriptor.mediaType), invalid);
      return corruptIsServerError(() => decodeJson(bytes, manifestType));
    });
  }

  /**
   * The configuration behind a descriptor.
   *
   * @throws NOT_FOUND, CORRUPT with the daemon's text (docs/behaviour.md#tagging-an-image)
   */
  async config(descriptor: Descriptor): Promise<ImageConfig> {
    try {
      return await this.get('config', descriptor, (bytes) =>
        corruptIsServerError(() => decodeJson(bytes, imageConfigType), 'could not deserialize image config: '),
      );
    } catch (error) {
      if (!(error instanceof AttestdError) || error.code !== 'NOT_FOUND') throw error;
      throw new AttestdError(error.code, `failed to read config content: ${error.message}`, { cause: error });
    }
  }

  /**
   * The index that the attestations of an image are looked for in; its blob is hashed
   * (docs/behaviour.md#content-that-is-missing-or-broken).
   */
  verifiedIndex(descriptor: Descriptor): Promise<Index> {
    return this.verified('verified index', descriptor, indexType, 'unmarshaling image index: ');
  }

  /** An attestation manifest; its blob is hashed (docs/behaviour.md#content-that-is-missing-or-broken). */
  verifiedManifest(descriptor: Descriptor): Promise<Manifest> {
    return this.verified('verified manifest', descriptor, manifestType, `unmarshaling manifest ${descriptor.digest}: `);
  }

  private async verified<T>(kind: string, descriptor: Descriptor, type: GoType<T>, prefix: string): Promise<T> {
    try {
      return await this.get(kind, descriptor, (bytes) => {
        // The daemon drops a blob whose hash is wrong and goes on with nothing, which is what it then reports.
        const sound = digestOf(bytes, descriptor.digest.split(':', 1)[0]) === descriptor.digest;
        return corruptIsServerError(() => decodeJson(sound ? bytes : Buffer.alloc(0), type), prefix);
      });
    } catch (error) {
      if (!(error instanceof AttestdError) || error.code !== 'NOT_FOUND') throw error;
      throw new AttestdError(error.code, `reading blob ${descriptor.digest}: ${error.message}`, { cause: error });
    }
  }

  /** Whether a blob is in the store, inline content aside. */
  async has(digest: string): Promise<boolean> {
    try {
      return (await this.content.info(digest)) !== undefined;
    } catch (error) {
      if (error instanceof AttestdError && error.code === 'NOT_FOUND') return false;
      throw error;
    }
  }

  private async get<T>(kind: string, descriptor: Descriptor, decode: (bytes: Buffer) => T): Promise<T> {
    const key = `${kind} ${descriptor.mediaType} ${descriptor.digest}`;
    const known = this.decoded.get(key);
    if (known !== undefined) {
      if (await this.stillThere(descriptor)) return known as T;
      this.decoded.delete(key);
      throw missingContent(descriptor.digest);
    }
    const bytes = await readContent(this.content, descriptor);
    const value = decode(bytes);
    // Decoded objects weigh a few times their text.
    if (bytes.length <= largest) this.decoded.set(key, value, bytes.length * 4 + 256);
    return value;
  }

  /** A kept document says nothing about whether its blob was deleted meanwhile. */
  private async stillThere(descriptor: Descriptor): Promise<boolean> {
    return descriptor.data !== undefined || (await this.has(descriptor.digest));
  }
}

/** Stored content that cannot be read is the daemon's trouble, not the caller's. */
function corruptIsServerError<T>(act: () => T, prefix = ''): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    throw new AttestdError('CORRUPT', prefix + error.message, { cause: error });
  }
}
