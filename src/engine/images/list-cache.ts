import { LRUCache } from 'lru-cache';
import { cacheSize } from '../../oci/cache-size.js';
import type { ImageRecord } from '../../oci/store.js';
import { yieldIfDue } from '../../support/foundation/scheduler.js';
import type { Context } from '../context.js';
import type { Pass } from './metadata-cache.js';
import { pack, unpack } from './packed-text.js';

/** What an element takes beside its text, bytes. */
const overhead = 240;

/** Elements up to which they are kept as they are: to pack them takes a tenth of the time of a first list. */
const unpackedElements = 2000;

/** An element of a list as it was rendered. */
export interface ListedElement {
  /** Of the image, seconds since 1970. */
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
   * @param inputs number of what it says beside its image
   * @param generation at which the image was last found to be as it was
   * @param user the last pass that used it
   * @param packed whether its text is kept packed
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
 * Elements of lists, kept as they were rendered, as long as their image, its names and its content are the same, and so is
 * what they say of containers, unpacked layers and parents: after a change of one image only its element is made again.
 */
export class ListCache {
  /** By what the lists were asked for, the last at the end, and by the digests of images. */
  readonly #forms = new Map<string, LRUCache<string, CachedElement>>();
  #last = '';
  #generations: readonly number[] = [];
  #inputs = 0;

  /**
   * @param size bytes that the elements may take
   * @param unpacked elements of a form up to which they are kept as they are
   */
  constructor(
    private readonly size = cacheSize('lists'),
    private readonly unpacked = unpackedElements,
  ) {}

  /**
   * An element as it was rendered for the same images.
   *
   * @param form what the list was asked for, beyond which images
   * @returns undefined where the element is to be made
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
   * Make room by what was used longest ago. Of a list that is longer than there is room for, what came first stays: who puts
   * each in the place of the oldest finds none the next time.
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

  /** Another number with anything that an element says beside its image. */
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
