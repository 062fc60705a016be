/** What was found in pairs of named schemas, and which operations reach it. */
import type { Texts } from './diff-flat.js';
import type { Direction, RuleId } from './diff-rules.js';
import type { Json } from './document.js';

/** A change, before it is known whom it reaches. */
export interface Found {
  readonly rule: RuleId;
  /** The place within the operation or schema, such as `200 [].Labels`; empty for the whole of it. */
  readonly at: string;
  readonly message: string;
  readonly texts?: Texts;
  /** Why the change looks like a correction of words rather than one of the wire. */
  readonly corrects?: string;
}

/** Where schemas stand. */
export interface Place {
  /** For the reports. */
  readonly where: string;
  /** For what is known of daemons: the named schema or operation, and the path of members in it. */
  readonly fact: string;
  /** What the old description's example has there. */
  readonly example?: Json | undefined;
}

/** The place of a member. */
export function child({ where, fact }: Place, name: string, example?: Json): Place {
  return { where: where === '' ? name : `${where}.${name}`, fact: `${fact}.${name}`, example };
}

/** Takes what a comparison finds. */
export interface Sink {
  note(found: Found): void;
  /** The pair of named schemas that stands at a place; `only` when just one of its properties does. */
  link(unit: string, place: Place, only?: string): void;
}

interface Link {
  readonly unit: string;
  /** The property of this schema below which the pair stands; '' for the schema itself. */
  readonly under: string;
  readonly only?: string;
}

/** A pair of named schemas that stand for each other. */
export interface Unit {
  readonly from: string;
  readonly to: string;
  readonly found: readonly Found[];
  readonly links: readonly Link[];
}

/** A way in which an operation reaches a pair. */
export interface Use {
  readonly operation: string;
  readonly direction: Direction;
}

const head = (at: string): string => /^[^.[]*/.exec(at)?.[0] ?? '';

/** All pairs of named schemas that a comparison met. */
export class Units {
  readonly all = new Map<string, Unit>();
  private readonly reached = new Map<string, Map<string, Use>>();

  /**
   * Compares a pair, unless it was.
   *
   * @param from the old name
   * @param to the new name
   * @param compare does it
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

  /** Notes that an operation reaches a pair, all of it or one property, and what that leads to. */
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
   * Who reaches a place of a pair.
   *
   * @param key the pair
   * @param at the place
   */
  uses(key: string, at: string): Use[] {
    const states = [`${key} `, ...(head(at) === '' ? [] : [`${key} ${head(at)}`])];
    return [...new Map(states.flatMap((state) => [...(this.reached.get(state) ?? [])])).values()];
  }
}
