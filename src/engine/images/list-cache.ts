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

class Kept implements Group, ListedElement {
  readonly #kept: string;

  /**
   * @param about number of what it says beside its image
   * @param moment at which the image was last found to be as it was
   * @param user the last pass that used it
   * @param packed whether its text is kept packed
   */
  constructor(
    readonly image: ImageRecord,
    readonly others: readonly ImageRecord[],
    readonly created: number,
    text: string,
    readonly about: number,
    public moment: number,
    public user: Pass,
    private readonly packed: boolean,
  ) {
    this.#kept = packed ? pack(text, image.target.digest) : text;
  }

  get text(): string {
    return this.packed ? unpack(this.#kept, this.image.target.digest) : this.#kept;
  }

  /** Bytes that it takes. */
  get size(): number {
    return this.#kept.length + overhead + this.others.length * 8;
  }
}

/**
 * Elements of lists, kept as they were rendered, as long as their image, its names and its content are the same, and so is
 * what they say of containers, unpacked layers and parents: after a change of one image only its element is made again.
 */
export class ListCache {
  /** By what the lists were asked for, the last at the end, and by the digests of images. */
  readonly #forms = new Map<string, LRUCache<string, Kept>>();
  #last = '';
  #generations: readonly number[] = [];
  #about = 0;

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
    const kept = this.#formOf(form).get(digest);
    if (kept === undefined || kept.about !== this.#aboutNow(context) || !isSame(kept, group)) return undefined;
    if (kept.moment !== pass.number) {
      if (!(await pass.holds(group.image.target))) return undefined;
      kept.moment = pass.number;
    }
    kept.user = pass;
    return kept;
  }

  /** @param element made of lasting facts */
  put(context: Context, form: string, { image, others }: Group, pass: Pass, { created, text }: ListedElement): void {
    const elements = this.#formOf(form);
    const packed = elements.size >= this.unpacked;
    const kept = new Kept(image, others, created, text, this.#aboutNow(context), pass.number, pass, packed);
    elements.delete(image.target.digest);
    const { size } = kept;
    if (this.#makeRoom(elements, size, pass)) elements.set(image.target.digest, kept, { size });
  }

  #formOf(form: string): LRUCache<string, Kept> {
    let elements = this.#forms.get(form);
    if (elements !== undefined && this.#last === form) return elements;
    elements ??= new LRUCache<string, Kept>({ maxSize: this.size });
    this.#forms.delete(form);
    this.#forms.set(form, elements);
    this.#last = form;
    return elements;
  }

  /**
   * Make room by what was used longest ago. Of a list that is longer than there is room for, what came first stays: who puts
   * each in the place of the oldest finds none the next time.
   */
  #makeRoom(elements: LRUCache<string, Kept>, size: number, pass: Pass): boolean {
    let room = this.size - size;
    for (const each of this.#forms.values()) room -= each.calculatedSize;
    for (const [form, each] of this.#forms) {
      while (room < 0 && each.size > 0) {
        const [oldest] = each.rkeys();
        if (oldest === undefined || (each === elements && each.peek(oldest)?.user === pass)) return false;
        room += each.calculatedSize;
        each.delete(oldest);
        room -= each.calculatedSize;
      }
      if (each.size === 0 && each !== elements) this.#forms.delete(form);
    }
    return room >= 0;
  }

  /** Another number with anything that an element says beside its image. */
  #aboutNow({ containers, snapshots, lineage }: Context): number {
    const now = [containers.generation, snapshots.generation, lineage.generation];
    if (now.some((each, at) => each !== this.#generations[at])) {
      this.#generations = now;
      this.#about++;
    }
    return this.#about;
  }
}

const isSame = (a: Group, b: Group): boolean =>
  a.image === b.image && a.others.length === b.others.length && a.others.every((each, at) => each === b.others[at]);
