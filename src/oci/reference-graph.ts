import { AttestdError } from '../support/foundation/errors.js';
import { yieldIfDue } from '../support/foundation/scheduler.js';
import type { Descriptor } from './descriptor.js';
import { digestOf } from './digest.js';
import { DigestIds } from './digest-ids.js';
import { childrenOf } from './manifest.js';
import type { ManifestCache } from './manifest-cache.js';
import { isIndexType, isManifestType, mediaTypes } from './media-types.js';
import { type PlainChild, plainChildren } from './plain-children.js';
import { inlineData } from './read-content.js';

/** What a descriptor says its blob is: nothing that leads on, a manifest, or an index. */
const kinds = { leaf: 0, manifest: 1, index: 2 } as const;
type Kind = (typeof kinds)[keyof typeof kinds];

/** Numbers that no more than these bits of them say which kind it is. */
const kindBits = 2;
const kindMask = (1 << kindBits) - 1;

/** What a document refers to, as far as it matters here. */
type Child = PlainChild & Pick<Descriptor, 'data'>;

/** That a digest was met on a walk; which kinds of it were entered is said by the bits above. */
const metBit = 1;

/** What images consist of, by digest. */
export interface ReachedDigests {
  has(digest: string): boolean;
  /** How many digests they are. */
  readonly count: number;
  /** Whether a manifest on the way is broken on disk, so that more may belong to the images than was found. */
  readonly broken: boolean;
}

/**
 * What manifests and indexes lead to, in numbers: 50 to 100 bytes for a document instead of some kilobytes. Each was read
 * from the disk and is what its digest says, so what it leads to never changes.
 */
export class ReferenceGraph {
  readonly #ids = new DigestIds();
  /** Where the children of a document are, by `id << kindBits | kind`. */
  readonly #places = new Map<number, number>();
  /** A count of children, then these in the same form. */
  #children = new Uint32Array(1 << 12);
  #end = 0;

  constructor(private readonly manifests: ManifestCache) {}

  /** How many digests it knows. */
  get size(): number {
    return this.#ids.size;
  }

  /**
   * Everything that images consist of, whether it is there or not. A blob that descriptors call by different kinds is all
   * that any of them says.
   *
   * @param roots images
   * @param referring manifests that are kept by what they refer to, by its digest
   * @param goOn asked at each step; throws to end it
   */
  async reach(
    roots: Iterable<Descriptor>,
    referring: ReadonlyMap<string, readonly Descriptor[]>,
    goOn: () => void,
  ): Promise<ReachedDigests> {
    const ids = this.#ids;
    let marks = new Uint8Array(ids.size + 1024);
    let broken = false;
    let count = 0;
    const waiting = [...roots].map((root) => this.#enter(root));
    const referrers = new Map(
      [...referring].map(([digest, all]) => [ids.of(digest), all.map((one) => this.#enter(one))]),
    );
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      goOn();
      await yieldIfDue();
      const id = next >>> kindBits;
      const kind = (next & kindMask) as Kind;
      if (marks.length < ids.size) {
        const more = new Uint8Array(ids.size * 2);
        more.set(marks);
        marks = more;
      }
      if (marks[id] === 0) {
        count++;
        for (const one of referrers.get(id) ?? []) waiting.push(one);
      }
      marks[id] = (marks[id] as number) | metBit;
      if (kind === kinds.leaf || ((marks[id] as number) & (metBit << kind)) !== 0) continue;
      marks[id] = (marks[id] as number) | (metBit << kind);
      const place = this.#places.get(next) ?? (await this.#read(id, kind));
      if (place === undefined) continue;
      if (place === 'broken') broken = true;
      else
        for (let at = this.#children[place] as number; at > 0; at--) waiting.push(this.#children[place + at] as number);
    }
    const has = (digest: string): boolean => {
      const id = ids.find(digest);
      return id !== undefined && id < marks.length && marks[id] !== 0;
    };
    return { has, count, broken };
  }

  /** Forget what a blob led to: it is gone, or was written again. */
  forget(digest: string): void {
    const id = this.#ids.find(digest);
    if (id === undefined) return;
    for (const kind of [kinds.manifest, kinds.index]) this.#places.delete((id << kindBits) | kind);
  }

  /** The number of a descriptor. What it carries itself need not be there as a blob. */
  #enter(descriptor: Child): number {
    const node = this.#node(descriptor);
    if (descriptor.data === undefined || (node & kindMask) === kinds.leaf || this.#places.has(node)) return node;
    const data = inlineData(descriptor as Descriptor);
    if (data !== undefined) this.#note(descriptor as Descriptor, data);
    return node;
  }

  #node({ digest, mediaType }: Child): number {
    const manifest = isManifestType(mediaType) ? kinds.manifest : kinds.leaf;
    return ((this.#ids.of(digest) << kindBits) | (isIndexType(mediaType) ? kinds.index : manifest)) >>> 0;
  }

  /** @returns undefined where the blob is not there, or larger than any document */
  async #read(id: number, kind: Kind): Promise<number | 'broken' | undefined> {
    const digest = this.#ids.digest(id);
    const mediaType = kind === kinds.index ? mediaTypes.ociIndex : mediaTypes.ociManifest;
    const descriptor = { mediaType, digest, size: 0 };
    try {
      return this.#note(descriptor, await this.manifests.read(descriptor));
    } catch (error) {
      if (error instanceof AttestdError) return undefined;
      throw error;
    }
  }

  /** Note what a document leads to. */
  #note(descriptor: Descriptor, bytes: Buffer): number | 'broken' {
    const [algorithm] = descriptor.digest.split(':', 1);
    if (digestOf(bytes, algorithm) !== descriptor.digest) return 'broken';
    const children = childrenIn(bytes, descriptor).map((child) => this.#enter(child));
    const place = this.#end;
    this.#end += children.length + 1;
    while (this.#end > this.#children.length) {
      const more = new Uint32Array(this.#children.length * 2);
      more.set(this.#children);
      this.#children = more;
    }
    this.#children[place] = children.length;
    this.#children.set(children, place + 1);
    this.#places.set(this.#node(descriptor), place);
    return place;
  }
}

/** A document that is not what its descriptor says leads nowhere. */
function childrenIn(bytes: Buffer, descriptor: Descriptor): readonly Child[] {
  try {
    return plainChildren(bytes, descriptor) ?? childrenOf(bytes, descriptor);
  } catch (error) {
    if (error instanceof AttestdError) return [];
    throw error;
  }
}
