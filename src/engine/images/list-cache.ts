import { LRUCache } from 'lru-cache';
import { cacheSize } from '../../oci/cache-size.js';
import type { ImageRecord } from '../../oci/store.js';
import { giveWay } from '../../turns.js';
import type { Context } from '../context.js';
import type { Pass } from './facts.js';

/** What an element takes beside its text, bytes. */
const overhead = 400;

/** An element of a list as it was rendered. */
export interface ListedElement {
  /** Of the image, seconds since 1970. */
  readonly created: number;
  /** A string takes less room than a piece of a buffer, which keeps what lies beside it. */
  readonly text: string;
}

interface Kept extends ListedElement {
  readonly image: ImageRecord;
  readonly tags: readonly string[] | undefined;
  readonly about: string;
  /** The moment at which the image was last found to be as it was. */
  moment: number;
  /** The last pass that used it. */
  user: Pass;
}

/**
 * Elements of lists, kept as they were rendered, as long as their image, its names and its content are the same, and so is
 * what they say of containers, unpacked layers and parents: after a change of one image only its element is made again.
 */
export class ListCache {
  readonly #kept: LRUCache<string, Kept>;
  #generations: readonly number[] = [];
  #about = '';

  /** @param size bytes that the elements may take */
  constructor(size = cacheSize('lists')) {
    this.#kept = new LRUCache({ maxSize: size });
  }

  /**
   * @param form what the list was asked for, beyond which images
   * @returns undefined where the element is to be made
   */
  async get(
    context: Context,
    form: string,
    { image, tags }: { image: ImageRecord; tags: readonly string[] | undefined },
    pass: Pass,
  ): Promise<ListedElement | undefined> {
    await giveWay();
    const kept = this.#kept.get(keyOf(form, image));
    if (kept === undefined || kept.image !== image || kept.about !== this.#aboutNow(context)) return undefined;
    if (!isSame(kept.tags, tags)) return undefined;
    if (kept.moment !== pass.number) {
      if (!(await pass.holds(image.target))) return undefined;
      kept.moment = pass.number;
    }
    kept.user = pass;
    return kept;
  }

  /** @param element made of lasting facts */
  put(
    context: Context,
    form: string,
    { image, tags }: { image: ImageRecord; tags: readonly string[] | undefined },
    pass: Pass,
    element: ListedElement,
  ): void {
    const size = element.text.length + overhead;
    if (this.#kept.calculatedSize + size > this.#kept.maxSize) {
      // Of a list that is longer than there is room for, what came first stays: who puts each in the place of the oldest finds none
      // the next time.
      const [oldest] = this.#kept.rkeys();
      if (oldest !== undefined && this.#kept.peek(oldest)?.user === pass) return;
    }
    const kept = { ...element, image, tags, about: this.#aboutNow(context), moment: pass.number, user: pass };
    this.#kept.set(keyOf(form, image), kept, { size });
  }

  /** What changes with anything that an element says beside its image. */
  #aboutNow({ containers, snapshots, lineage }: Context): string {
    const now = [containers.generation, snapshots.generation, lineage.generation];
    if (now.some((each, at) => each !== this.#generations[at])) {
      this.#generations = now;
      this.#about = now.join(' ');
    }
    return this.#about;
  }
}

const keyOf = (form: string, { target }: ImageRecord): string => `${form} ${target.digest}`;

function isSame(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((tag, at) => tag === b[at]);
}
