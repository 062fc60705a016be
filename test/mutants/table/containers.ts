import { type Area, type Asked, answers, bodies, ignores, instead, type Mutant, Reply, requests } from '../mutant.js';

const container = '^/containers/[^/]+';
const on = (action: string): RegExp => new RegExp(`${container}/${action}$`);
const create = /^\/containers\/create$/;
const list = /^\/containers\/json$/;
const inspect = on('json');
const one = new RegExp(`${container}$`);

type Body = Record<string, unknown>;
const inner = (body: Body, member: string): Body => (body[member] ?? {}) as Body;

/** A mutant that drops members of the configuration. */
function drops(...members: readonly string[]): Mutant {
  return {
    id: `create-no-${members.join('-').toLowerCase()}`,
    title: `${members.join(' and ')} of a new container is dropped`,
    ...bodies('POST', create, (body) => {
      for (const member of members) delete body[member];
    }),
  };
}

/** A mutant that drops a member of the host's part. */
function dropsOfHost(member: string): Mutant {
  return {
    id: `create-host-no-${member.toLowerCase()}`,
    title: `HostConfig.${member} of a new container is dropped`,
    ...bodies('POST', create, (body) => {
      delete inner(body, 'HostConfig')[member];
    }),
  };
}

/** A mutant that answers success and does nothing. */
const nothing = (id: string, title: string, method: string, route: RegExp, status: number): Mutant => ({
  id,
  title,
  ...requests(method, route, () => new Reply(status, [], Buffer.alloc(0))),
});

/** A mutant that answers another status. */
const other = (id: string, title: string, method: string, route: RegExp, from: number, to: number): Mutant => ({
  id,
  title,
  ...answers(method, route, (reply) => reply.withStatus(to), from),
});

/** A mutant that keeps one filter from the daemon. */
export function withoutFilter(route: RegExp, name: string): Pick<Mutant, 'before'> {
  const changed = (asked: Asked): Asked =>
    asked.ask((query) => {
      try {
        const filters = JSON.parse(query.get('filters') ?? '{}') as Body;
        if (!(name in filters)) return;
        delete filters[name];
        query.set('filters', JSON.stringify(filters));
      } catch {
        // Other text stays unchanged.
      }
    });
  return { before: (asked) => (route.test(asked.route) ? changed(asked) : undefined) };
}

const filtersOf = (route: RegExp, what: string, names: readonly string[]): readonly Mutant[] =>
  names.map((name) => ({
    id: `${what}-filter-${name.replace('!', '-not')}`,
    title: `the filter ${name} is ignored`,
    ...withoutFilter(route, name),
  }));

/** Faults of creating and inspecting containers. */
export const creating: Area = {
  name: 'containers',
  only: ['ContainerCreate', 'ContainerInspect', 'ContainerStart', 'ContainerStop'],
  mutants: [
    other('create-200', 'create answers 200', 'POST', create, 201, 200),
    {
      id: 'create-short-id',
      title: 'create gives a short id',
      ...answers('POST', create, (reply) => reply.members('Id', (id) => `${id.slice(0, 13)}"`), 201),
    },
    { id: 'create-name-ignored', title: 'the name is ignored', ...ignores('POST', create, 'name') },
    other('create-409-as-500', 'a taken name is answered 500', 'POST', create, 409, 500),
    other('create-404-as-500', 'an absent image is answered 500', 'POST', create, 404, 500),
    other('create-400-as-500', 'a bad request is answered 500', 'POST', create, 400, 500),
    { id: 'create-platform-ignored', title: 'the platform is ignored', ...ignores('POST', create, 'platform') },
    ...[
      'Cmd',
      'Entrypoint',
      'Env',
      'User',
      'WorkingDir',
      'Hostname',
      'Tty',
      'OpenStdin',
      'StopSignal',
      'StopTimeout',
      'ExposedPorts',
      'Volumes',
      'Healthcheck',
    ].map((member) => drops(member)),
    ...[
      'AutoRemove',
      'Privileged',
      'ReadonlyRootfs',
      'PublishAllPorts',
      'ExtraHosts',
      'Dns',
      'DnsSearch',
      'GroupAdd',
      'Tmpfs',
      'Sysctls',
      'Ulimits',
      'ShmSize',
      'OomScoreAdj',
      'Init',
      'Annotations',
      'RestartPolicy',
      'Memory',
      'MemoryReservation',
      'NanoCpus',
      'CpuShares',
      'PidsLimit',
      'CapAdd',
      'CapDrop',
      'NetworkMode',
      'PortBindings',
      'ConsoleSize',
      'Binds',
      'Mounts',
      'VolumesFrom',
    ].map(dropsOfHost),
    {
      id: 'create-labels-dropped',
      title: 'labels of a new container are dropped but for the first',
      ...bodies('POST', create, (body) => {
        const [first] = Object.entries(inner(body, 'Labels'));
        body.Labels = Object.fromEntries(first ? [first] : []);
      }),
    },
    {
      id: 'inspect-running',
      title: 'inspect says that everything runs',
      ...answers('GET', inspect, (reply) => reply.members('Running', () => 'true')),
    },
    {
      id: 'inspect-exit-code',
      title: 'inspect gives exit code 0',
      ...answers('GET', inspect, (reply) => reply.members('ExitCode', () => '0')),
    },
    {
      id: 'inspect-no-mounts',
      title: 'inspect leaves Mounts out',
      ...answers('GET', inspect, (r) => r.without('Mounts')),
    },
    { id: 'inspect-size-ignored', title: 'size is ignored', ...ignores('GET', inspect, 'size') },
    {
      id: 'inspect-rw',
      title: 'inspect says that every mount can be written',
      ...answers('GET', inspect, (reply) => reply.members('RW', () => 'true')),
    },
    {
      id: 'inspect-health',
      title: 'inspect says that all is healthy',
      ...answers('GET', inspect, (reply) =>
        reply.withText(reply.text.replace(/"Status":"(starting|unhealthy)"/, '"Status":"healthy"')),
      ),
    },
    {
      id: 'inspect-health-log',
      title: 'the log of health checks is empty',
      ...answers('GET', inspect, (reply) => reply.members('Log', () => '[]')),
    },
    {
      id: 'inspect-name-bare',
      title: 'inspect gives the name without its slash',
      ...answers('GET', inspect, (reply) => reply.withText(reply.text.replace(/"Name":"\/attestd/, '"Name":"attestd'))),
    },
  ],
};

/** Faults in the state changes of containers. */
export const telling: Area = {
  name: 'containers',
  only: ['ContainerStart', 'ContainerStop', 'ContainerRestart', 'ContainerKill', 'ContainerPause', 'ContainerUnpause'],
  mutants: [
    nothing('start-nothing', 'start answers success and starts nothing', 'POST', on('start'), 204),
    other('start-304-as-204', 'starting what runs is answered 204', 'POST', on('start'), 304, 204),
    other('start-404-as-204', 'starting what is not there succeeds', 'POST', on('start'), 404, 204),
    nothing('stop-nothing', 'stop answers success and stops nothing', 'POST', on('stop'), 204),
    other('stop-304-as-204', 'stopping what does not run is answered 204', 'POST', on('stop'), 304, 204),
    { id: 'stop-time-ignored', title: 't of stop is ignored', ...ignores('POST', on('stop'), 't') },
    { id: 'stop-signal-ignored', title: 'signal of stop is ignored', ...ignores('POST', on('stop'), 'signal') },
    {
      id: 'stop-kills',
      title: 'stop kills at once',
      ...requests('POST', on('stop'), (asked) => asked.ask((query) => query.set('signal', 'SIGKILL'))),
    },
    nothing('restart-nothing', 'restart answers success and does nothing', 'POST', on('restart'), 204),
    {
      id: 'restart-signal-ignored',
      title: 'signal of restart is ignored',
      ...ignores('POST', on('restart'), 'signal'),
    },
    nothing('kill-nothing', 'kill answers success and kills nothing', 'POST', on('kill'), 204),
    { id: 'kill-signal-ignored', title: 'signal of kill is ignored', ...ignores('POST', on('kill'), 'signal') },
    other('kill-409-as-204', 'killing what does not run succeeds', 'POST', on('kill'), 409, 204),
    nothing('pause-nothing', 'pause answers success and pauses nothing', 'POST', on('pause'), 204),
    nothing('unpause-nothing', 'unpause answers success and frees nothing', 'POST', on('unpause'), 204),
  ],
};

/** Faults of waiting, renaming, updating, removing and pruning. */
export const ending: Area = {
  name: 'containers',
  only: ['ContainerWait', 'ContainerRename', 'ContainerUpdate', 'ContainerDelete', 'ContainerPrune'],
  destructive: true,
  mutants: [
    {
      id: 'wait-zero',
      title: 'wait always tells 0',
      bytes: (asked, bytes) =>
        asked.route.endsWith('/wait')
          ? Buffer.from(bytes.toString().replace(/"StatusCode":\d+/, '"StatusCode":0'))
          : bytes,
    },
    { id: 'wait-condition-ignored', title: 'condition is ignored', ...ignores('POST', on('wait'), 'condition') },
    {
      id: 'wait-at-once',
      title: 'wait does not wait',
      ...requests('POST', on('wait'), (asked) =>
        asked.query.has('condition') ? instead(200, { StatusCode: 0 }) : undefined,
      ),
    },
    other('wait-400-as-404', 'a bad condition is answered 404', 'POST', on('wait'), 400, 404),
    nothing('rename-nothing', 'rename answers success and renames nothing', 'POST', on('rename'), 204),
    other('rename-409-as-204', 'a taken name is no error', 'POST', on('rename'), 409, 204),
    {
      id: 'update-nothing',
      title: 'update answers success and updates nothing',
      ...requests('POST', on('update'), () => instead(200, { Warnings: [] })),
    },
    nothing('remove-nothing', 'remove answers success and removes nothing', 'DELETE', one, 204),
    {
      id: 'remove-always-forced',
      title: 'what runs is removed without force',
      ...requests('DELETE', one, (asked) => asked.ask((query) => query.set('force', '1'))),
    },
    { id: 'remove-force-ignored', title: 'force is ignored', ...ignores('DELETE', one, 'force') },
    { id: 'remove-volumes-ignored', title: 'v is ignored', ...ignores('DELETE', one, 'v') },
    {
      id: 'remove-volumes-always',
      title: 'volumes always go',
      ...requests('DELETE', one, (asked) => asked.ask((query) => query.set('v', '1'))),
    },
    {
      id: 'prune-silent',
      title: 'prune names nothing',
      ...answers('POST', /^\/containers\/prune$/, (reply) => reply.members('ContainersDeleted', () => 'null')),
    },
    ...filtersOf(/^\/containers\/prune$/, 'prune-containers', ['label!', 'until']),
  ],
};

/** Faults of lists and views of containers. */
export const viewing: Area = {
  name: 'containers',
  only: ['ContainerList', 'ContainerTop', 'ContainerStats', 'ContainerChanges', 'ContainerExport'],
  mutants: [
    { id: 'list-all-ignored', title: 'all is ignored', ...ignores('GET', list, 'all') },
    {
      id: 'list-always-all',
      title: 'everything is always listed',
      ...requests('GET', list, (asked) => asked.ask((query) => query.set('all', '1'))),
    },
    { id: 'list-limit-ignored', title: 'limit is ignored', ...ignores('GET', list, 'limit') },
    { id: 'list-size-ignored', title: 'size of a list is ignored', ...ignores('GET', list, 'size') },
    {
      id: 'list-oldest-first',
      title: 'the oldest comes first',
      ...answers('GET', list, (reply) => reply.elements((all) => all.reverse())),
    },
    {
      id: 'list-names-bare',
      title: 'names have no slash',
      ...answers('GET', list, (reply) => reply.withText(reply.text.replaceAll('"/attestd', '"attestd'))),
    },
    { id: 'list-no-labels', title: 'labels are left out', ...answers('GET', list, (reply) => reply.without('Labels')) },
    {
      id: 'list-no-networks',
      title: 'networks are left out',
      ...answers('GET', list, (r) => r.without('NetworkSettings')),
    },
    {
      id: 'list-state',
      title: 'a list says that everything runs',
      ...answers('GET', list, (reply) => reply.members('State', () => '"running"')),
    },
    {
      id: 'containers-created-text',
      title: 'Created is a text',
      ...answers('GET', list, (reply) => reply.members('Created', (value) => `"${value}"`)),
    },
    ...filtersOf(list, 'list', [
      'status',
      'id',
      'name',
      'exited',
      'ancestor',
      'before',
      'since',
      'volume',
      'expose',
      'health',
      'label',
      'network',
    ]),
    other('list-400-as-200', 'bad filters are no error', 'GET', list, 400, 200),
    { id: 'top-arguments-ignored', title: 'ps_args is ignored', ...ignores('GET', on('top'), 'ps_args') },
    {
      id: 'top-empty',
      title: 'no process is listed',
      ...answers('GET', on('top'), (reply) => reply.members('Processes', () => '[]')),
    },
    {
      id: 'stats-one',
      title: 'a stream of statistics has one sample',
      ...requests('GET', on('stats'), (asked) => asked.ask((query) => query.set('stream', '0'))),
    },
    {
      id: 'stats-no-memory',
      title: 'statistics have no memory',
      ...answers('GET', on('stats'), (reply) => reply.without('memory_stats')),
    },
    {
      id: 'changes-kinds',
      title: 'every change is an addition',
      ...answers('GET', on('changes'), (reply) => reply.members('Kind', () => '1')),
    },
    {
      id: 'changes-none',
      title: 'there are never changes',
      ...answers('GET', on('changes'), (reply) => reply.withText('null\n')),
    },
    {
      id: 'export-empty',
      title: 'an export is empty',
      ...answers('GET', on('export'), (reply) => reply.withBody(Buffer.alloc(1024))),
    },
    ...['json', 'top', 'logs', 'changes', 'export', 'stats', 'archive'].map((action) =>
      other(`absent-${action}`, `${action} of what is not there is answered 500`, 'GET', on(action), 404, 500),
    ),
    ...['stop', 'restart', 'kill', 'update', 'rename', 'pause', 'unpause', 'wait', 'resize', 'exec'].map((action) =>
      other(`absent-${action}`, `${action} of what is not there is answered 500`, 'POST', on(action), 404, 500),
    ),
    other('absent-delete', 'removing what is not there succeeds', 'DELETE', one, 404, 204),
  ],
};
