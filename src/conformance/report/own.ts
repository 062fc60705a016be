import type { Exchange } from '../api.js';

/** Paths whose answers list all objects of a daemon. */
const lists =
  /^(\/v\d+\.\d+)?\/(images\/json|images\/search|containers\/json|networks|volumes|system\/df|events)(\?|$)/;

/** Whether a value is an entry about something with a name or an id, such as an image or a container. */
const isEntry = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && ['Id', 'ID', 'Name', 'Type'].some((key) => Object.hasOwn(value, key));

/**
 * Removes entries about images, containers, networks and volumes of other clients from an answer, because reports are
 * published.
 *
 * @param exchange the answer
 * @param run name of the run, which all its objects carry in their names or labels
 * @returns the body, unchanged if nothing was removed, and the number of removed entries
 */
export function ownPart(exchange: Exchange, run: string): { readonly body: Buffer; readonly leftOut: number } {
  const { path, body } = exchange;
  if (!lists.test(path)) return { body, leftOut: 0 };
  let leftOut = 0;
  const own = (value: unknown): unknown => {
    if (Array.isArray(value))
      return value
        .filter((entry) => {
          const isOther = isEntry(entry) && !JSON.stringify(entry).includes(run);
          if (isOther) leftOut += 1;
          return !isOther;
        })
        .map(own);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, own(member)]));
  };
  const text = body.toString('utf8');
  try {
    if (/\/events(\?|$)/.test(path)) {
      const lines = text.split('\n').filter((line) => {
        const isOther = line.includes('{') && !line.includes(run);
        if (isOther) leftOut += 1;
        return !isOther;
      });
      return { body: leftOut > 0 ? Buffer.from(lines.join('\n')) : body, leftOut };
    }
    const kept = own(JSON.parse(text));
    return { body: leftOut > 0 ? Buffer.from(JSON.stringify(kept)) : body, leftOut };
  } catch {
    return { body, leftOut: 0 };
  }
}
