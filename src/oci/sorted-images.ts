import { compareText } from '../go/json.js';
import type { ImageRecord } from './store.js';

/** The order of lists. */
export const byName = (a: ImageRecord, b: ImageRecord): number => compareText(a.name, b.name);

/** Images by the digests of their targets, each group by name. */
export function groupByTarget(images: Iterable<ImageRecord>): Map<string, readonly ImageRecord[]> {
  const groups = new Map<string, ImageRecord[]>();
  const several = new Set<ImageRecord[]>();
  for (const image of images) {
    const group = groups.get(image.target.digest);
    if (group === undefined) groups.set(image.target.digest, [image]);
    else {
      group.push(image);
      several.add(group);
    }
  }
  for (const group of several) group.sort(byName);
  return groups;
}

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

/** Put an image in its group in the place of the one of its name, or none. */
export function regroup(
  groups: Map<string, readonly ImageRecord[]>,
  digest: string,
  name: string,
  record: ImageRecord | undefined,
): void {
  const group = replaced(groups.get(digest) ?? [], name, record);
  if (group.length === 0) groups.delete(digest);
  else groups.set(digest, group);
}
