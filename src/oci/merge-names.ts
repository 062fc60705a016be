import type { Descriptor } from './descriptor.js';
import { danglingName } from './index-file.js';
import type { ImageRecord } from './store.js';

/** The names of a layout, and descriptors that have none. */
export interface Names {
  readonly records: ReadonlyMap<string, ImageRecord>;
  readonly attached: ReadonlyMap<string, Descriptor>;
}

/** Names that can be changed. */
export interface ChangingNames {
  readonly records: Map<string, ImageRecord>;
  readonly attached: Map<string, Descriptor>;
}

/**
 * Bring together what two changed of the same names. What only one changed is as that one has it. Where both changed a
 * name, ours stays, and theirs is kept without a name; where one took away what the other changed, or gave anew, it is
 * there.
 *
 * @param base the names that both began with
 * @param theirs the names as somebody else has made them
 * @param ours our names, which become both
 * @returns whether the outcome is another than theirs
 */
export function mergeNames(base: Names, theirs: Names, ours: ChangingNames): boolean {
  for (const name of new Set([...base.records.keys(), ...theirs.records.keys()])) {
    const [before, their, our] = [base, theirs, ours].map(({ records }) => records.get(name));
    const untouched = same(before, our) && before?.updatedAt.getTime() === our?.updatedAt.getTime();
    if (untouched || (our === undefined && !same(before, their))) put(ours.records, name, their);
    else if (same(before, their)) continue;
    else if (their !== undefined && !same(their, our)) {
      const dangling = danglingName(their.target.digest);
      if (!ours.records.has(dangling)) ours.records.set(dangling, { ...their, name: dangling });
    }
  }
  for (const [digest, target] of theirs.attached) if (!base.attached.has(digest)) ours.attached.set(digest, target);
  for (const digest of base.attached.keys()) if (!theirs.attached.has(digest)) ours.attached.delete(digest);
  return !equal(ours, theirs);
}

const same = (a: ImageRecord | undefined, b: ImageRecord | undefined): boolean =>
  a?.target.digest === b?.target.digest && a?.target.mediaType === b?.target.mediaType;

function put(records: Map<string, ImageRecord>, name: string, record: ImageRecord | undefined): void {
  if (record === undefined) records.delete(name);
  else records.set(name, record);
}

function equal(a: Names, b: Names): boolean {
  if (a.records.size !== b.records.size || a.attached.size !== b.attached.size) return false;
  for (const [name, record] of a.records) if (!same(record, b.records.get(name))) return false;
  for (const digest of a.attached.keys()) if (!b.attached.has(digest)) return false;
  return true;
}
