import { at, type Dock } from '../../containers/dock.js';
import { containers, operationPointer } from '../../containers/family.js';
import { demand, type Shape, show, Unmet } from '../../expect.js';
import type { FeatureName } from '../../features.js';
import type { Requirement } from '../../requirement.js';
import { listed } from '../Containers/list.js';
import { clock } from '../SystemEvents/stream.js';

/** RFC 3339 with a zone, which every time in the description has. */
const format = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** Milliseconds by which a time may differ from the daemon's clock: whole seconds are cut, and clocks are read over a socket. */
const tolerance = 3000;

/**
 * Demands that a time lies in a check: RFC 3339 with a zone, or seconds since 1970, between the start of the check and
 * the daemon's present.
 *
 * @param from the daemon's clock at the start of the check, in milliseconds
 * @throws Unmet
 */
async function isRecent(d: Dock, member: Shape, from: number): Promise<void> {
  const { value, place } = member;
  const isText = typeof value === 'string';
  demand(
    isText ? format.test(value) : Number.isInteger(value),
    place,
    isText ? 'RFC 3339 with a zone' : 'whole seconds since 1970',
    show(value),
  );
  const time = isText ? Date.parse(value) : Number(value) * 1000;
  const to = await clock(d.t);
  if (time < from - tolerance || time > to + tolerance)
    throw new Unmet(
      place,
      `a time from ${new Date(from).toISOString()} to ${new Date(to).toISOString()}`,
      `${show(value)} (${Math.round((time - from) / 1000)} s after the start)`,
    );
}

/** An act that sets times, and the members that have them afterwards. */
interface TimeCase {
  readonly operationId: string;
  readonly method?: string;
  readonly path: string;
  readonly id: string;
  readonly title: string;
  readonly features?: readonly FeatureName[];
  readonly since?: string;
  readonly destructive?: boolean;
  readonly act: (d: Dock) => Promise<readonly Shape[]>;
}

const cases: readonly TimeCase[] = [
  {
    operationId: 'ContainerInspect',
    path: '/containers/{id}/json',
    id: 'time-created',
    title: 'Created is the time of the create request',
    act: async (d) => [(await d.inspect((await d.create()).id)).at('Created')],
  },
  {
    operationId: 'ContainerInspect',
    path: '/containers/{id}/json',
    id: 'time-started',
    title: 'State.StartedAt is the time of the start',
    act: async (d) => [(await d.inspect((await d.running()).id)).at('State', 'StartedAt')],
  },
  {
    operationId: 'ContainerInspect',
    path: '/containers/{id}/json',
    id: 'time-finished',
    title: 'State.StartedAt and State.FinishedAt are the times of start and end',
    async act(d) {
      const state = (await d.inspect((await d.ran(['true'])).id)).at('State');
      return [state.at('StartedAt'), state.at('FinishedAt')];
    },
  },
  {
    operationId: 'ContainerList',
    path: '/containers/json',
    id: 'time-created',
    title: 'Created is the time of the create request, in seconds since 1970',
    async act(d) {
      const { id } = await d.create();
      const [entry] = await listed(d, { id: [id] }, { all: '1' });
      if (!entry) throw new Unmet('list of containers', id, 'none');
      return [entry.at('Created')];
    },
  },
  {
    operationId: 'ContainerStats',
    path: '/containers/{id}/stats',
    id: 'time-read',
    title: 'read is the time of the sample',
    features: ['containers', 'statistics'],
    async act(d) {
      const { id } = await d.sleeper();
      const query = { stream: '0', 'one-shot': '1' };
      return [(await d.api.get(at(id, '/stats'), { query })).status(200).json().at('read')];
    },
  },
  {
    operationId: 'NetworkInspect',
    path: '/networks/{id}',
    id: 'time-created',
    title: 'Created is the time of the create request',
    features: ['containers', 'networks'],
    async act(d) {
      const { id } = await d.network();
      return [(await d.api.get(`/networks/${id}`)).status(200).json().at('Created')];
    },
  },
  {
    operationId: 'NetworkList',
    path: '/networks',
    id: 'time-created',
    title: 'Created is the time of the create request',
    features: ['containers', 'networks'],
    async act(d) {
      const { id } = await d.network();
      const found = (await d.api.get('/networks')).status(200).json().array();
      return found.filter((network) => network.at('Id').value === id).map((network) => network.at('Created'));
    },
  },
  {
    operationId: 'VolumeInspect',
    path: '/volumes/{name}',
    id: 'time-created',
    title: 'CreatedAt is the time of the create request',
    features: ['containers', 'volumes'],
    async act(d) {
      const name = await d.volume();
      return [(await d.api.get(`/volumes/${name}`)).status(200).json().at('CreatedAt')];
    },
  },
  {
    operationId: 'VolumeList',
    path: '/volumes',
    id: 'time-created',
    title: 'CreatedAt is the time of the create request',
    features: ['containers', 'volumes'],
    async act(d) {
      const name = await d.volume();
      const found = (await d.api.get('/volumes')).status(200).json().at('Volumes').array();
      return found.filter((volume) => volume.at('Name').value === name).map((volume) => volume.at('CreatedAt'));
    },
  },
  {
    operationId: 'ImageCommit',
    method: 'POST',
    path: '/commit',
    id: 'time-created',
    title: 'Created of a committed image is the time of the commit',
    features: ['containers', 'commit'],
    async act(d) {
      const { id } = await d.fresh();
      const repo = d.t.scratch('timed');
      (await d.post('/commit', {}, { query: { container: id, repo, tag: 'v1' } })).status(201);
      const name = d.t.own(`${repo}:v1`);
      return [(await d.api.get(`/images/${name}/json`)).status(200).json().at('Created')];
    },
  },
  {
    operationId: 'ImageInspect',
    path: '/images/{name}/json',
    id: 'time-last-tag',
    title: 'Metadata.LastTagTime is the time of the last tag',
    async act(d) {
      const repo = d.t.scratch('tagged');
      (await d.api.post(`/images/${d.image()}/tag`, { query: { repo, tag: 'v1' } })).status(201);
      const name = d.t.own(`${repo}:v1`);
      return [(await d.api.get(`/images/${name}/json`)).status(200).json().at('Metadata', 'LastTagTime')];
    },
  },
  {
    operationId: 'SystemInfo',
    path: '/info',
    id: 'time-system',
    title: 'SystemTime is the present, with a zone',
    act: async (d) => [(await d.api.get('/info')).status(200).json().at('SystemTime')],
  },
];

const byOperation = cases.map(({ operationId, method = 'GET', path, act, ...rest }) =>
  containers(
    { operationId, pointer: operationPointer(method, path), ...(rest.features ? { features: rest.features } : {}) },
    [
      {
        ...rest,
        why: 'Clients compare it with their own clock, and read it with strict parsers.',
        async check(d) {
          // The image is loaded before the clock is read, and a shared container is made.
          await d.sleeper();
          const from = await clock(d.t);
          const found = await act(d);
          demand(found.length > 0, 'times', 'at least one', found.length);
          for (const member of found) await isRecent(d, member, from);
        },
      },
    ],
  ),
);

const health = containers(
  {
    operationId: 'ContainerInspect',
    pointer: '/definitions/HealthcheckResult',
    features: ['containers', 'health-checks'],
  },
  [
    {
      id: 'time-health-log',
      title: 'Start and End of a health check are the times of the check, in order',
      why: 'People look up when a service became unhealthy.',
      async check(d) {
        const from = await clock(d.t);
        const Healthcheck = { Test: ['CMD', 'true'], Interval: 100_000_000 };
        const { id } = await d.running({ Healthcheck });
        const state = (await d.until(id, ['State', 'Health', 'Status'], 'healthy')).at('State', 'Health');
        const [entry] = state.at('Log').array();
        if (!entry) throw new Unmet('Health.Log', 'an entry', 'none');
        for (const member of ['Start', 'End']) await isRecent(d, entry.at(member), from);
        const [start, end] = ['Start', 'End'].map((member) => Date.parse(entry.at(member).string()));
        demand((start ?? 0) <= (end ?? 0), 'Start and End', 'in order', [start, end]);
      },
    },
  ],
);

/** Every time in answers, compared with the daemon's clock and its format. */
export const times: readonly Requirement[] = [...byOperation.flat(), ...health];
