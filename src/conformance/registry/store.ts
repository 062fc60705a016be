import { digestOf, media } from '../images/kit.js';
import type { BuiltImage } from '../images/recipe.js';

/** A manifest as a registry keeps it. */
export interface StoredManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** Blobs that are manifests: they name their own media type. */
function isManifest(bytes: Buffer): string | undefined {
  if (bytes.length > 4 << 20 || bytes[0] !== 0x7b) return undefined;
  try {
    const { mediaType } = JSON.parse(bytes.toString('utf8')) as { readonly mediaType?: unknown };
    return typeof mediaType === 'string' ? mediaType : undefined;
  } catch {
    return undefined;
  }
}

/** Repositories of the suite's registry, in memory. */
export class Repositories {
  readonly #blobs = new Map<string, Buffer>();
  readonly #manifests = new Map<string, StoredManifest>();
  readonly #tags = new Map<string, Map<string, string>>();

  #of(repository: string): Map<string, string> {
    const known = this.#tags.get(repository) ?? new Map<string, string>();
    this.#tags.set(repository, known);
    return known;
  }

  /** Keep an image under a tag; each repository sees the blobs of all. */
  seed(repository: string, tag: string, image: Pick<BuiltImage, 'root' | 'blobs'>): void {
    for (const [digest, bytes] of image.blobs) {
      this.#blobs.set(digest, bytes);
      const mediaType = isManifest(bytes);
      if (mediaType !== undefined) this.#manifests.set(digest, { digest, mediaType, bytes });
    }
    this.#of(repository).set(tag, image.root.digest);
  }

  /** Drops a blob, so that a download of it fails. */
  removeBlob(digest: string): void {
    this.#blobs.delete(digest);
  }

  /** Keep a manifest that was sent, under a tag or its digest. @returns it, or undefined when the digest is another */
  put(repository: string, reference: string, mediaType: string, bytes: Buffer): StoredManifest | undefined {
    const digest = digestOf(bytes);
    const isDigest = reference.includes(':');
    if (isDigest && reference !== digest) return undefined;
    const stored = { digest, mediaType: mediaType || media.manifest, bytes };
    this.#manifests.set(digest, stored);
    const tags = this.#of(repository);
    if (!isDigest) tags.set(reference, digest);
    return stored;
  }

  /** The manifest of a tag or digest; a repository that nothing was ever put into has none. */
  manifest(repository: string, reference: string): StoredManifest | undefined {
    const tags = this.#tags.get(repository);
    return tags && this.#manifests.get(tags.get(reference) ?? reference);
  }

  tags(repository: string): readonly string[] {
    return [...(this.#tags.get(repository)?.keys() ?? [])].sort();
  }

  blob(digest: string): Buffer | undefined {
    return this.#blobs.get(digest);
  }

  /** Keep a blob; under a digest that is not its own, it is one that a daemon must not take. */
  keep(digest: string, bytes: Buffer): void {
    this.#blobs.set(digest, bytes);
  }

  drop(digest: string): void {
    this.#blobs.delete(digest);
  }
}
