/** An API version as two numbers; what is not a version compares as 0.0. */
function parts(version: string): readonly [number, number] {
  const match = /^(\d+)\.(\d+)$/.exec(version);
  return match ? [Number(match[1]), Number(match[2])] : [0, 0];
}

/** Whether an Engine API version has the form `1.55`. */
export function isVersion(text: string): boolean {
  return /^\d+\.\d+$/.test(text);
}

/**
 * Order of two Engine API versions, by number: 1.9 is before 1.10.
 *
 * @returns negative, zero or positive as for a sort
 */
export function compareVersions(a: string, b: string): number {
  const [aMajor, aMinor] = parts(a);
  const [bMajor, bMinor] = parts(b);
  return aMajor - bMajor || aMinor - bMinor;
}

/** The version just before or after another, by minor number. */
export function neighbour(version: string, step: 1 | -1): string {
  const [major, minor] = parts(version);
  return `${major}.${minor + step}`;
}

/** The lower of two versions. Requests for behavior that later versions dropped use the last version that has it. */
export function atMost(version: string, last: string): string {
  return compareVersions(version, last) > 0 ? last : version;
}
