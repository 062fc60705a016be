import { type Area, type Asked, answers, bodies, type Mutant, type Reply, requests } from '../mutant.js';

type Json = Record<string, unknown>;

/** Value at a path of members; `*` is each element of a list. Returns whether something was changed. */
function change(value: unknown, path: readonly string[], to: (old: unknown) => unknown): boolean {
  const [key = '', ...rest] = path;
  if (key === '*') {
    if (!Array.isArray(value)) return false;
    if (rest.length > 0) return value.map((one) => change(one, rest, to)).some(Boolean);
    for (const i of value.keys()) value[i] = to(value[i]);
    return value.length > 0;
  }
  if (typeof value !== 'object' || value === null || !(key in value)) return false;
  const object = value as Json;
  if (rest.length > 0) return change(object[key], rest, to);
  const next = to(object[key]);
  if (next === undefined) delete object[key];
  else object[key] = next;
  return true;
}

/** Changes a member of the JSON answers to a request. */
const member = (
  method: string,
  route: RegExp,
  path: string,
  to: (old: unknown) => unknown,
  status = 200,
): Pick<Mutant, 'after'> =>
  answers(
    method,
    route,
    (reply) => {
      if (!/^\s*[[{]/.test(reply.text)) return undefined;
      try {
        JSON.parse(reply.text);
      } catch {
        return undefined;
      }
      let isChanged = false;
      const next = reply.edit((value) => {
        isChanged = change(value, path.split('.'), to);
        return value;
      });
      return isChanged ? next : undefined;
    },
    status,
  );

const routes = {
  containers: /^\/containers\/json$/,
  container: /^\/containers\/[^/]+\/json$/,
  stats: /^\/containers\/[^/]+\/stats$/,
  top: /^\/containers\/[^/]+\/top$/,
  changes: /^\/containers\/[^/]+\/changes$/,
  created: /^\/containers\/create$/,
  wait: /^\/containers\/[^/]+\/wait$/,
  exec: /^\/exec\/[^/]+\/json$/,
  networks: /^\/networks$/,
  network: /^\/networks\/[^/]+$/,
  volumes: /^\/volumes$/,
  volume: /^\/volumes\/[^/]+$/,
  images: /^\/images\/json$/,
  image: /^\/images\/.+\/json$/,
  history: /^\/images\/.+\/history$/,
  attestations: /^\/images\/.+\/attestations$/,
  info: /^\/info$/,
  version: /^\/version$/,
  usage: /^\/system\/df$/,
} as const;

type RouteName = keyof typeof routes;

/** Members of answers by type: `METHOD route path`. */
const typed: readonly (readonly [method: string, route: RouteName, path: string, type: string])[] = [
  ['GET', 'containers', '*.Id', 'text'],
  ['GET', 'containers', '*.Names', 'list'],
  ['GET', 'containers', '*.Created', 'number'],
  ['GET', 'containers', '*.Ports', 'list'],
  ['GET', 'containers', '*.Labels', 'object'],
  ['GET', 'containers', '*.State', 'text'],
  ['GET', 'containers', '*.Status', 'text'],
  ['GET', 'containers', '*.Mounts', 'list'],
  ['GET', 'containers', '*.HostConfig', 'object'],
  ['GET', 'containers', '*.NetworkSettings', 'object'],
  ['GET', 'container', 'Created', 'text'],
  ['GET', 'container', 'Args', 'list'],
  ['GET', 'container', 'State.Running', 'flag'],
  ['GET', 'container', 'State.ExitCode', 'number'],
  ['GET', 'container', 'State.Pid', 'number'],
  ['GET', 'container', 'RestartCount', 'number'],
  ['GET', 'container', 'Mounts', 'list'],
  ['GET', 'container', 'Config.Env', 'list'],
  ['GET', 'container', 'Config.Labels', 'object'],
  ['GET', 'container', 'Config.Tty', 'flag'],
  ['GET', 'container', 'HostConfig.Memory', 'number'],
  ['GET', 'container', 'HostConfig.Privileged', 'flag'],
  ['GET', 'container', 'HostConfig.RestartPolicy', 'object'],
  ['GET', 'container', 'NetworkSettings.Networks', 'object'],
  ['GET', 'stats', 'read', 'text'],
  ['GET', 'stats', 'cpu_stats', 'object'],
  ['GET', 'stats', 'cpu_stats.cpu_usage.total_usage', 'number'],
  ['GET', 'stats', 'memory_stats', 'object'],
  ['GET', 'top', 'Titles', 'list'],
  ['GET', 'top', 'Processes', 'list'],
  ['POST', 'created', 'Warnings', 'list'],
  ['POST', 'created', 'Id', 'text'],
  ['POST', 'wait', 'StatusCode', 'number'],
  ['GET', 'exec', 'Running', 'flag'],
  ['GET', 'exec', 'ProcessConfig', 'object'],
  ['GET', 'exec', 'ContainerID', 'text'],
  ['GET', 'networks', '*.Name', 'text'],
  ['GET', 'networks', '*.IPAM', 'object'],
  ['GET', 'networks', '*.Internal', 'flag'],
  ['GET', 'networks', '*.Labels', 'object'],
  ['GET', 'network', 'Driver', 'text'],
  ['GET', 'network', 'IPAM.Config', 'list'],
  ['GET', 'network', 'EnableIPv6', 'flag'],
  ['GET', 'network', 'Options', 'object'],
  ['GET', 'volumes', 'Volumes', 'list'],
  ['GET', 'volume', 'Name', 'text'],
  ['GET', 'volume', 'Mountpoint', 'text'],
  ['GET', 'volume', 'Scope', 'text'],
  ['GET', 'images', '*.RepoTags', 'list'],
  ['GET', 'images', '*.Size', 'number'],
  ['GET', 'images', '*.Created', 'number'],
  ['GET', 'image', 'Architecture', 'text'],
  ['GET', 'image', 'RootFS', 'object'],
  ['GET', 'image', 'Size', 'number'],
  ['GET', 'image', 'RepoDigests', 'list'],
  ['GET', 'history', '*.Size', 'number'],
  ['GET', 'history', '*.CreatedBy', 'text'],
  ['GET', 'attestations', '*.Descriptor', 'object'],
  ['GET', 'attestations', '*.Descriptor.size', 'number'],
  ['GET', 'info', 'NCPU', 'number'],
  ['GET', 'info', 'MemTotal', 'number'],
  ['GET', 'info', 'Plugins', 'object'],
  ['GET', 'info', 'Plugins.Volume', 'list'],
  ['GET', 'info', 'DriverStatus', 'list'],
  ['GET', 'info', 'Debug', 'flag'],
  ['GET', 'info', 'Images', 'number'],
  ['GET', 'info', 'SecurityOptions', 'list'],
  ['GET', 'version', 'Components', 'list'],
  ['GET', 'version', 'Version', 'text'],
];

/** A value of another type, which JSON clients with types refuse. */
const wrong: Readonly<Record<string, readonly (readonly [name: string, value: unknown])[]>> = {
  text: [
    ['number', 1],
    ['null', null],
  ],
  number: [
    ['text', '1'],
    ['null', null],
  ],
  flag: [
    ['text', 'true'],
    ['number', 1],
  ],
  list: [
    ['text', 'a,b'],
    ['object', {}],
  ],
  object: [
    ['text', '{}'],
    ['list', []],
  ],
};

const bodyMutants: readonly Mutant[] = typed.flatMap(([method, route, path, type]) =>
  (wrong[type] ?? []).map(([name, value]) => ({
    id: `types-${route}-${path.replaceAll(/[*.]+/g, '-')}-${name}`,
    title: `${path} of ${method} ${route} is ${name === 'null' ? 'null' : `a ${name}`} instead of a ${type}`,
    ...member(method, routes[route], path, () => value, route === 'created' ? 201 : 200),
  })),
);

/** Wrong types and nulls in bodies. */
export const wrongTypes: Area = {
  name: 'types of members',
  only: [
    'Container*',
    'Exec*',
    'Network*',
    'Volume*',
    'ImageList',
    'ImageInspect',
    'ImageHistory',
    'ImageAttestations.name-*',
    'ImageAttestations.types',
    'System*',
  ],
  mutants: bodyMutants,
};

const hour = 3600;
/** A time some hours off, in its own form. */
const shifted = (old: unknown): unknown =>
  typeof old === 'string' && !Number.isNaN(Date.parse(old)) && !old.startsWith('0001')
    ? new Date(Date.parse(old) + 2 * hour * 1000).toISOString()
    : typeof old === 'number'
      ? old + 2 * hour
      : old;
const zoneless = (old: unknown): unknown => (typeof old === 'string' ? old.replace(/(Z|[+-]\d\d:\d\d)$/, '') : old);
const earlier = (old: unknown): unknown =>
  typeof old === 'string' && !old.startsWith('0001') && !Number.isNaN(Date.parse(old))
    ? new Date(Date.parse(old) - hour * 1000).toISOString()
    : typeof old === 'number'
      ? old - hour
      : old;
const spaced = (old: unknown): unknown => (typeof old === 'string' ? old.replace('T', ' ') : old);

const timeMembers: readonly (readonly [method: string, route: RouteName, path: string])[] = [
  ['GET', 'container', 'Created'],
  ['GET', 'container', 'State.StartedAt'],
  ['GET', 'container', 'State.FinishedAt'],
  ['GET', 'containers', '*.Created'],
  ['GET', 'stats', 'read'],
  ['GET', 'network', 'Created'],
  ['GET', 'networks', '*.Created'],
  ['GET', 'volume', 'CreatedAt'],
  ['GET', 'volumes', 'Volumes.*.CreatedAt'],
  ['GET', 'image', 'Metadata.LastTagTime'],
  ['GET', 'info', 'SystemTime'],
];

const timeFaults = { 'hours-late': shifted, 'hour-early': earlier, 'without-zone': zoneless, 'with-space': spaced };

/** Times that are wrong, or written otherwise. */
export const wrongTimes: Area = {
  name: 'times',
  only: ['*.time-*'],
  mutants: timeMembers.flatMap(([method, route, path]) =>
    Object.entries(timeFaults)
      .filter(([fault]) => path !== '*.Created' || route !== 'containers' || fault.startsWith('hour'))
      .map(([fault, to]) => ({
        id: `times-${route}-${path.replaceAll(/[*.]+/g, '-')}-${fault}`,
        title: `${path} of ${route} is ${fault.replaceAll('-', ' ')}`,
        ...member(method, routes[route], path, to),
      })),
  ),
};

/** Rewrites the value of a filter in a request. */
const filtered = (
  method: string,
  route: RegExp,
  edit: (of: Record<string, string[]>) => void,
): Pick<Mutant, 'before'> =>
  requests(method, route, (asked) =>
    asked.ask((query) => {
      const text = query.get('filters');
      if (text === null || !text.startsWith('{')) return;
      const of = JSON.parse(text) as Record<string, string[] | Record<string, boolean>>;
      const lists = Object.fromEntries(
        Object.entries(of).map(([key, value]) => [key, Array.isArray(value) ? value : Object.keys(value)]),
      );
      edit(lists);
      query.set('filters', JSON.stringify(lists));
    }),
  );

const filterPlaces: readonly (readonly [name: string, method: string, route: RegExp, keys: readonly string[]])[] = [
  ['networks', 'GET', routes.networks, ['label', 'name', 'id', 'driver', 'type', 'scope']],
  ['volumes', 'GET', routes.volumes, ['label', 'name', 'dangling']],
  [
    'containers',
    'GET',
    routes.containers,
    ['label', 'name', 'id', 'status', 'exited', 'health', 'ancestor', 'volume', 'network'],
  ],
  ['network-prune', 'POST', /^\/networks\/prune$/, ['label', 'label!']],
  ['volume-prune', 'POST', /^\/volumes\/prune$/, ['label', 'label!']],
  ['container-prune', 'POST', /^\/containers\/prune$/, ['label']],
  ['events', 'GET', /^\/events$/, ['container', 'type', 'event', 'label']],
  ['images', 'GET', routes.images, ['label', 'reference', 'before', 'since', 'until', 'dangling']],
];

/** Filters that select too much or too little. */
export const loosened: Area = {
  name: 'filters that do too little',
  only: ['*.filter-*', '*Prune', 'SystemEvents'],
  destructive: true,
  mutants: filterPlaces.flatMap(([name, method, route, keys]) =>
    keys.flatMap((key): Mutant[] => [
      {
        id: `loose-${name}-${key.replace('!', '-not')}-ignored`,
        title: `the filter ${key} of ${name} is ignored`,
        ...filtered(method, route, (of) => {
          // The label of the run keeps other objects out of the list.
          if (key !== 'label') delete of[key];
          else if (of.label) of.label = of.label.filter((label) => label.startsWith('attestd.'));
        }),
      },
      ...(['label', 'name', 'id', 'status', 'exited', 'container', 'type', 'event'].includes(key) &&
      !name.endsWith('prune')
        ? [
            {
              id: `loose-${name}-${key}-first`,
              title: `of several values of the filter ${key} of ${name} the last one alone counts`,
              ...filtered(method, route, (of) => {
                const values = of[key];
                const own = (values ?? []).filter((value) => value.startsWith('attestd.'));
                if (values && values.length - own.length > 1) of[key] = [...own, ...values.slice(-1)];
              }),
            },
          ]
        : []),
      ...(key === 'label' && method === 'GET' && name !== 'events' && name !== 'images'
        ? [
            {
              id: `loose-${name}-label-key`,
              title: `label=key=value of ${name} is matched by the key`,
              ...filtered(method, route, (of) => {
                of.label = (of.label ?? []).map((label) =>
                  label.startsWith('attestd.') ? label : (label.split('=')[0] ?? ''),
                );
              }),
            },
          ]
        : []),
    ]),
  ),
};

/** Spellings of booleans that a daemon takes for the other value. */
const misread = (id: string, method: string, route: RegExp, name: string): readonly Mutant[] =>
  (
    [
      ['presence', 'its presence counts as true', () => true, '1'],
      ['text-false', '"false" counts as true', (value: string) => value === 'false', '1'],
      ['zero', '"0" counts as true', (value: string) => value === '0', '1'],
      ['empty', 'an empty value counts as true', (value: string) => value === '', '1'],
      ['true', '"true" counts as false', (value: string) => value === 'true', '0'],
      ['only-one', 'only "1" counts as true', (value: string) => value !== '1', '0'],
    ] as const
  ).map(([fault, title, hits, as]) => ({
    id: `spelled-${id}-${name}-${fault}`,
    title: `${name} of ${id}: ${title}`,
    ...requests(method, route, (asked) =>
      asked.ask((query) => {
        const value = query.get(name);
        if (value !== null && hits(value)) query.set(name, as);
      }),
    ),
  }));

/** Boolean parameters that are read wrong. */
export const misspelled: Area = {
  name: 'spellings of booleans',
  only: ['*.flag-*'],
  mutants: [
    ...misread('list', 'GET', routes.containers, 'all'),
    ...misread('list', 'GET', routes.containers, 'size'),
    ...misread('inspect', 'GET', routes.container, 'size'),
    ...misread('logs', 'GET', /^\/containers\/[^/]+\/logs$/, 'stdout'),
    ...misread('logs', 'GET', /^\/containers\/[^/]+\/logs$/, 'stderr'),
    ...misread('logs', 'GET', /^\/containers\/[^/]+\/logs$/, 'timestamps'),
    ...misread('logs', 'GET', /^\/containers\/[^/]+\/logs$/, 'follow'),
    ...misread('stats', 'GET', routes.stats, 'stream'),
    ...misread('remove', 'DELETE', /^\/containers\/[^/]+$/, 'force').filter(({ id }) => !id.endsWith('presence')),
    ...misread('remove', 'DELETE', /^\/containers\/[^/]+$/, 'v'),
    ...misread('volume', 'DELETE', /^\/volumes\/[^/]+$/, 'force'),
  ],
};

const without = (path: string, route: RouteName, only = 'GET'): Mutant => ({
  id: `absent-${route}-${path.replaceAll(/[*.]+/g, '-')}`,
  title: `${path} of ${route} is absent`,
  ...member(only, routes[route], path, () => undefined),
});

const another = (path: string, route: RouteName, value: unknown): Mutant => ({
  id: `other-${route}-${path.replaceAll(/[*.]+/g, '-')}`,
  title: `${path} of ${route} is another value`,
  ...member('GET', routes[route], path, () => value),
});

/** Edits each endpoint of an inspected container. */
const endpoint = (name: string, value: unknown): Mutant => ({
  id: `endpoint-${name}`,
  title: `${name} of endpoints is ${JSON.stringify(value) ?? 'absent'}`,
  ...answers('GET', routes.container, (reply) => {
    let isChanged = false;
    const next = reply.edit((body) => {
      const { Networks = {} } = ((body as Json).NetworkSettings ?? {}) as { Networks?: Record<string, Json> };
      for (const one of Object.values(Networks)) {
        isChanged = true;
        if (value === undefined) delete one[name];
        else one[name] = value;
      }
      return body;
    });
    return isChanged ? next : undefined;
  }),
});

/** Members that are absent, or have another value. */
export const wrongMembers: Area = {
  name: 'members and numbers',
  only: ['Container*', 'Network*', 'SystemInfo', 'Exec*', 'Volume*', 'ImageInspect', 'ImageList'],
  mutants: [
    ...['Gateway', 'MacAddress', 'IPPrefixLen', 'EndpointID', 'DNSNames', 'NetworkID', 'IPAddress'].map((name) =>
      endpoint(name, undefined),
    ),
    endpoint('Gateway', '10.0.0.1'),
    endpoint('MacAddress', '00:00:00:00:00:00'),
    endpoint('IPPrefixLen', 8),
    endpoint('DNSNames', []),
    endpoint('GlobalIPv6Address', 'fe80::1'),
  ].map((mutant, i) => ({ ...mutant, id: `${mutant.id}-${i}` })),
};

const more: readonly Mutant[] = [
  ...['*.ImageID', '*.Image', '*.Command', '*.Names', '*.Labels', '*.State', '*.Mounts'].map((path) =>
    without(path, 'containers'),
  ),
  ...['EnableIPv4', 'EnableIPv6', 'Scope', 'IPAM', 'Labels', 'Created'].map((path) => without(path, 'network')),
  ...[
    'Swarm',
    'Plugins',
    'ContainersPaused',
    'NCPU',
    'MemTotal',
    'KernelVersion',
    'OSType',
    'SystemTime',
    'Images',
  ].map((path) => without(path, 'info')),
  ...['Config', 'RootFS', 'Created', 'Os', 'Architecture', 'Config.Healthcheck', 'Config.OnBuild', 'Config.Shell'].map(
    (path) => without(path, 'image'),
  ),
  ...['ProcessConfig.privileged', 'ProcessConfig.entrypoint', 'ProcessConfig.arguments', 'ContainerID', 'ExitCode'].map(
    (path) => without(path, 'exec'),
  ),
  ...['Options', 'CreatedAt', 'Mountpoint', 'Driver', 'Labels'].map((path) => without(path, 'volume')),
  ...[
    'cpu_stats.online_cpus',
    'memory_stats.limit',
    'memory_stats.usage',
    'pids_stats.current',
    'cpu_stats.system_cpu_usage',
  ].map((path) => without(path, 'stats')),
  another('*.ImageID', 'containers', 'sha256:0'),
  another('EnableIPv4', 'network', false),
  another('EnableIPv6', 'network', true),
  another('NCPU', 'info', 0),
  another('KernelVersion', 'info', 'none'),
  another('memory_stats.limit', 'stats', 1),
  another('memory_stats.usage', 'stats', 0),
  another('cpu_stats.online_cpus', 'stats', 0),
  another('pids_stats.limit', 'stats', 0),
  another('HostConfig.MemorySwap', 'container', 0),
  another('ProcessConfig.privileged', 'exec', false),
  another('Options', 'volume', {}),
];

/** Members that are absent, or have another value, by route. */
export const absentMembers: Area = { ...wrongMembers, name: 'absent members', mutants: more };

const log = /^\/containers\/[^/]+\/logs$/;

/** Output frames of a log. */
const frames = (reply: Reply, edit: (payload: string) => string): Reply => {
  const out: Buffer[] = [];
  for (let at = 0; at + 8 <= reply.body.length; ) {
    const length = reply.body.readUInt32BE(at + 4);
    const payload = Buffer.from(edit(reply.body.toString('latin1', at + 8, at + 8 + length)), 'latin1');
    const head = Buffer.from(reply.body.subarray(at, at + 8));
    head.writeUInt32BE(payload.length, 4);
    if (payload.length > 0) out.push(head, payload);
    at += 8 + length;
  }
  return reply.withBody(Buffer.concat(out));
};

const notEmpty = (asked: Asked): boolean => !asked.query.has('follow');

/** Logs whose lines are counted or cut wrong. */
export const wrongLogs: Area = {
  name: 'lines of logs',
  only: ['ContainerLogs'],
  mutants: [
    {
      id: 'lines-tail-more',
      title: 'tail gives one line more',
      ...requests('GET', log, (asked) =>
        asked.ask((query) => {
          const tail = Number(query.get('tail'));
          if (tail > 0) query.set('tail', String(tail + 1));
        }),
      ),
    },
    {
      id: 'lines-tail-less',
      title: 'tail gives one line less',
      ...requests('GET', log, (asked) =>
        asked.ask((query) => {
          const tail = Number(query.get('tail'));
          if (tail > 1) query.set('tail', String(tail - 1));
        }),
      ),
    },
    {
      id: 'lines-empty-dropped',
      title: 'empty lines are left out',
      ...answers('GET', log, (reply, asked) =>
        notEmpty(asked) ? frames(reply, (text) => (text === '\n' ? '' : text)) : undefined,
      ),
    },
    {
      id: 'lines-long-broken',
      title: 'lines are broken after 16 KiB',
      ...answers('GET', log, (reply) => frames(reply, (text) => text.replaceAll(/[^\n]{16384}/g, '$&\n'))),
    },
    {
      id: 'lines-long-cut',
      title: 'lines are cut after 16 KiB',
      ...answers('GET', log, (reply) => frames(reply, (text) => text.replaceAll(/([^\n]{1000})[^\n]*/g, '$1'))),
    },
    {
      id: 'lines-stamps-late',
      title: 'timestamps are a day late',
      ...answers('GET', log, (reply, asked) =>
        asked.query.has('timestamps')
          ? frames(reply, (text) => text.replace(/^\d{4}-\d\d-\d\dT/, '2001-01-01T'))
          : undefined,
      ),
    },
  ],
};

/** Edits the first line of a stream of messages that has a member. */
const messages = (method: string, route: RegExp, edit: (lines: Json[]) => Json[]): Pick<Mutant, 'after'> =>
  answers(method, route, (reply) => {
    const lines = reply.text.split(/\r?\n/).filter((line) => line !== '');
    try {
      const next = edit(lines.map((line) => JSON.parse(line) as Json));
      return reply.withText(next.map((line) => `${JSON.stringify(line)}\r\n`).join(''));
    } catch {
      return undefined;
    }
  });

const streamRoutes = {
  build: /^\/build$/,
  pull: /^\/images\/create$/,
  push: /^\/images\/.+\/push$/,
  load: /^\/images\/load$/,
};

/** Streams of builds, pulls, pushes and loads with faults. */
export const wrongStreams: Area = {
  name: 'messages of streams',
  only: ['ImageBuild', 'ImageCreate', 'ImagePush', 'ImageLoad'],
  mutants: Object.entries(streamRoutes)
    .filter(([name]) => name !== 'load')
    .flatMap(([name, route]): Mutant[] => [
      {
        id: `stream-${name}-no-detail`,
        title: `an error of a ${name} has no errorDetail`,
        ...messages('POST', route, (lines) => lines.map(({ errorDetail: _, ...line }) => line)),
      },
      {
        id: `stream-${name}-no-error`,
        title: `an error of a ${name} has errorDetail alone`,
        ...messages('POST', route, (lines) => lines.map(({ error: _, ...line }) => line)),
      },
      {
        id: `stream-${name}-goes-on`,
        title: `a ${name} sends a message after its error`,
        ...messages('POST', route, (lines) =>
          lines.some((line) => 'error' in line) ? [...lines, { status: 'Done', stream: 'Done\n' }] : lines,
        ),
      },
      {
        id: `stream-${name}-other-detail`,
        title: `errorDetail of a ${name} is another text than error`,
        ...messages('POST', route, (lines) =>
          lines.map((line) => ('error' in line ? { ...line, errorDetail: { message: 'failed' } } : line)),
        ),
      },
    ])
    .concat([
      {
        id: 'stream-build-no-aux',
        title: 'a build sends no aux',
        ...messages('POST', streamRoutes.build, (lines) => lines.filter((line) => !('aux' in line))),
      },
      {
        id: 'stream-build-other-aux',
        title: 'aux of a build has another id',
        ...messages('POST', streamRoutes.build, (lines) =>
          lines.map((line) => ('aux' in line ? { aux: { ID: `sha256:${'0'.repeat(64)}` } } : line)),
        ),
      },
      {
        id: 'stream-build-no-steps',
        title: 'a build does not tell its steps',
        ...messages('POST', streamRoutes.build, (lines) => lines.filter((line) => !/^Step /.test(String(line.stream)))),
      },
      {
        id: 'stream-pull-no-layers',
        title: 'a pull does not tell its layers',
        ...messages('POST', streamRoutes.pull, (lines) =>
          lines.filter((line) => !/^[0-9a-f]{12}$/.test(String(line.id))),
        ),
      },
      {
        id: 'stream-pull-no-digest',
        title: 'a pull does not tell the digest',
        ...messages('POST', streamRoutes.pull, (lines) =>
          lines.filter((line) => !/^Digest: /.test(String(line.status))),
        ),
      },
      {
        id: 'stream-pull-progress-text',
        title: 'progress of a pull is a text',
        ...messages('POST', streamRoutes.pull, (lines) =>
          lines.map((line) => ('progressDetail' in line ? { ...line, progressDetail: 'half' } : line)),
        ),
      },
      {
        id: 'stream-pull-progress-over',
        title: 'progress of a pull exceeds its total',
        ...messages('POST', streamRoutes.pull, (lines) =>
          lines.map((line) =>
            'progressDetail' in line ? { ...line, progressDetail: { current: 9, total: 3 } } : line,
          ),
        ),
      },
    ]),
};

const headerRoutes: readonly (readonly [name: string, method: string, route: RegExp])[] = [
  ['containers', 'GET', routes.containers],
  ['container', 'GET', routes.container],
  ['networks', 'GET', routes.networks],
  ['network', 'GET', routes.network],
  ['volumes', 'GET', routes.volumes],
  ['volume', 'GET', routes.volume],
  ['images', 'GET', routes.images],
  ['history', 'GET', routes.history],
  ['export', 'GET', /^\/containers\/[^/]+\/export$/],
  ['archive', 'GET', /^\/containers\/[^/]+\/archive$/],
  ['save', 'GET', /^\/images\/.+\/get$/],
  ['changes', 'GET', routes.changes],
  ['top', 'GET', routes.top],
  ['info', 'GET', routes.info],
  ['usage', 'GET', routes.usage],
];

/** Media types and headers that are absent or wrong. */
export const wrongHeaders: Area = {
  name: 'headers of answers',
  only: ['*.media-type-of-answer', '*.api-version-of-answer', '*.content-type'],
  mutants: headerRoutes.flatMap(([name, method, route]): Mutant[] => [
    {
      id: `header-${name}-type`,
      title: `the answer of ${name} is text/plain`,
      ...answers(method, route, (reply) => reply.withHeader('Content-Type', 'text/plain')),
    },
    {
      id: `header-${name}-version`,
      title: `the answer of ${name} has no Api-Version`,
      ...answers(method, route, (reply) => reply.withHeader('Api-Version', undefined)),
    },
  ]),
};

const tokens: Readonly<Record<string, (text: string) => string>> = {
  floats: (text) => text.replaceAll('1.0', '1'),
  exponents: (text) => text.replaceAll('1e3', '1000'),
  'negative-zero': (text) => text.replaceAll(':-0,', ':0,'),
  integers: (text) => text.replaceAll('12345678901234567890', '12345678901234567000'),
  duplicates: (text) => text.replaceAll('"z":1,', ''),
  escapes: (text) => text.replaceAll('\\u0041', 'A'),
  slashes: (text) => text.replaceAll('\\/', '/'),
  html: (text) => text.replaceAll('<b>', '\\u003cb\\u003e'),
  ascii: (text) => text.replaceAll('\u00c3\u00a9', '\\u00e9'),
  ampersand: (text) => text.replaceAll('&amp;', '\\u0026amp;'),
};

const sizes = { '4k': 1 << 12, '64k': 1 << 16, '1m': 1 << 20, '4m': 1 << 22 };

/** Statements whose tokens are written anew, by the size of the answer. */
export const rewritten: Area = {
  name: 'statements written anew',
  only: ['ImageAttestations.verbatim-*', 'Statements'],
  mutants: Object.entries(sizes).flatMap(([size, from], i) =>
    Object.entries(tokens).map(([token, edit]) => ({
      id: `rewritten-${size}-${token}`,
      title: `${token} of statements in answers of ${size} and more are written anew`,
      ...answers('GET', i % 2 === 0 ? routes.attestations : /^\/images\/.+\/(attestations|json)$/, (reply) =>
        reply.body.length >= from / 2 ? reply.withText(edit(reply.text)) : undefined,
      ),
    })),
  ),
};

/** Requests whose parts are dropped before the daemon sees them. */
export const unasked: Area = {
  name: 'parts of requests that are dropped',
  only: [
    'VolumeCreate',
    'ExecInspect',
    'ImageCommit',
    'ContainerUpdate',
    'ContainerTop',
    'NetworkCreate',
    'ContainerCreate',
  ],
  mutants: [
    {
      id: 'unasked-volume-options',
      title: 'options of volumes are dropped',
      ...bodies('POST', /^\/volumes\/create$/, (body) => void delete body.DriverOpts),
    },
    {
      id: 'unasked-exec-privileged',
      title: 'privileged of execs is dropped',
      ...bodies('POST', /^\/containers\/[^/]+\/exec$/, (body) => void delete body.Privileged),
    },
    ...['Cmd', 'Env', 'Labels', 'WorkingDir'].map((name) => ({
      id: `unasked-commit-${name}`,
      title: `${name} in the body of a commit is dropped`,
      ...bodies('POST', /^\/commit$/, (body) => void delete body[name]),
    })),
    {
      id: 'unasked-update-swap',
      title: 'an update of the memory alone sets the swap',
      ...bodies('POST', /^\/containers\/[^/]+\/update$/, (body) => {
        if (typeof body.Memory === 'number' && body.MemorySwap === undefined) body.MemorySwap = body.Memory * 2;
      }),
    },
    {
      id: 'unasked-top-one',
      title: 'top lists one process',
      ...answers('GET', routes.top, (reply) =>
        reply.edit((value) => {
          const body = value as { Processes: unknown[] };
          body.Processes = body.Processes.slice(0, 1);
          return body;
        }),
      ),
    },
  ],
};
