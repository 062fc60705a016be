import { LRUCache } from 'lru-cache';
import { cacheSize } from '../../oci/cache-size.js';
import type { ImageRecord } from '../../oci/store.js';
import { yieldIfDue } from '../../support/foundation/scheduler.js';
import type { Context } from '../context.js';
import type { Pass } from './metadata-cache.js';
import { pack, unpack } from './packed-text.js';

/** Bytes of an element in addition to its text. */
const overhead = 240;

/** Number of elements that stay unpacked. Packing takes a tenth of the time of a first list. */
const unpackedElements = 2000;

/** A rendered element of a list. */
export interface ListedElement {
  /** Creation time of the image in seconds since 1970. */
  readonly created: number;
  readonly text: string;
}

/** An image with the others that have its target and are listed with it, by name. */
export interface Group {
  readonly image: ImageRecord;
  readonly others: readonly ImageRecord[];
}

class CachedElement implements Group, ListedElement {
  readonly #stored: string;

  /**
   * @param inputs number of the external inputs of the element
   *
   * @param generation of the image's last check
   * @param user the last pass that used it
   * @param packed whether its text is packed
   */
  constructor(
    readonly image: ImageRecord,
    readonly others: readonly ImageRecord[],
    readonly created: number,
    text: string,
    readonly inputs: number,
    public generation: number,
    public user: Pass,
    private readonly packed: boolean,
  ) {
    this.#stored = packed ? pack(text, image.target.digest) : text;
  }

  get text(): string {
    return this.packed ? unpack(this.#stored, this.image.target.digest) : this.#stored;
  }

  /** Bytes that it takes. */
  get size(): number {
    return this.#stored.length + overhead + this.others.length * 8;
  }
}

/**
 * A cache of rendered list elements. An element is valid as long as its image's names and content, and the containers,
 * unpacked layers and parents that it reports, are unchanged. A change of one image renders only its element again.
 */
export class ListCache {
  /** By list options, the most recent last, and by image digest. */
  readonly #forms = new Map<string, LRUCache<string, CachedElement>>();
  #last = '';
  #generations: readonly number[] = [];
  #inputs = 0;

  /**
   * @param size bytes of all elements
   *
   * @param unpacked number of elements per form that are stored unpacked
   */
  constructor(
    private readonly size = cacheSize('lists'),
    private readonly unpacked = unpackedElements,
  ) {}

  /**
   * Returns a cached element.
   *
   * @param form the list options that affect elements
   * @returns undefined if the element must be rendered
   */
  async get(context: Context, form: string, group: Group, pass: Pass): Promise<ListedElement | undefined> {
    await yieldIfDue();
    const { digest } = group.image.target;
    const cached = this.#formOf(form).get(digest);
    if (cached === undefined || cached.inputs !== this.#currentInputs(context) || !isSame(cached, group))
      return undefined;
    if (cached.generation !== pass.number) {
      if (!(await pass.isCurrent(group.image.target))) return undefined;
      cached.generation = pass.number;
    }
    cached.user = pass;
    return cached;
  }

  /** @param element made of lasting facts */
  put(context: Context, form: string, { image, others }: Group, pass: Pass, { created, text }: ListedElement): void {
    const elements = this.#formOf(form);
    const packed = elements.size >= this.unpacked;
    const cached = new CachedElement(
      image,
      others,
      created,
      text,
      this.#currentInputs(context),
      pass.number,
      pass,
      packed,
    );
    elements.delete(image.target.digest);
    const { size } = cached;
    if (this.#evict(elements, size, pass)) elements.set(image.target.digest, cached, { size });
  }

  #formOf(form: string): LRUCache<string, CachedElement> {
    let elements = this.#forms.get(form);
    if (elements !== undefined && this.#last === form) return elements;
    elements ??= new LRUCache<string, CachedElement>({ maxSize: this.size });
    this.#forms.delete(form);
    this.#forms.set(form, elements);
    this.#last = form;
    return elements;
  }

  /**
   * Evicts the least recently used elements. If a list does not fit, its first elements stay: replacing the oldest with
   * each new one would leave no hit for the next pass.
   */
  #evict(elements: LRUCache<string, CachedElement>, size: number, pass: Pass): boolean {
    let free = this.size - size;
    for (const each of this.#forms.values()) free -= each.calculatedSize;
    for (const [form, each] of this.#forms) {
      while (free < 0 && each.size > 0) {
        const [oldest] = each.rkeys();
        if (oldest === undefined || (each === elements && each.peek(oldest)?.user === pass)) return false;
        free += each.calculatedSize;
        each.delete(oldest);
        free -= each.calculatedSize;
      }
      if (each.size === 0 && each !== elements) this.#forms.delete(form);
    }
    return free >= 0;
  }

  /** Returns a number that changes with the external inputs of elements. */
  #currentInputs({ containers, snapshots, lineage }: Context): number {
    const now = [containers.generation, snapshots.generation, lineage.generation];
    if (now.some((each, at) => each !== this.#generations[at])) {
      this.#generations = now;
      this.#inputs++;
    }
    return this.#inputs;
  }
}

const isSame = (a: Group, b: Group): boolean =>
  a.image === b.image && a.others.length === b.others.length && a.others.every((each, at) => each === b.others[at]);
