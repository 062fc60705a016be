/** Collects the findings in pairs of named schemas, and the operations that use each pair. */
import type { Evidence } from './diff-evidence.js';
import type { Texts } from './diff-flat.js';
import type { Direction, RuleId } from './diff-rules.js';
import type { Json } from './document.js';

/** A finding, before its operations are known. */
export interface Found {
  readonly rule: RuleId;
  /** The location in the operation or schema, such as `200 [].Labels`; empty for all of it. */
  readonly at: string;
  readonly message: string;
  readonly texts?: Texts;
  readonly evidence?: Evidence;
}

/** The location of schemas. */
export interface Place {
  /** For the reports. */
  readonly where: string;
  /** The key for facts about daemons: the named schema or operation, and the path of members in it. */
  readonly fact: string;
  /** The same key in the old description, which may have another name for the schema. */
  readonly was: string;
  /** The value in the old description's example. */
  readonly example?: Json | undefined;
}

/** Returns the location of a member. */
export function child({ where, fact, was }: Place, name: string, example?: Json): Place {
  return { where: where === '' ? name : `${where}.${name}`, fact: `${fact}.${name}`, was: `${was}.${name}`, example };
}

/** Receives the findings of a comparison. */
export interface Sink {
  note(found: Found): void;
  /** Reports the pair of named schemas at a location. `only` limits it to one property. */
  link(unit: string, place: Place, only?: string): void;
}

interface Link {
  readonly unit: string;
  /** The property of this schema that contains the pair; '' for the schema itself. */
  readonly under: string;
  readonly only?: string;
}

/** A pair of corresponding named schemas. */
export interface Unit {
  readonly from: string;
  readonly to: string;
  readonly found: readonly Found[];
  readonly links: readonly Link[];
}

/** The use of a pair by an operation. */
export interface Use {
  readonly operation: string;
  readonly direction: Direction;
}

const head = (at: string): string => /^[^.[]*/.exec(at)?.[0] ?? '';

/** All pairs of named schemas in a comparison. */
export class Units {
  readonly all = new Map<string, Unit>();
  private readonly reached = new Map<string, Map<string, Use>>();

  /**
   * Compares a pair unless it is already compared.
   *
   * @param from the old name
   * @param to the new name
   * @param compare compares the pair
   * @returns the pair's key
   */
  make(from: string, to: string, compare: (sink: Sink) => void): string {
    const key = JSON.stringify([from, to]);
    if (this.all.has(key)) return key;
    const found: Found[] = [];
    const links: Link[] = [];
    this.all.set(key, { from, to, found, links });
    compare({
      note: (each) => found.push(each),
      link: (unit, { where }, only) => links.push({ unit, under: head(where), ...(only !== undefined && { only }) }),
    });
    return key;
  }

  /** Records that an operation uses a pair or one of its properties, and all pairs that it links to. */
  reach(key: string, use: Use, only?: string): void {
    const state = `${key} ${only ?? ''}`;
    const uses = this.reached.get(state) ?? new Map<string, Use>();
    const name = `${use.direction} ${use.operation}`;
    if (uses.has(name)) return;
    this.reached.set(state, uses.set(name, use));
    for (const link of this.all.get(key)?.links ?? []) {
      if (only === undefined || link.under === only) this.reach(link.unit, use, link.only);
    }
  }

  /**
   * Returns the operations that use a location of a pair.
   *
   * @param key the pair
   * @param at the location
   */
  uses(key: string, at: string): Use[] {
    const states = [`${key} `, ...(head(at) === '' ? [] : [`${key} ${head(at)}`])];
    return [...new Map(states.flatMap((state) => [...(this.reached.get(state) ?? [])])).values()];
  }
}
