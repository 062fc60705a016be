import { type Api, filters } from '../api.js';
import { runLabel } from '../images/kit.js';

interface Kind {
  /** Path of the list. */
  readonly list: string;
  readonly query: Readonly<Record<string, string>>;
  /** Entries of the list's body. */
  readonly entries: (body: unknown) => readonly unknown[];
  /** Path that removes one. */
  readonly remove: (entry: Readonly<Record<string, unknown>>) => string;
  readonly options: Readonly<Record<string, string>>;
}

const arrays = (body: unknown): readonly unknown[] => (Array.isArray(body) ? body : []);

/** In the order in which they can go: what uses something before what it uses. */
const kinds: readonly Kind[] = [
  {
    list: '/containers/json',
    query: { all: '1' },
    entries: arrays,
    remove: ({ Id }) => `/containers/${String(Id)}`,
    options: { force: '1', v: '1' },
  },
  { list: '/networks', query: {}, entries: arrays, remove: ({ Id }) => `/networks/${String(Id)}`, options: {} },
  {
    list: '/volumes',
    query: {},
    entries: (body) => arrays((body as { Volumes?: unknown } | null)?.Volumes),
    remove: ({ Name }) => `/volumes/${encodeURIComponent(String(Name))}`,
    options: { force: '1' },
  },
];

const labelOf = (entry: Readonly<Record<string, unknown>>): unknown =>
  (entry.Labels as Readonly<Record<string, unknown>> | null | undefined)?.[runLabel];

/**
 * Remove the containers, networks and volumes that carry a run's label, and nothing else.
 *
 * @param api requests that are not aborted with the run
 * @param run the label's value; it is checked here too, in case the daemon ignores the filter
 * @returns paths of what could not be removed
 */
export async function sweep(api: Api, run: string): Promise<readonly string[]> {
  const left: string[] = [];
  for (const { list, query, entries, remove, options } of kinds) {
    try {
      const answer = await api.get(list, { query: { ...query, filters: filters({ label: [`${runLabel}=${run}`] }) } });
      if (answer.exchange.status !== 200) continue;
      for (const value of entries(answer.json().value)) {
        const entry = value as Readonly<Record<string, unknown>>;
        if (labelOf(entry) !== run) continue;
        const { status } = (await api.delete(remove(entry), { query: options })).exchange;
        if (status >= 300 && status !== 404) left.push(remove(entry));
      }
    } catch {
      left.push(list);
    }
  }
  return left;
}
