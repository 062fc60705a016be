/** Evidence about the wire: dockerd's Go structs in each API version, and observations of daemons. */
import { goMembers, newestFacts } from '../generated/go-members.js';
import { observations } from './observations.js';
import { compareVersions } from './versions.js';

/** The JSON kinds in the facts, by letter. */
const kinds = {
  s: 'string',
  b: 'boolean',
  i: 'integer',
  n: 'number',
  l: 'array',
  o: 'object',
  '?': undefined,
} as const;

/** The facts about a member of an object. */
export interface Fact {
  /** The JSON type. Undefined if Go encodes the value in its own way. */
  readonly type: string | undefined;
  /** Whether it is always sent. Otherwise an empty value is omitted. */
  readonly always: boolean;
  /** Whether it can be null. */
  readonly null: boolean;
}

const minorOf = (version: string): number => Number(version.split('.')[1]);

function entryAt(place: string, version: string): string | undefined {
  const history = Object.hasOwn(goMembers, place) ? goMembers[place] : undefined;
  const entries = (history ?? '').split(' ').filter((entry) => Number.parseInt(entry, 10) <= minorOf(version));
  return entries.at(-1)?.split(':')[1];
}

/**
 * Looks up the facts about a member.
 *
 * @param place a named schema and the path of members in it, such as `ImageInspect.RootFS.Layers`. For a schema without a
 *   name, the operation and `body` or a status, such as `GET /system/df 200.ImageUsage`
 * @param version the API version. Default: the newest one with facts
 * @returns the facts; `absent` if the Go struct has no such member; undefined if nothing is known
 */
export function factAt(place: string, version: string = newestFacts): Fact | 'absent' | undefined {
  const entry = entryAt(place, version);
  if (entry === undefined || entry === '~') return undefined;
  if (entry === '-') return 'absent';
  return { type: kinds[entry[0] as keyof typeof kinds], always: entry.includes('a'), null: entry.includes('n', 1) };
}

/**
 * Looks up an observation about a member that left the description.
 *
 * @param place the place, as for `factAt`
 * @param version the API version before the change
 * @param next the API version after the change
 * @returns evidence against the removal; undefined without an observation
 */
export function observedAt(place: string, version: string, next: string): string | undefined {
  const known = observations.find(({ places }) => places.includes(place));
  if (!known) return undefined;
  const { absentSince, sentIn, source } = known;
  if (absentSince !== undefined && compareVersions(absentSince, version) <= 0) {
    return `not sent since API ${absentSince} (${source})`;
  }
  if (sentIn !== undefined && compareVersions(sentIn, next) >= 0) return `still sent in API ${next} (${source})`;
  return undefined;
}

/**
 * Returns the API version whose facts describe daemons before a change.
 *
 * @param from the version of the old description
 * @param to the version of the new description
 * @returns the older version; for two descriptions of one version, which may be in development, the version before it
 */
export function versionBefore(from: string, to: string): string {
  if (!/^1\.\d+$/.test(from)) return newestFacts;
  return from === to ? `1.${minorOf(from) - 1}` : from;
}
