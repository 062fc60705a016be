import { filters } from '../../api.js';
import { demand, type Shape, same } from '../../expect.js';
import type { Found } from '../../registry/registry.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { asDockerd, pointers } from '../common.js';

const shelf: readonly Found[] = [
  { name: 'suite/first', description: 'official, ten stars', is_official: true, is_automated: false, star_count: 10 },
  { name: 'suite/second', description: 'fifty stars', is_official: false, is_automated: false, star_count: 50 },
  { name: 'suite/third', description: '', is_official: false, is_automated: false, star_count: 3 },
];

/** Searches the run's registry, which returns three repositories for any term. */
async function found(t: CheckContext, query: Readonly<Record<string, string>> = {}): Promise<readonly Shape[]> {
  const registry = await t.registry();
  registry.shelf.splice(0, registry.shelf.length, ...shelf);
  const term = `${registry.address}/suite`;
  return (await t.api.get('/images/search', { query: { term, ...query } })).status(200).json().array();
}

/** Names as the registry has them; a daemon puts the registry in front. */
const names = (list: readonly Shape[]): readonly string[] =>
  list.map((entry) =>
    entry
      .at('name')
      .string()
      .replace(/^127\.0\.0\.1:\d+\//, ''),
  );

const refused = (id: string, title: string, query: Record<string, string>) => ({
  id,
  title,
  ...asDockerd(['search'], 'docs/reference/behavior/daemon.md#registries-without-a-network'),
  pointer: '+/parameters/2',
  why: 'A filter that is ignored finds what was to be left out.',
  async check(t: CheckContext): Promise<void> {
    (await t.api.get('/images/search', { query: { term: 'x', ...query } })).error(400);
  },
});

const limited = (id: string, title: string, limit: string) => ({
  id,
  title,
  ...asDockerd(['search'], 'docs/reference/behavior/daemon.md#registries-without-a-network'),
  pointer: '+/parameters/1',
  why: 'Clients that page would go in circles.',
  async check(t: CheckContext): Promise<void> {
    (await t.api.get('/images/search', { query: { term: 'x', limit } })).error(400);
  },
});

/** Searching registries: by the run's own one, and what is refused before any is asked. */
export const searches: readonly Requirement[] = requirements(
  { operationId: 'ImageSearch', features: ['search-registry'], pointer: pointers.search },
  [
    {
      id: 'found',
      title: 'the registry that the term names is asked, and decides about matches and their order',
      pointer: '+/responses/200',
      why: 'Companies search their own registry.',
      async check(t) {
        same(
          names(await found(t)),
          shelf.map(({ name }) => name),
          'names',
        );
      },
    },
    {
      id: 'members',
      title: 'each result has name, description, star_count and is_official as the registry tells them',
      pointer: '+/responses/200/schema',
      why: 'People choose by them.',
      async check(t) {
        const list = await found(t);
        for (const [i, { description, star_count, is_official }] of shelf.entries())
          list[i]?.has({ description, star_count, is_official });
        same(list.length, shelf.length, 'number of results');
      },
    },
    {
      id: 'limit',
      title: 'limit bounds the number of results',
      pointer: '+/parameters/1',
      why: 'Screens are small.',
      async check(t) {
        same(names(await found(t, { limit: '2' })), ['suite/first', 'suite/second'], 'names');
      },
    },
    {
      id: 'stars',
      title: 'stars leaves out what has fewer',
      pointer: '+/parameters/2',
      why: 'People choose what others use.',
      async check(t) {
        same(names(await found(t, { filters: filters({ stars: ['10'] }) })), ['suite/first', 'suite/second'], 'names');
      },
    },
    {
      id: 'official',
      title: 'is-official=true leaves out what is not, and false what is',
      pointer: '+/parameters/2',
      why: 'People choose what somebody looks after.',
      async check(t) {
        same(
          names(await found(t, { filters: filters({ 'is-official': ['true'] }) })),
          ['suite/first'],
          'official ones',
        );
        const others = names(await found(t, { filters: filters({ 'is-official': ['false'] }) }));
        same(others, ['suite/second', 'suite/third'], 'other ones');
      },
    },
    {
      id: 'content-type',
      title: 'the answer is application/json',
      pointer: '+/produces',
      why: 'Clients choose their decoder by the media type.',
      async check(t) {
        const { address } = await t.registry();
        const answer = await t.api.get('/images/search', { query: { term: `${address}/suite` } });
        answer.status(200).mediaType('application/json');
      },
    },
    {
      id: 'unreachable',
      title: 'a registry that nobody runs is an error',
      features: ['search'],
      pointer: '+/responses/500',
      why: 'An empty answer would say that there is nothing.',
      async check(t) {
        const { status } = (await t.api.get('/images/search', { query: { term: '127.0.0.1:9/suite' } })).exchange;
        demand(status >= 400, 'status', 'an error', status);
      },
    },
    limited('limit-malformed', 'a limit that is no number is refused', 'many'),
    limited('limit-above', 'a limit above 100 is refused', '101'),
    refused('filters-malformed', 'filters that are not JSON are refused', { filters: 'bad' }),
    refused('filter-unknown', 'an unknown filter is refused', { filters: filters({ unheard: ['of'] }) }),
    refused('stars-malformed', 'stars that are no number are refused', { filters: filters({ stars: ['many'] }) }),
    refused('official-malformed', 'is-official that is no boolean is refused', {
      filters: filters({ 'is-official': ['maybe'] }),
    }),
  ],
);
