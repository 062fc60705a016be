import { filters } from '../../api.js';
import { at, type Dock, type Spec } from '../../containers/dock.js';
import { containers, operationPointer } from '../../containers/family.js';
import { demand, same } from '../../expect.js';
import type { Requirement } from '../../requirement.js';
import { ids, listed } from './list.js';

const volumes = containers(
  {
    operationId: 'VolumeCreate',
    pointer: operationPointer('POST', '/volumes/create'),
    features: ['containers', 'volumes'],
  },
  [
    {
      id: 'options-kept',
      title: 'the options of the driver are kept, in inspect and in the list',
      pointer: '/definitions/VolumeCreateRequest',
      why: 'A volume without its options is an empty directory on the wrong disk.',
      async check(d) {
        const name = d.unique('v');
        const DriverOpts = { type: 'tmpfs', device: 'tmpfs', o: 'size=1m' };
        const body = { Name: name, Driver: 'local', DriverOpts, Labels: d.labels };
        d.own(`/volumes/${name}`, { force: '1' });
        (await d.post('/volumes/create', body)).status(201).json().at('Options').is(DriverOpts);
        (await d.api.get(`/volumes/${name}`)).status(200).json().at('Options').is(DriverOpts);
        const query = { filters: filters({ name: [name] }) };
        const [entry] = (await d.api.get('/volumes', { query })).status(200).json().at('Volumes').array();
        entry?.at('Options').is(DriverOpts);
      },
    },
    {
      id: 'options-none',
      title: 'without options there are none',
      observed: true,
      pointer: '/definitions/Volume',
      why: 'Options of another volume would mount the wrong disk.',
      async check(d) {
        const name = await d.volume();
        const { value } = (await d.api.get(`/volumes/${name}`)).status(200).json().at('Options');
        same(Object.keys(value ?? {}), [], 'Options');
      },
    },
  ],
);

const execs = containers(
  { operationId: 'ExecInspect', pointer: operationPointer('GET', '/exec/{id}/json'), features: ['containers', 'exec'] },
  [
    {
      id: 'privileged',
      title: 'a privileged exec is shown as privileged, and another one is not',
      pointer: '/definitions/ProcessConfig',
      why: 'Auditors look for them.',
      async check(d) {
        const { id } = await d.sleeper();
        for (const Privileged of [true, false]) {
          const exec = await d.exec(id, ['true'], { Privileged });
          const found = (await d.api.get(`/exec/${exec}/json`)).status(200).json();
          same(found.at('ProcessConfig', 'privileged').value ?? false, Privileged, 'ProcessConfig.privileged');
        }
      },
    },
    {
      id: 'process',
      title: 'ProcessConfig has entry point, arguments, terminal and user',
      pointer: '/definitions/ProcessConfig',
      why: 'Auditors look for them.',
      async check(d) {
        const { id } = await d.sleeper();
        const exec = await d.exec(id, ['echo', 'one', 'two'], { Tty: true, User: '1000' });
        const found = (await d.api.get(`/exec/${exec}/json`)).status(200).json();
        found.at('ContainerID').is(id);
        found.at('ProcessConfig').has({ entrypoint: 'echo', arguments: ['one', 'two'], tty: true, user: '1000' });
      },
    },
  ],
);

const commits = containers(
  { operationId: 'ImageCommit', pointer: operationPointer('POST', '/commit'), features: ['containers', 'commit'] },
  [
    {
      id: 'configuration-of-body',
      title: 'a configuration in the body is the one of the image',
      pointer: '+/parameters/0',
      why: 'Tools set the command of the image they make.',
      async check(d) {
        const { id } = await d.create({ Cmd: ['echo', 'container'], Env: ['FROM_CONTAINER=1'] });
        const repo = d.t.scratch('configured');
        const body = { Cmd: ['echo', 'body'], Env: ['FROM_BODY=1'], Labels: { mine: 'body' }, WorkingDir: '/files' };
        (await d.post('/commit', body, { query: { container: id, repo, tag: 'v1' } })).status(201);
        const image = (await d.api.get(`/images/${d.t.own(`${repo}:v1`)}/json`)).status(200).json().at('Config');
        image.at('Cmd').is(['echo', 'body']);
        image.at('WorkingDir').is('/files');
        image.at('Labels', 'mine').is('body');
        const env = image.at('Env').array();
        demand(
          env.some(({ value }) => value === 'FROM_BODY=1'),
          'Env',
          'FROM_BODY=1',
          env.map(({ value }) => value),
        );
      },
    },
  ],
);

const top = containers(
  {
    operationId: 'ContainerTop',
    pointer: operationPointer('GET', '/containers/{id}/top'),
    features: ['containers', 'processes'],
  },
  [
    {
      id: 'two-processes',
      title: 'two processes are two rows, each with a number of its own',
      pointer: '+/responses/200',
      why: 'The second process is the one that people look for.',
      async check(d) {
        const { id } = await d.running({ Cmd: ['sh', '-c', 'sleep 1234 & echo started; sleep 5678'] });
        await d.says(id, 'started');
        const found = (await d.api.get(at(id, '/top'))).status(200).json();
        const rows = found
          .at('Processes')
          .array()
          .map((row) => row.array().map(({ value }) => String(value)));
        const column = found
          .at('Titles')
          .array()
          .findIndex(({ value }) => value === 'PID');
        const commands = rows.map((row) => row.at(-1) ?? '');
        for (const command of ['sleep 1234', 'sleep 5678'])
          demand(
            commands.some((one) => one.includes(command)),
            'Processes',
            command,
            commands,
          );
        same(new Set(rows.map((row) => row[column])).size, rows.length, 'number of different PIDs');
      },
    },
  ],
);

/** A container of each health. */
async function ofEachHealth(d: Dock): Promise<Readonly<Record<string, string>>> {
  const check = (command: string, Interval: number): Spec => ({
    Healthcheck: { Test: ['CMD', command], Interval, Retries: 1 },
  });
  const ms = 1_000_000;
  const healthy = await d.running(check('true', 100 * ms));
  const unhealthy = await d.running(check('false', 100 * ms));
  const starting = await d.running(check('true', 3_600_000 * ms));
  const none = await d.running();
  await d.until(healthy.id, ['State', 'Health', 'Status'], 'healthy');
  await d.until(unhealthy.id, ['State', 'Health', 'Status'], 'unhealthy');
  return { healthy: healthy.id, unhealthy: unhealthy.id, starting: starting.id, none: none.id };
}

const health = containers(
  {
    operationId: 'ContainerList',
    pointer: operationPointer('GET', '/containers/json'),
    features: ['containers', 'health-checks'],
  },
  [
    {
      id: 'filter-health-each',
      title: 'the filter health selects each kind, and leaves the others out',
      pointer: '+/parameters/3',
      why: 'Alarms count containers by it.',
      async check(d) {
        const of = await ofEachHealth(d);
        for (const [kind, id] of Object.entries(of)) {
          const found = ids(await listed(d, { health: [kind] }, { all: '1' }));
          const own = Object.values(of).filter((one) => found.includes(one));
          same(own, [id], `containers that health=${kind} selects`);
        }
      },
    },
    {
      id: 'health-member',
      since: '1.52',
      title: 'Health of an entry has the status of each kind, and the failing streak',
      observed: true,
      pointer: '/definitions/ContainerSummary',
      why: 'Dashboards count containers by it.',
      async check(d) {
        const of = await ofEachHealth(d);
        const found = await listed(d);
        for (const [kind, id] of Object.entries(of)) {
          const entry = found.find((one) => one.at('Id').value === id);
          same(entry?.at('Health', 'Status').value, kind, `Health.Status of a container that is ${kind}`);
          const streak = entry?.at('Health', 'FailingStreak').number() ?? -1;
          demand(kind === 'unhealthy' ? streak >= 1 : streak === 0, 'Health.FailingStreak', kind, streak);
        }
      },
    },
    {
      id: 'health-text',
      title: 'Status of an entry ends with the health',
      observed: true,
      pointer: '/definitions/ContainerSummary',
      why: 'People read it in `docker ps`.',
      async check(d) {
        const { healthy = '', unhealthy = '', starting = '', none = '' } = await ofEachHealth(d);
        const found = await listed(d);
        const textOf = (id: string): string =>
          String(found.find((one) => one.at('Id').value === id)?.at('Status').value);
        demand(/^Up .*\(healthy\)$/.test(textOf(healthy)), 'Status', '(healthy)', textOf(healthy));
        demand(/^Up .*\(unhealthy\)$/.test(textOf(unhealthy)), 'Status', '(unhealthy)', textOf(unhealthy));
        demand(/^Up .*\(health: starting\)$/.test(textOf(starting)), 'Status', '(health: starting)', textOf(starting));
        demand(/^Up [^()]*$/.test(textOf(none)), 'Status', 'no health', textOf(none));
      },
    },
  ],
);

/** Requests that clients send, and that no other requirement has. */
export const rarelyAsked: readonly Requirement[] = [...volumes, ...execs, ...commits, ...top, ...health];
