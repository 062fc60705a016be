import { compareText } from '../support/go/json.js';
import type { ImageRecord } from './store.js';

/** The order of lists. */
export const byName = (a: ImageRecord, b: ImageRecord): number => compareText(a.name, b.name);

/** Where a name is, or would be, among sorted images. */
function placeOf(images: readonly ImageRecord[], name: string): number {
  let low = 0;
  for (let high = images.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (compareText((images[middle] as ImageRecord).name, name) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Sorted images with another image of a name, or none. Whoever goes through the images as they were is not disturbed. */
export function replaced(images: readonly ImageRecord[], name: string, record: ImageRecord | undefined): ImageRecord[] {
  const at = placeOf(images, name);
  const known = images[at]?.name === name ? 1 : 0;
  return images.toSpliced(at, known, ...(record === undefined ? [] : [record]));
}

/** Images by the digests of their targets; one that has its target for itself needs no list. */
export class ImagesByTarget {
  readonly #groups = new Map<string, ImageRecord | readonly ImageRecord[]>();

  constructor(images: Iterable<ImageRecord>) {
    const several = new Map<string, ImageRecord[]>();
    for (const image of images) {
      const { digest } = image.target;
      const known = this.#groups.get(digest);
      const group = several.get(digest);
      if (group !== undefined) group.push(image);
      else if (known === undefined) this.#groups.set(digest, image);
      else several.set(digest, [known as ImageRecord, image]);
    }
    for (const [digest, group] of several) this.#groups.set(digest, group.sort(byName));
  }

  /** The images with a target, by name. */
  get(digest: string): readonly ImageRecord[] {
    const group = this.#groups.get(digest);
    if (group === undefined) return [];
    return 'name' in group ? [group] : group;
  }

  /** Put an image in the place of the one of its name, or none. */
  replace(digest: string, name: string, record: ImageRecord | undefined): void {
    const group = replaced(this.get(digest), name, record);
    const [only] = group;
    if (only === undefined) this.#groups.delete(digest);
    else this.#groups.set(digest, group.length === 1 ? only : group);
  }
}
