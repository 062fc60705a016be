/** What the Go structs of dockerd put on the wire, as far as it was read from them (`src/generated/go-members.ts`). */
import { goMembers } from '../generated/go-members.js';

/** What is known of a member of an object. */
export interface Fact {
  /** Whether it is always sent; else it is left out when it has its zero value. */
  readonly always: boolean;
  /** Whether it can be null. */
  readonly null: boolean;
}

/** The API version of the daemon whose structs were read. */
export const factsVersion = '1.55';

/**
 * Looks up a member.
 *
 * @param place a named schema and the members in it, such as `ImageInspect.RootFS.Layers`; for schemas without a name, the
 *   operation and `body` or a status, such as `GET /system/df 200.ImageUsage`
 * @returns what is known of it; undefined when nothing is
 */
export function factAt(place: string): Fact | undefined {
  const marks = Object.hasOwn(goMembers, place) ? goMembers[place] : undefined;
  return marks === undefined ? undefined : { always: marks.includes('a'), null: marks.includes('n') };
}
