/** What is known of an image that was committed or built here. */
export interface Origin {
  /** Digest of the image that it was made of; empty for none. */
  readonly parent: string;
  /** The step that made it, for the builder's cache. */
  readonly step: string;
}

/**
 * Which image was made of which, as dockerd notes it of those that it commits and builds itself. It is not part of an
 * image, so it is kept beside the images, where those are kept.
 */
export class Lineage {
  readonly #origins = new Map<string, Origin>();

  /** Note where an image comes from. */
  note(digest: string, origin: Origin): void {
    this.#origins.set(digest, origin);
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
  made(parent: string, step: string, isThere: (digest: string) => boolean): string | undefined {
    return [...this.#origins].findLast(
      ([digest, origin]) => origin.parent === parent && origin.step === step && isThere(digest),
    )?.[0];
  }
}
