/** Weighs differences between descriptions against evidence about the wire. */
import { allows } from './diff-flat.js';
import type { Place } from './diff-units.js';
import { type Fact, factAt, observedAt, versionBefore } from './facts.js';

/** Evidence about a difference. */
export interface Evidence {
  /**
   * `confirms`: daemons changed. `weakens`: most clients are not affected. `refutes`: the description was wrong, and the wire
   * does not change.
   */
  readonly effect: 'confirms' | 'weakens' | 'refutes';
  readonly text: string;
}

const refutes = (text: string): Evidence => ({ effect: 'refutes', text });
const weakens = (text: string): Evidence => ({ effect: 'weakens', text });
const confirms = (text: string): Evidence => ({ effect: 'confirms', text });

/** The evidence between two API versions. */
export class EvidenceBase {
  /** The API version whose facts describe daemons before the change. */
  private readonly before: string;

  /**
   * @param from the version of the old description
   * @param to the version of the new description
   */
  constructor(
    private readonly from: string,
    private readonly to: string,
  ) {
    this.before = versionBefore(from, to);
  }

  /** Returns the facts before the change. A member that is new in a version under development has those of that version. */
  private fact(place: string): Fact | undefined {
    const known = factAt(place, this.before);
    if (known !== undefined && known !== 'absent') return known;
    const fresh = this.from === this.to ? factAt(place, this.to) : undefined;
    return fresh === 'absent' ? undefined : fresh;
  }

  /** Returns evidence about a property that left the description. */
  removed({ was }: Place): Evidence | undefined {
    const seen = observedAt(was, this.before, this.to);
    if (seen !== undefined) return seen.startsWith('not') ? refutes(seen) : weakens(seen);
    const known = factAt(was, this.before);
    if (known === 'absent') return refutes(`dockerd ${this.before} has no such member`);
    if (known && factAt(was, this.to) === 'absent') return confirms(`sent until ${this.before}`);
    return undefined;
  }

  /** Returns evidence about a property with a new name. */
  renamed(past: Place, present: Place): Evidence | undefined {
    const [old, now] = [factAt(past.was, this.before), this.fact(present.fact)];
    return now && (old === 'absent' || old === undefined) ? refutes('daemons send the new name already') : undefined;
  }

  /** Returns evidence about a property that became required or optional. */
  necessity({ was, fact }: Place, isRequired: boolean): Evidence | undefined {
    const known = this.fact(was) ?? this.fact(fact);
    if (!known || known.always !== isRequired) return undefined;
    return isRequired ? weakens("Go's clients have always sent it") : refutes('daemons already omit it if empty');
  }

  /** Returns evidence about another type. `example` is the type of the value in the old description's example. */
  type(
    place: Place,
    old: readonly string[],
    now: readonly string[],
    example: string | undefined,
  ): Evidence | undefined {
    const fits = (type: string): boolean => allows(now, [type]) && (!allows(old, [type]) || allows(old, now));
    const type = (this.fact(place.was) ?? this.fact(place.fact))?.type;
    // An empty list of types makes no statement that Go could contradict.
    if (type !== undefined && now.length > 0 && fits(type)) return refutes(`dockerd's Go type has always been ${type}`);
    const shown = example !== undefined && allows(now, [example]) && !allows(old, [example]);
    return shown ? weakens("as the old description's own example has it") : undefined;
  }

  /** Returns evidence about a map that became an object with the given properties. */
  fixedMembers({ fact }: Place, properties: readonly string[]): Evidence | undefined {
    const isKnown = properties.length > 0 && properties.every((name) => this.fact(`${fact}.${name}`) !== undefined);
    return isKnown ? refutes("dockerd's Go struct has always had these members") : undefined;
  }

  /** Returns evidence about null. */
  nullable({ fact }: Place): boolean | undefined {
    return this.fact(fact)?.null;
  }

  /** Returns evidence about an empty value that is now sent. */
  kept({ fact }: Place): Evidence | undefined {
    const known = this.fact(fact);
    if (!known) return undefined;
    return known.always ? refutes('daemons always send it') : confirms(`dockerd ${this.before} omits empty values`);
  }

  /** Returns evidence about an empty value that is now omitted. */
  omitted({ fact }: Place): Evidence | undefined {
    const known = this.fact(fact);
    if (!known) return undefined;
    return known.always
      ? confirms(`dockerd ${this.before} sends empty values`)
      : refutes('daemons already omit it if empty');
  }
}
