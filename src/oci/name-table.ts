import type { Descriptor } from './descriptor.js';
import { danglingName } from './index-file.js';
import { byName, ImagesByTarget, replaced } from './sorted-images.js';
import type { ImageRecord } from './store.js';

/** What a name stood for before a change, as far as it tells one image from another. */
export interface Base {
  readonly target: Pick<Descriptor, 'digest' | 'mediaType'>;
  readonly updatedAt?: Date;
}

/** A change of what a name stands for. */
export interface NameChange {
  readonly name: string;
  readonly before: Base | undefined;
  readonly after: ImageRecord | undefined;
}

/** A change of the descriptors that have no name. */
export interface AttachedChange {
  readonly attached: string;
  readonly before: Pick<Descriptor, 'digest'> | undefined;
  readonly after: Descriptor | undefined;
}

export type Change = NameChange | AttachedChange;

/** The names of a layout, and descriptors that have none. */
export interface Names {
  readonly records: ReadonlyMap<string, ImageRecord>;
  readonly attached: ReadonlyMap<string, Descriptor>;
}

/** What names and descriptors were before they were changed, by name and by digest. */
interface Changed {
  readonly records: Map<string, ImageRecord | undefined>;
  readonly attached: Map<string, Descriptor | undefined>;
}

const nothing = (): Changed => ({ records: new Map(), attached: new Map() });

/** Changes of which sorted images take up each where it belongs; after more of them all are sorted. */
const fewChanges = 64;

/**
 * The names of a store in memory. What a change costs does not depend on how many names there are: next to the names
 * stands what index.json has in the place of those that were changed since it was written.
 */
export class NameTable {
  #records: Map<string, ImageRecord>;
  #attached: Map<string, Descriptor>;
  #sorted: readonly ImageRecord[] | undefined;
  readonly #unsorted = new Set<string>();
  #byTarget: ImagesByTarget | undefined;
  /** Changes that are not recorded yet. */
  #pending: Change[] = [];
  /** What index.json has, of what is another since. */
  #changed = nothing();
  /** The same up to when the index that is being written was begun. */
  #drafted: Changed | undefined;

  /** @param names become the table's own */
  constructor({ records, attached }: { records: Map<string, ImageRecord>; attached: Map<string, Descriptor> }) {
    this.#records = records;
    this.#attached = attached;
    // As long as a store is opened nobody waits for an image.
    this.#byTarget = new ImagesByTarget(records.values());
  }

  get size(): number {
    return this.#records.size;
  }

  get attached(): ReadonlyMap<string, Descriptor> {
    return this.#attached;
  }

  /** Whether index.json has other names than these. */
  get differs(): boolean {
    return [this.#changed, this.#drafted].some((each) => each && each.records.size + each.attached.size > 0);
  }

  get(name: string): ImageRecord | undefined {
    return this.#records.get(name);
  }

  /** All images by name. */
  list(): readonly ImageRecord[] {
    let sorted = this.#unsorted.size > fewChanges ? undefined : this.#sorted;
    sorted ??= [...this.#records.values()].sort(byName);
    if (sorted === this.#sorted)
      for (const name of this.#unsorted) sorted = replaced(sorted, name, this.#records.get(name));
    this.#unsorted.clear();
    this.#sorted = sorted;
    return sorted;
  }

  /** The images with a target, by name. */
  withTarget(digest: string): readonly ImageRecord[] {
    this.#byTarget ??= new ImagesByTarget(this.#records.values());
    return this.#byTarget.get(digest);
  }

  /** Give a name to an image, or to none. */
  note(name: string, record: ImageRecord | undefined): void {
    const before = this.#records.get(name);
    this.#pending.push({ name, before, after: record });
    if (!this.#changed.records.has(name)) this.#changed.records.set(name, before);
    this.#set(name, record);
  }

  /** Keep a descriptor that has no name, or no longer. */
  noteAttached(digest: string, target: Descriptor | undefined): void {
    const before = this.#attached.get(digest);
    if (before === undefined && target === undefined) return;
    this.#pending.push({ attached: digest, before, after: target });
    if (!this.#changed.attached.has(digest)) this.#changed.attached.set(digest, before);
    put(this.#attached, digest, target);
  }

  /** The changes that are to be recorded. */
  takePending(): readonly Change[] {
    const pending = this.#pending;
    this.#pending = [];
    return pending;
  }

  /** Undo changes that could not be recorded, and those made since. */
  undo(changes: readonly Change[]): void {
    for (const change of [...changes, ...this.takePending()].reverse())
      if ('name' in change) this.#set(change.name, change.before as ImageRecord | undefined);
      else put(this.#attached, change.attached, change.before as Descriptor | undefined);
  }

  /** The names as they are recorded, of which index.json is to be made. `endDraft` tells how that went. */
  beginDraft(): Names {
    const records = new Map(this.#records);
    const attached = new Map(this.#attached);
    for (const change of this.#pending.toReversed())
      if ('name' in change) put(records, change.name, change.before as ImageRecord | undefined);
      else put(attached, change.attached, change.before as Descriptor | undefined);
    this.#drafted = this.#changed;
    this.#changed = nothing();
    // What is not recorded yet is not in the draft.
    for (const change of this.#pending)
      if (!('name' in change)) this.#changed.attached.set(change.attached, attached.get(change.attached));
      else this.#changed.records.set(change.name, records.get(change.name));
    return { records, attached };
  }

  /** There is no index but the names themselves. */
  accept(): void {
    this.#changed = nothing();
  }

  /** @param inPlace whether index.json is what the draft said */
  endDraft(inPlace: boolean): void {
    const drafted = this.#drafted;
    this.#drafted = undefined;
    if (drafted === undefined || inPlace) return;
    for (const [name, before] of drafted.records) this.#changed.records.set(name, before);
    for (const [digest, before] of drafted.attached) this.#changed.attached.set(digest, before);
  }

  /**
   * Bring together what two changed of the same names. What only one changed is as that one has it. Where both changed a
   * name, ours stays, and theirs is kept without a name; where one took away what the other changed, or gave anew, it is
   * there.
   *
   * @param theirs index.json as somebody else has made it
   */
  merge({ records, attached }: Names): void {
    this.endDraft(false);
    const [ours, ourAttached, before] = [this.#records, this.#attached, this.#changed];
    this.#records = new Map(records);
    this.#attached = new Map(attached);
    this.#changed = nothing();
    this.#pending = this.#pending.map((change) => {
      if (!('name' in change)) return change;
      const their = records.get(change.name);
      return { ...change, before: outcome(before.records.get(change.name), their, change.before as ImageRecord) };
    });
    for (const [name, base] of before.records) this.#settle(name, base, ours.get(name));
    for (const [digest, base] of before.attached) this.#settleAttached(digest, base, ourAttached.get(digest));
    this.#renamed();
  }

  /**
   * Do again what was recorded and may not be in index.json. A name that is there as it was at any time of the record was
   * not changed by others since.
   */
  replay(changes: readonly Change[]): void {
    const byKey = new Map<string, Change[]>();
    for (const change of changes) {
      const key = 'name' in change ? `name ${change.name}` : change.attached;
      byKey.set(key, [...(byKey.get(key) ?? []), change]);
    }
    for (const all of byKey.values()) {
      const [first, last] = [all[0], all.at(-1)];
      if (first === undefined || last === undefined) continue;
      if (!('name' in first))
        this.#settleAttached(first.attached, this.#attached.get(first.attached), last.after as Descriptor);
      else {
        const their = this.#records.get(first.name);
        const known = (all as NameChange[]).some(({ before, after }) => same(before, their) || same(after, their));
        this.#settle(first.name, known ? their : first.before, last.after as ImageRecord | undefined);
      }
    }
    this.#renamed();
  }

  /** Give a name what becomes of it where the table has what they made of it. */
  #settle(name: string, base: Base | undefined, our: ImageRecord | undefined): void {
    const their = this.#records.get(name);
    const record = outcome(base, their, our);
    if (record === their) return;
    this.#changed.records.set(name, their);
    put(this.#records, name, record);
    if (their === undefined || same(base, their) || same(their, record)) return;
    const dangling = danglingName(their.target.digest);
    if (this.#records.has(dangling)) return;
    this.#changed.records.set(dangling, undefined);
    this.#records.set(dangling, { ...their, name: dangling });
  }

  #settleAttached(digest: string, base: Descriptor | undefined, our: Descriptor | undefined): void {
    const their = this.#attached.get(digest);
    if ((base === undefined) !== (their === undefined) || our === their) return;
    this.#changed.attached.set(digest, their);
    put(this.#attached, digest, our);
  }

  #set(name: string, record: ImageRecord | undefined): void {
    const before = this.#records.get(name);
    put(this.#records, name, record);
    this.#unsorted.add(name);
    if (this.#byTarget === undefined) return;
    if (before !== undefined) this.#byTarget.replace(before.target.digest, name, undefined);
    if (record !== undefined) this.#byTarget.replace(record.target.digest, name, record);
  }

  /** Names are no longer what they were, in ways that were not noted one by one. */
  #renamed(): void {
    this.#sorted = undefined;
    this.#unsorted.clear();
    this.#byTarget = undefined;
  }
}

/** What a name that both may have changed stands for in the end. */
function outcome(
  base: Base | undefined,
  their: ImageRecord | undefined,
  our: ImageRecord | undefined,
): ImageRecord | undefined {
  const untouched = same(base, our) && base?.updatedAt?.getTime() === our?.updatedAt.getTime();
  return untouched || (our === undefined && !same(base, their)) ? their : our;
}

const same = (a: Base | undefined, b: Base | undefined): boolean =>
  a?.target.digest === b?.target.digest && a?.target.mediaType === b?.target.mediaType;

function put<T>(all: Map<string, T>, key: string, value: T | undefined): void {
  if (value === undefined) all.delete(key);
  else all.set(key, value);
}
