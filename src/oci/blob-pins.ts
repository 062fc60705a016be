/** Which blobs are not to be deleted, though no name may reach them. */
export class BlobPins {
  /** Blobs that were written and that no name has reached yet. */
  private readonly fresh = new Set<string>();
  /** Blobs that this store wrote or had names for: others may be on their way to a name by another program's hand. */
  readonly own = new Set<string>();
  /** Blobs of open leases, and how many leases each is in. */
  private readonly leased = new Map<string, number>();
  /** Those of the leased blobs that a name has reached since, none of which has been taken away. */
  private readonly settled = new Set<string>();

  has(digest: string): boolean {
    return this.fresh.has(digest) || this.leased.has(digest);
  }

  /** Hold a blob that is about to be written until a name reaches it. */
  pin(digest: string): void {
    this.fresh.add(digest);
  }

  lease(digest: string): void {
    this.leased.set(digest, (this.leased.get(digest) ?? 0) + 1);
  }

  /** @returns whether no other lease has the blob */
  endLease(digest: string): boolean {
    const others = (this.leased.get(digest) ?? 1) - 1;
    if (others > 0) this.leased.set(digest, others);
    else this.leased.delete(digest);
    this.settled.delete(digest);
    return others <= 0;
  }

  /** A name has reached blobs: they are the names' to keep. @param named whether the name still stands for them */
  reached(digests: Iterable<string>, named: boolean): void {
    for (const digest of digests) {
      this.fresh.delete(digest);
      if (named && this.leased.has(digest)) this.settled.add(digest);
    }
  }

  /** Names have been taken away. */
  unsettle(): void {
    this.settled.clear();
  }

  /** Whether names have reached all of some blobs since they were written, and keep them. */
  areSettled(digests: Iterable<string>): boolean {
    for (const digest of digests) if (!this.settled.has(digest)) return false;
    return true;
  }

  /** A blob was deleted by somebody who asked for it. */
  drop(digest: string): void {
    this.fresh.delete(digest);
  }
}
