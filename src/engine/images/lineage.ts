import { parseReference, repositoryName } from '../../oci/reference.js';

/** What is known of an image that was committed or built here. */
export interface Origin {
  /** Digest of the image that it was made of; empty for none. */
  readonly parent: string;
  /** The step that made it, for the builder's cache. */
  readonly step: string;
}

/**
 * Which image was made of which, as dockerd notes it of those that it commits and builds itself, and which repositories images
 * came from and went to. It is not part of an image, so it is kept beside the images, where those are kept.
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
   * Note that content came from a repository or went there. dockerd notes the host without its port, and reads it as a name again
   * (docs/reference/behavior/images.md#image-identity).
   *
   * @param host of the registry, with its port
   */
  recordRepository(digest: string, host: string, path: string): void {
    const name = repositoryName(parseReference(`${host.replace(/:\d+$/, '')}/${path}`));
    this.restoreRepositories(digest, [...new Set([...this.repositories(digest), name])].sort());
  }

  /** Forget where content came from that goes: what comes again comes without it. */
  deleteRepositories(digest: string): void {
    if (this.#repositories.delete(digest)) this.generation++;
  }

  /** Put back what was kept. */
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

  /** All that is known, by digest, in the order in which it was noted. */
  entries(): ReadonlyMap<string, Origin> {
    return this.#origins;
  }

  /** The image that one was made of; undefined where that is not known. */
  parentOf(digest: string): string | undefined {
    return this.#origins.get(digest)?.parent || undefined;
  }

  /** All that came before an image, the nearest first. */
  ancestors(digest: string): readonly string[] {
    const found: string[] = [];
    for (let next = this.parentOf(digest); next !== undefined && !found.includes(next); next = this.parentOf(next))
      found.push(next);
    return found;
  }

  /** The images that were made of one. */
  children(digest: string): readonly string[] {
    return [...this.#origins].filter(([, { parent }]) => parent === digest).map(([child]) => child);
  }

  /** The image that a step made of another one last, of those that are there. */
  childrenOf(parent: string, step: string, isThere: (digest: string) => boolean): string | undefined {
    return [...this.#origins].findLast(
      ([digest, origin]) => origin.parent === parent && origin.step === step && isThere(digest),
    )?.[0];
  }
}
