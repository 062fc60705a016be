import { type Api, filters } from './api.js';
import { runLabel } from './images/kit.js';

/** List and remove paths of each kind, in removal order: a user of an object goes before the object. */
const kinds = {
  container: { list: '/containers/json', members: [], key: 'Id', path: '/containers' },
  network: { list: '/networks', members: [], key: 'Id', path: '/networks' },
  volume: { list: '/volumes', members: ['Volumes'], key: 'Name', path: '/volumes' },
  image: { list: '/images/json', members: [], key: 'Id', path: '/images' },
} as const;

/** Kinds of objects that carry the label of a run. */
export type Kind = keyof typeof kinds;

/** All kinds, in removal order. */
export const kindNames = Object.keys(kinds) as readonly Kind[];

/** An object that a run left in a daemon. */
export interface LeftoverObject {
  /** Name of the run. */
  readonly run: string;
  readonly kind: Kind;
  /** By what it is removed. */
  readonly id: string;
}

/**
 * Lists the objects that carry the label of a run. A daemon without such a list has none.
 *
 * @param run name of the run. Default: any run
 * @throws Unmet if the daemon gives no complete answer, or an answer that is not a list
 */
export async function labelled(api: Api, kind: Kind, run?: string): Promise<readonly LeftoverObject[]> {
  const { list, members, key } = kinds[kind];
  const label = run === undefined ? runLabel : `${runLabel}=${run}`;
  const answer = await api.get(list, { query: { all: '1', filters: filters({ label: [label] }) } });
  if (answer.exchange.status !== 200) return [];
  const body = answer.json().at(...members);
  if (body.value === null || body.value === undefined) return [];
  // The label is looked for here too, in case the daemon ignores the filter.
  return body.array().flatMap((entry) => {
    const [of, id] = [entry.at('Labels', runLabel).value, entry.at(key).value];
    const isWanted = typeof of === 'string' && (run === undefined || of === run);
    return isWanted && typeof id === 'string' ? [{ run: of, kind, id }] : [];
  });
}

/** Path of what a run has left. */
const pathOf = ({ kind, id }: LeftoverObject): string => `${kinds[kind].path}/${encodeURI(id)}`;

/**
 * Remove what a run has left.
 *
 * @returns whether it is gone
 * @throws Unmet when the daemon gives no complete answer
 */
export async function removed(api: Api, one: LeftoverObject): Promise<boolean> {
  const { status } = (await api.delete(pathOf(one), { query: { force: '1', v: '1' } })).exchange;
  return [200, 204, 404].includes(status);
}

/**
 * Remove the containers, networks and volumes of a run, and nothing else.
 *
 * @param api requests that are not aborted with the run
 * @param run its name
 * @returns paths of what could not be removed
 */
export async function sweep(api: Api, run: string): Promise<readonly string[]> {
  const left: string[] = [];
  for (const kind of kindNames.filter((name) => name !== 'image')) {
    try {
      for (const one of await labelled(api, kind, run)) if (!(await removed(api, one))) left.push(pathOf(one));
    } catch {
      left.push(kinds[kind].list);
    }
  }
  return left;
}
