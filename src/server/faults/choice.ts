import { familiarString, formatReference, parseReference, tagNameOnly } from '../../oci/reference.js';
import type { Shape } from './body.js';
import type { Fault, FaultCount, FaultPlan, Patterns } from './types.js';

/** What is known of a request when faults are chosen. */
export interface Asked {
  readonly operationId: string;
  /** Names of the image that is asked for. */
  readonly images: readonly string[];
  /** What the client calls itself. */
  readonly client: string;
}

/** Gives numbers from 0 up to 1, the same ones for the same seed. */
export type Chance = () => number;

/** Marsaglia's xorshift on 32 bits. */
export function chanceOf(seed: number): Chance {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

/** What dockerd answers for attestations where a graph driver keeps its images (observed with 29.7.2 on overlay2). */
const graphDriver: Fault = {
  name: 'graph-driver',
  match: { operation: 'ImageAttestations' },
  status: 501,
  message: 'the legacy image store does not support attestations',
};

/** Whether one of the patterns matches one of the texts as a whole. */
export function matchesAny(patterns: Patterns, texts: readonly string[]): boolean {
  return [patterns].flat().some((pattern) => {
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*+/g, '.*')
      .replace(/\?/g, '.');
    const expression = new RegExp(`^${source}$`, 's');
    return texts.some((text) => expression.test(text));
  });
}

/** An image's name as it was asked for, in full, and as docker shows it. */
export function namesOf(name: string): readonly string[] {
  if (name === '') return [];
  try {
    const reference = tagNameOnly(parseReference(name));
    return [name, familiarString(reference), formatReference(reference)];
  } catch {
    return [name];
  }
}

function matches({ match }: Fault, { operationId, images, client }: Asked): boolean {
  if (match === undefined) return true;
  if (match.operation !== undefined && !matchesAny(match.operation, [operationId])) return false;
  if (match.image !== undefined && !matchesAny(match.image, images)) return false;
  return match.client === undefined || matchesAny(match.client, [client]);
}

/** Where the body of what a fault strikes ends, and how. */
export function endOf(fault: Fault | undefined): Shape['end'] {
  for (const kind of ['reset', 'truncate', 'stall'] as const) {
    const place = fault?.[kind];
    if (place !== undefined) return { kind, after: place.after ?? 0 };
  }
  return undefined;
}

interface Counted {
  readonly fault: Fault;
  matched: number;
  struck: number;
}

/** The faults of a plan, with how often each was met: of those that match a request, the first one strikes. */
export class FaultChoice {
  readonly #faults: readonly Counted[];
  readonly hard: boolean;
  /** Whether a fault asks for the image. */
  readonly byImage: boolean;
  /** Chance for whoever needs it beside the choice. */
  readonly chance: Chance;

  constructor(plan: FaultPlan) {
    const faults = [...(plan.store === 'graph-driver' ? [graphDriver] : []), ...(plan.faults ?? [])];
    this.#faults = faults.map((fault) => ({ fault, matched: 0, struck: 0 }));
    this.hard = plan.mode === 'hard';
    this.byImage = faults.some(({ match }) => match?.image !== undefined);
    this.chance = chanceOf(plan.seed ?? 1);
  }

  /**
   * The fault that strikes a request, if one does.
   *
   * @param among the faults that come into question
   */
  of(asked: Asked, among: (fault: Fault) => boolean = () => true): Fault | undefined {
    for (const counted of this.#faults) {
      const { fault } = counted;
      const { skip = 0, times = Number.POSITIVE_INFINITY, probability = 1 } = fault;
      if (!among(fault) || !matches(fault, asked)) continue;
      counted.matched++;
      if (counted.matched <= skip || counted.struck >= times) continue;
      if (probability < 1 && this.chance() >= probability) continue;
      counted.struck++;
      return fault;
    }
    return undefined;
  }

  counts(): readonly FaultCount[] {
    return this.#faults.map(({ fault, matched, struck }, at) => ({
      name: fault.name ?? `faults[${at}]`,
      matched,
      struck,
    }));
  }
}
