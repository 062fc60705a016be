import type { ContentStore } from './content-store.js';
import type { Descriptor } from './descriptor.js';
import type { ManifestCache } from './manifest-cache.js';

/** A named image, as containerd's image store keeps it. */
export interface ImageRecord {
  /** Full name: `docker.io/library/busybox:latest`, or a digest reference for a dangling image. */
  readonly name: string;
  readonly target: Descriptor;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What a collection takes. */
export interface CollectOptions {
  /** Young blobs of other programs too, which may be on their way to a name. */
  readonly others?: boolean;
  /** Of a store with many images in a while, for it takes long: what is asked for meanwhile is done at once. */
  readonly soon?: boolean;
}

/** Names and what they point to. */
export interface ImageStore {
  /** Changes with each write and differs from those of other stores: what was rendered can be kept until it moves. */
  readonly generation: number;
  readonly content: ContentStore;
  /** Folder for what is derived from the layout and can be made again; none where nothing outlasts the process. */
  readonly derived?: string | undefined;
  /** What indexes, manifests and configurations say, decoded once. */
  readonly manifests: ManifestCache;
  list(): readonly ImageRecord[];
  get(name: string): ImageRecord | undefined;
  /** The images with a target, by name. */
  withTarget(digest: string): readonly ImageRecord[];
  /** Create or repoint a name; kept when the promise resolves. Errors INVALID_ARGUMENT for a target that is none. */
  put(name: string, target: Descriptor): Promise<ImageRecord>;
  /** Errors NOT_FOUND. */
  remove(name: string): Promise<void>;
  /** Resolves once the names are kept that are there now. */
  kept(): Promise<void>;
  /**
   * Keep a manifest without a name as long as what it refers to (its subject) is there; `referrers` finds it.
   * Errors INVALID_DIGEST.
   */
  attach(target: Descriptor): Promise<void>;
  /**
   * Manifests that refer to a digest: their subject is it, or they lie under the tag `<algorithm>-<hex>` (with cosign's
   * suffixes). Sorted by digest.
   */
  referrers(digest: string): Promise<readonly Descriptor[]>;
  /**
   * Delete blobs that no name reaches any more; resolves with their digests and sizes. What was written and has not had
   * a name yet stays, for the name may be about to come.
   */
  collect(options?: CollectOptions): Promise<readonly { digest: string; size: number }[]>;
  /** A way to write blobs of which those that no name reaches in the end are not kept. */
  lease(): Lease;
  close(): Promise<void>;
}

/** Blobs that are written before it is known which of them an image needs. */
export interface Lease {
  readonly content: ContentStore;
  /** Keep a blob that is there until the lease ends, whatever becomes of its names. */
  hold(digest: string): void;
  /**
   * Delete what was written or held and no name reaches.
   *
   * @param failed that nothing is to be left of it: of an image that lacked blobs those that came are deleted as well
   */
  end(failed?: boolean): Promise<void>;
}
