/** A JSON object with unknown members. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Reports whether a value is an object, but not an array. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns an object as is, and an empty object for other values. */
export const asObject = (value: unknown): JsonObject => (isObject(value) ? value : {});

/** Returns an array as is, and an empty array for other values. */
export const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Returns a string if it is not empty. */
export const asText = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** Selects the string members of an object. Returns undefined if it has none. */
export function asTexts(value: unknown): Readonly<Record<string, string>> | undefined {
  const found = Object.entries(asObject(value)).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

/** Removes undefined members. */
export function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
