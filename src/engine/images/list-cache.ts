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
  readonly text: Buffer;
}

interface Kept extends ListedElement {
  readonly image: ImageRecord;
  readonly tags: readonly string[] | undefined;
  readonly moment: string;
  /** The pass in which the image was last found to be as it was. */
  pass: number;
}

/**
 * Elements of lists, kept as they were rendered, as long as their image, its names and its content are the same, and so is
 * what they say of containers, unpacked layers and parents: after a change of one image only its element is made again.
 */
export class ListCache {
  readonly #kept: LRUCache<string, Kept>;

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
    if (kept === undefined || kept.image !== image || kept.moment !== momentOf(context)) return undefined;
    if (!isSame(kept.tags, tags)) return undefined;
    if (kept.pass !== pass.number) {
      if (!(await pass.holds(image.target))) return undefined;
      kept.pass = pass.number;
    }
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
    const kept = { ...element, image, tags, moment: momentOf(context), pass: pass.number };
    this.#kept.set(keyOf(form, image), kept, { size: element.text.length + overhead });
  }
}

const keyOf = (form: string, { target }: ImageRecord): string => `${form} ${target.digest}`;

/** What changes with anything that an element says beside its image. */
const momentOf = ({ containers, snapshots, lineage }: Context): string =>
  `${containers.generation} ${snapshots.generation} ${lineage.generation}`;

function isSame(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((tag, at) => tag === b[at]);
}
