import { filters } from '../../api.js';
import { at, type Dock } from '../../containers/dock.js';
import { containers, type Member, operationPointer } from '../../containers/family.js';
import { demand, same } from '../../expect.js';
import type { FeatureName } from '../../features.js';
import type { Requirement } from '../../requirement.js';
import { whenFree } from '../common.js';

type Filter = Readonly<Record<string, readonly string[]>>;

/** Objects of a check by a short name, with the ids that lists show. */
type Objects = Readonly<Record<string, string>>;

/** A filter with the objects that it selects, and those that have to stay out. */
interface Case {
  readonly id: string;
  readonly title: string;
  readonly filter: (objects: Objects, mark: string) => Filter;
  /** Short names of the selected objects; all others have to stay out. */
  readonly selects: readonly string[];
}

/** How the objects of an operation are made and listed. */
interface Kind {
  readonly operationId: string;
  readonly path: string;
  readonly parameter: number;
  readonly features: readonly FeatureName[];
  readonly make: (d: Dock, mark: string) => Promise<Objects>;
  readonly list: (d: Dock, filter: Filter) => Promise<readonly string[]>;
}

function members(kind: Kind, cases: readonly Case[]): readonly Member[] {
  return cases.map(({ id, title, filter, selects }) => ({
    id,
    title,
    pointer: `+/parameters/${kind.parameter}`,
    why: 'A filter that selects too much makes clients stop or delete the wrong objects.',
    async check(d) {
      const mark = d.unique('f');
      const objects = await kind.make(d, mark);
      const listed = await kind.list(d, filter(objects, mark));
      const names = Object.keys(objects).filter((name) => listed.includes(objects[name] ?? ''));
      same(names.sort(), [...selects].sort(), `objects that ${JSON.stringify(filter(objects, mark))} selects`);
    },
  }));
}

/** Cases of the filter `label` over objects a (only=MARK-1), b (only=MARK-2, also=MARK) and c (no label). */
const labelCases: readonly Case[] = [
  {
    id: 'filter-label-value',
    title: 'the filter label=key=value leaves out another value of the key',
    filter: (_, mark) => ({ label: [`only=${mark}-1`] }),
    selects: ['a'],
  },
  {
    id: 'filter-label-value-part',
    title: 'the filter label=key=value does not match the start of a value',
    filter: (_, mark) => ({ label: [`only=${mark}`] }),
    selects: [],
  },
  {
    id: 'filter-label-key-alone',
    title: 'the filter label=key selects any value of the key, and leaves out objects without it',
    filter: () => ({ label: ['only'] }),
    selects: ['a', 'b'],
  },
  {
    id: 'filter-labels-together',
    title: 'two values of the filter label have to hold both',
    filter: (_, mark) => ({ label: [`only=${mark}-2`, `also=${mark}`] }),
    selects: ['b'],
  },
  {
    id: 'filter-labels-opposed',
    title: 'two labels that no object has together select nothing',
    filter: (_, mark) => ({ label: [`only=${mark}-1`, `also=${mark}`] }),
    selects: [],
  },
];

/** Cases of the filter `name` over objects a, b and c, whose names end in -a, -b and -c. */
const nameCases: readonly Case[] = [
  {
    id: 'filter-name-part',
    title: 'the filter name matches a part of a name',
    filter: (_, mark) => ({ name: [`${mark.slice(3)}-a`] }),
    selects: ['a'],
  },
  {
    id: 'filter-names-either',
    title: 'two values of the filter name are alternatives',
    filter: (_, mark) => ({ name: [`${mark}-a`, `${mark}-c`] }),
    selects: ['a', 'c'],
  },
  {
    id: 'filter-name-and-label',
    title: 'the filters name and label have to hold both',
    filter: (_, mark) => ({ name: [`${mark}-a`, `${mark}-b`], label: [`also=${mark}`] }),
    selects: ['b'],
  },
];

const labelsOf = (mark: string): readonly Readonly<Record<string, string>>[] => [
  { only: `${mark}-1` },
  { only: `${mark}-2`, also: mark },
  {},
];

/** Makes objects a, b and c with the labels of {@link labelsOf}. */
async function three(mark: string, make: (name: string, Labels: Readonly<Record<string, string>>) => Promise<string>) {
  const objects: Record<string, string> = {};
  for (const [i, labels] of labelsOf(mark).entries()) {
    const name = 'abc'[i] ?? '';
    objects[name] = await make(`${mark}-${name}`, labels);
  }
  return objects;
}

const networkKind: Kind = {
  operationId: 'NetworkList',
  path: '/networks',
  parameter: 0,
  features: ['containers', 'networks'],
  make: (d, mark) => three(mark, async (name, Labels) => (await d.network({ Labels }, name)).id),
  async list(d, filter) {
    const found = (await d.api.get('/networks', { query: { filters: filters(filter) } })).status(200).json().array();
    return found.map((network) => network.at('Id').string());
  },
};

const volumeKind: Kind = {
  operationId: 'VolumeList',
  path: '/volumes',
  parameter: 0,
  features: ['containers', 'volumes'],
  make: (d, mark) => three(mark, (name, Labels) => d.volume({ Labels }, name)),
  async list(d, filter) {
    const body = (await d.api.get('/volumes', { query: { filters: filters(filter) } })).status(200).json();
    return (body.at('Volumes').value === null ? [] : body.at('Volumes').array()).map((volume) =>
      volume.at('Name').string(),
    );
  },
};

const containerKind: Kind = {
  operationId: 'ContainerList',
  path: '/containers/json',
  parameter: 3,
  features: ['containers'],
  make: (d, mark) => three(mark, async (name, Labels) => (await d.create({ Labels }, { name })).id),
  async list(d, filter) {
    const query = { all: '1', filters: filters(filter) };
    const found = (await d.api.get('/containers/json', { query })).status(200).json().array();
    return found.map((container) => container.at('Id').string());
  },
};

const idCases: readonly Case[] = [
  {
    id: 'filter-ids-either',
    title: 'two values of the filter id are alternatives',
    filter: ({ a = '', c = '' }) => ({ id: [a.slice(0, 24), c] }),
    selects: ['a', 'c'],
  },
];

const exitKind: Kind = {
  ...containerKind,
  async make(d) {
    const runs = await d.running();
    const ended = { zero: await d.ran(['true']), five: await d.ran(['sh', '-c', 'exit 5']) };
    const nine = await d.ran(['sh', '-c', 'exit 9']);
    return { runs: runs.id, zero: ended.zero.id, five: ended.five.id, nine: nine.id, fresh: (await d.create()).id };
  },
};

const exitCases: readonly Case[] = [
  {
    id: 'filter-exited-zero',
    title: 'the filter exited=0 leaves out containers that run or never ran',
    filter: () => ({ exited: ['0'] }),
    selects: ['zero'],
  },
  {
    id: 'filter-exited-either',
    title: 'two values of the filter exited are alternatives',
    filter: () => ({ exited: ['5', '9'] }),
    selects: ['five', 'nine'],
  },
  {
    id: 'filter-status-created',
    title: 'the filter status=created leaves out containers that run or have ended',
    filter: () => ({ status: ['created'] }),
    selects: ['fresh'],
  },
  {
    id: 'filter-status-running',
    title: 'the filter status=running leaves out containers that ended or never ran',
    filter: () => ({ status: ['running'] }),
    selects: ['runs'],
  },
];

const builtin = containers(
  {
    operationId: 'NetworkList',
    pointer: operationPointer('GET', '/networks'),
    features: ['containers', 'networks'],
  },
  [
    {
      id: 'builtin-listed',
      title: 'the networks host and none are listed, with their drivers',
      observed: true,
      why: 'Clients offer them for a choice.',
      async check(d) {
        const found = (await d.api.get('/networks')).status(200).json().array();
        const drivers = new Map(found.map((network) => [network.at('Name').value, network.at('Driver').value]));
        same([drivers.get('host'), drivers.get('none')], ['host', 'null'], 'drivers of host and none');
      },
    },
    {
      id: 'filter-type-builtin',
      title: 'the filter type=builtin selects host and none, and no network of a user',
      observed: true,
      why: 'Clients clean up what users made, and nothing else.',
      async check(d) {
        const { name } = await d.network();
        const namesOf = async (type: string): Promise<readonly unknown[]> => {
          const query = { filters: filters({ type: [type] }) };
          const found = (await d.api.get('/networks', { query })).status(200).json().array();
          return found.map((network) => network.at('Name').value);
        };
        const [own, builtinNames] = [await namesOf('custom'), await namesOf('builtin')];
        demand(own.includes(name) && !own.includes('host') && !own.includes('none'), 'type=custom', name, own);
        demand(
          builtinNames.includes('host') && builtinNames.includes('none') && !builtinNames.includes(name),
          'type=builtin',
          'host and none',
          builtinNames,
        );
      },
    },
  ],
);

/** Prunes with a label: an unused object without the label has to stay. */
function pruneCases(
  what: string,
  all: Filter,
  make: (d: Dock, Labels: Readonly<Record<string, string>>) => Promise<string>,
  path: (id: string) => string,
): readonly Member[] {
  const stays = async (d: Dock, id: string): Promise<void> => {
    (await d.api.get(path(id))).status(200);
  };
  return [
    {
      id: 'filter-label',
      title: `a prune with label=key=value leaves ${what} of another value, and those without the label`,
      pointer: '+/parameters/0',
      why: 'A prune that ignores its filter deletes the work of others.',
      async check(d) {
        const prune = d.unique('p');
        const [gone, other, bare] = [
          await make(d, { prune }),
          await make(d, { prune: `${prune}-not` }),
          await make(d, {}),
        ];
        const query = { filters: filters({ ...all, label: [`prune=${prune}`] }) };
        (await whenFree(d.api, `${path('').replace(/\/$/, '')}/prune`, query)).status(200);
        (await d.api.get(path(gone))).error(404);
        await stays(d, other);
        await stays(d, bare);
      },
    },
    {
      id: 'filter-label-not',
      title: `a prune with label!=key=value leaves ${what} that have the label`,
      pointer: '+/parameters/0',
      observed: true,
      why: 'A prune that ignores its filter deletes the work of others.',
      async check(d) {
        const [mark, keep] = [d.unique('p'), d.unique('k')];
        const [gone, kept] = [await make(d, { mark }), await make(d, { mark, keep })];
        const query = { filters: filters({ ...all, label: [`mark=${mark}`], 'label!': [`keep=${keep}`] }) };
        (await whenFree(d.api, `${path('').replace(/\/$/, '')}/prune`, query)).status(200);
        (await d.api.get(path(gone))).error(404);
        await stays(d, kept);
      },
    },
  ];
}

const prunes: readonly Requirement[] = [
  containers(
    {
      operationId: 'NetworkPrune',
      pointer: operationPointer('POST', '/networks/prune'),
      features: ['containers', 'networks'],
      destructive: true,
    },
    pruneCases(
      'networks',
      {},
      async (d, Labels) => (await d.network({ Labels })).id,
      (id) => `/networks/${id}`,
    ),
  ),
  containers(
    {
      operationId: 'VolumePrune',
      pointer: operationPointer('POST', '/volumes/prune'),
      features: ['containers', 'volumes'],
      destructive: true,
      since: '1.42',
    },
    pruneCases(
      'volumes',
      { all: ['true'] },
      (d, Labels) => d.volume({ Labels }),
      (id) => `/volumes/${id}`,
    ),
  ),
  containers(
    { operationId: 'ContainerPrune', pointer: operationPointer('POST', '/containers/prune'), destructive: true },
    [
      {
        id: 'filter-label',
        title: 'a prune with label=key=value leaves containers of another value, and those without the label',
        pointer: '+/parameters/0',
        why: 'A prune that ignores its filter deletes the work of others.',
        async check(d) {
          const prune = d.unique('p');
          const make = async (Labels: Readonly<Record<string, string>>): Promise<string> =>
            (await d.create({ Labels })).id;
          const [gone, other, bare] = [await make({ prune }), await make({ prune: `${prune}-not` }), await make({})];
          const query = { filters: filters({ label: [`prune=${prune}`] }) };
          (await whenFree(d.api, '/containers/prune', query)).status(200).json().at('ContainersDeleted').is([gone]);
          (await d.api.get(at(gone, '/json'))).error(404);
          for (const id of [other, bare]) (await d.api.get(at(id, '/json'))).status(200);
        },
      },
    ],
  ),
].flat();

const lists = (kind: Kind, cases: readonly Case[]): readonly Requirement[] =>
  containers(
    { operationId: kind.operationId, pointer: operationPointer('GET', kind.path), features: kind.features },
    members(kind, cases),
  );

/** Filters of lists and prunes, each with an object that has to stay out. */
export const objectFilters: readonly Requirement[] = [
  ...lists(networkKind, [...labelCases, ...nameCases, ...idCases]),
  ...lists(volumeKind, [...labelCases, ...nameCases]),
  ...lists(containerKind, [...labelCases, ...nameCases, ...idCases]),
  ...lists(exitKind, exitCases),
  ...builtin,
  ...prunes,
];
