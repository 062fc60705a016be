/** A map as Go writes it: with its keys in order. */
export const sorted = <T>(map: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(map).sort());
