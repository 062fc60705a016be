import { Connection } from '../client/connection.js';
import { discover } from '../client/discover.js';
import { AttestdError } from '../errors.js';
import { Api, filters } from './api.js';
import { introduce } from './daemon.js';
import { type Shape, Unmet } from './expect.js';
import { runLabel } from './images/kit.js';

/** What runs have left in a daemon. */
export interface Leftover {
  /** Name of the run. */
  readonly run: string;
  readonly kind: 'container' | 'image' | 'network' | 'volume';
  /** By what it is removed. */
  readonly id: string;
}

/** How each kind is listed and removed, in the order of removal: images are held by containers, volumes and networks too. */
const kinds: readonly {
  readonly kind: Leftover['kind'];
  readonly list: string;
  readonly member: string;
  readonly key: string;
}[] = [
  { kind: 'container', list: '/containers/json', member: '', key: 'Id' },
  { kind: 'network', list: '/networks', member: '', key: 'Id' },
  { kind: 'volume', list: '/volumes', member: 'Volumes', key: 'Name' },
  { kind: 'image', list: '/images/json', member: '', key: 'Id' },
];

const paths = { container: 'containers', image: 'images', network: 'networks', volume: 'volumes' } as const;

/** Entries of a list that carry the label of a run; a daemon that does not have such a list has none of ours in it. */
async function labelled(api: Api, { kind, list, member, key }: (typeof kinds)[number]): Promise<Leftover[]> {
  let answer: Shape;
  try {
    const query = { all: '1', filters: filters({ label: [runLabel] }) };
    const body = (await api.get(list, { query })).status(200).json();
    answer = member === '' ? body : body.at(member);
    if (answer.value === null || answer.value === undefined) return [];
    // The label is looked for here too, in case the daemon ignores the filter.
    return answer.array().flatMap((entry) => {
      const [run, id] = [entry.at('Labels', runLabel).value, entry.at(key).value];
      return typeof run === 'string' && typeof id === 'string' ? [{ run, kind, id }] : [];
    });
  } catch (error) {
    if (error instanceof Unmet) return [];
    throw error;
  }
}

/**
 * Find what runs of the suite have left in a daemon, by their label, and remove it.
 *
 * @param options.host address of the daemon; found as docker finds it without it
 * @param options.run name of the run whose remains are removed; `*` for all, none to remove nothing
 * @returns what was found, and what of it is still there after the removal
 * @throws AttestdError UNAVAILABLE when no daemon answers, USAGE when its address cannot be parsed
 */
export async function cleanUp(options: {
  readonly host?: string;
  readonly run?: string;
}): Promise<{ readonly found: readonly Leftover[]; readonly left: readonly Leftover[] }> {
  const connection = new Connection(discover(options.host === undefined ? {} : { host: options.host }).target);
  const api = new Api(connection, null, () => undefined);
  try {
    await introduce(api).catch((error: unknown) => {
      if (!(error instanceof Unmet)) throw error;
      throw new AttestdError('UNAVAILABLE', `no daemon answers: ${error.message}: ${error.actual}`, { cause: error });
    });
    const found: Leftover[] = [];
    for (const kind of kinds) found.push(...(await labelled(api, kind)));
    const wanted = found.filter(({ run }) => options.run === '*' || run === options.run);
    const left: Leftover[] = [];
    for (const one of wanted) {
      const answer = await api.delete(`/${paths[one.kind]}/${one.id}`, { query: { force: '1', v: '1' } });
      if (![200, 204, 404].includes(answer.exchange.status)) left.push(one);
    }
    return { found, left };
  } finally {
    connection.close();
  }
}
