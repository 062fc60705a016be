/** Facts about the members that dockerd's Go structs put on the wire (`src/generated/go-members.ts`). */
import { goMembers } from '../generated/go-members.js';

/** The facts about a member of an object. */
export interface Fact {
  /** Whether it is always sent. Otherwise the zero value is omitted. */
  readonly always: boolean;
  /** Whether it can be null. */
  readonly null: boolean;
}

/** The API version of the structs. */
export const factsVersion = '1.55';

/**
 * Looks up the facts about a member.
 *
 * @param place a named schema and the path of members in it, such as `ImageInspect.RootFS.Layers`. For a schema without a
 *   name, the operation and `body` or a status, such as `GET /system/df 200.ImageUsage`
 * @returns the facts; undefined if the member is unknown
 */
export function factAt(place: string): Fact | undefined {
  const marks = Object.hasOwn(goMembers, place) ? goMembers[place] : undefined;
  return marks === undefined ? undefined : { always: marks.includes('a'), null: marks.includes('n') };
}
