import { parseReference, repositoryName } from '../../oci/reference.js';

/** The parent and build step of an image that was committed or built here. */
export interface Origin {
  /** Digest of the image that it was made of; empty for none. */
  readonly parent: string;
  /** The step that made it, for the builder's cache. */
  readonly step: string;
}

/**
 * The parents of committed and built images, and the repositories of pushed and pulled ones. dockerd records these
 * outside the image, so they are persisted next to the image store.
 */
export class Lineage {
  readonly #origins = new Map<string, Origin>();
  readonly #repositories = new Map<string, readonly string[]>();
  /** Moves with each note. */
  generation = 0;

  /** Note where an image comes from. */
  recordOrigin(digest: string, origin: Origin): void {
    this.#origins.set(digest, origin);
    this.generation++;
  }

  /**
   * Records a repository that content was pulled from or pushed to. dockerd records the host without its port and
   * parses it as a name again (docs/reference/behavior/images.md#image-identity).
   *
   * @param host of the registry, with its port
   */
  recordRepository(digest: string, host: string, path: string): void {
    const name = repositoryName(parseReference(`${host.replace(/:\d+$/, '')}/${path}`));
    this.restoreRepositories(digest, [...new Set([...this.repositories(digest), name])].sort());
  }

  /** Deletes the repositories of removed content. If the content comes back, it has no repository. */
  deleteRepositories(digest: string): void {
    if (this.#repositories.delete(digest)) this.generation++;
  }

  /** Restores persisted repositories. */
  restoreRepositories(digest: string, names: readonly string[]): void {
    this.#repositories.set(digest, names);
    this.generation++;
  }

  /** The repositories that content came from or went to, in order. */
  repositories(digest: string): readonly string[] {
    return this.#repositories.get(digest) ?? [];
  }

  /** All repositories that are known, by digest. */
  allRepositories(): ReadonlyMap<string, readonly string[]> {
    return this.#repositories;
  }

  /** Returns all origins by digest, in insertion order. */
  entries(): ReadonlyMap<string, Origin> {
    return this.#origins;
  }

  /** The image that one was made of; undefined where that is not known. */
  parentOf(digest: string): string | undefined {
    return this.#origins.get(digest)?.parent || undefined;
  }

  /** Returns all ancestors of an image, the nearest first. */
  ancestors(digest: string): readonly string[] {
    const found: string[] = [];
    for (let next = this.parentOf(digest); next !== undefined && !found.includes(next); next = this.parentOf(next))
      found.push(next);
    return found;
  }

  /** Returns the images with this parent. */
  children(digest: string): readonly string[] {
    return [...this.#origins].filter(([, { parent }]) => parent === digest).map(([child]) => child);
  }

  /** Returns the last existing image that a step created from a parent. */
  childrenOf(parent: string, step: string, isThere: (digest: string) => boolean): string | undefined {
    return [...this.#origins].findLast(
      ([digest, origin]) => origin.parent === parent && origin.step === step && isThere(digest),
    )?.[0];
  }
}
