import { filters } from '../../api.js';
import { at, type Dock } from '../../containers/dock.js';
import { containers, type Member, operationPointer } from '../../containers/family.js';
import { demand, same } from '../../expect.js';
import type { FeatureName } from '../../features.js';
import { runLabel } from '../../images/kit.js';
import type { Requirement } from '../../requirement.js';

/** Spellings of a false boolean parameter that every daemon has to know. */
const falses = ['0', 'false'];
/** Further spellings that dockerd takes for false. */
const oddFalses = ['', 'no', 'none', 'False', 'NO'];
/** Spellings of a true boolean parameter that every daemon has to know. */
const trues = ['1', 'true'];
/** Further spellings that dockerd takes for true. */
const oddTrues = ['True', 'yes', 'on', 'x'];

/** A boolean parameter, and a way to see its value. */
interface Flag {
  readonly operationId: string;
  readonly method: string;
  readonly path: string;
  readonly name: string;
  readonly parameter: number;
  readonly features?: readonly FeatureName[];
  readonly since?: string;
  /** Prepares the object of the requests. */
  readonly prepare: (d: Dock) => Promise<string>;
  /** Sends the parameter in a spelling and reports whether the daemon took it for true. */
  readonly isOn: (d: Dock, object: string, spelling: string) => Promise<boolean>;
}

/** Ids of the run's containers in a list. */
async function listed(d: Dock, query: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const asked = { filters: filters({ label: [`${runLabel}=${d.run}`] }), ...query };
  const found = (await d.api.get('/containers/json', { query: asked })).status(200).json().array();
  return found.map((entry) => entry.at('Id').string());
}

/** The bytes of a log. */
const log = async (d: Dock, id: string, query: Readonly<Record<string, string>>): Promise<string> =>
  (await d.api.get(at(id, '/logs'), { query })).status(200).text;

const spoken = async (d: Dock): Promise<string> => (await d.spoken()).id;
const sleeper = async (d: Dock): Promise<string> => (await d.sleeper()).id;

const logFlag = (
  name: string,
  parameter: number,
  isOn: (d: Dock, id: string, spelling: string) => Promise<boolean>,
): Flag => ({
  operationId: 'ContainerLogs',
  method: 'GET',
  path: '/containers/{id}/logs',
  name,
  parameter,
  prepare: spoken,
  isOn,
});

const attachFlag = (name: string, parameter: number, query: Readonly<Record<string, string>>, shows: string): Flag => ({
  operationId: 'ContainerAttach',
  method: 'POST',
  path: '/containers/{id}/attach',
  name,
  parameter,
  async prepare(d) {
    const Cmd = ['sh', '-c', 'echo out; echo err >&2; read x'];
    const { id } = await d.running({ Cmd, OpenStdin: true });
    await d.says(id, 'out');
    return id;
  },
  async isOn(d, id, spelling) {
    const stream = await d.hijack(at(id, '/attach'), { query: { ...query, [name]: spelling } });
    stream.is(101, 200);
    // Without `stream` the daemon closes the connection after the log.
    if ('stream' in query) await stream.quiet(150);
    else await stream.ended();
    const isShown = stream.text.includes(shows);
    stream.close();
    return isShown;
  },
});

const flagTable: readonly Flag[] = [
  {
    operationId: 'ContainerList',
    method: 'GET',
    path: '/containers/json',
    name: 'all',
    parameter: 0,
    prepare: async (d) => (await d.fresh()).id,
    isOn: async (d, id, all) => (await listed(d, { all })).includes(id),
  },
  {
    operationId: 'ContainerList',
    method: 'GET',
    path: '/containers/json',
    name: 'size',
    parameter: 2,
    prepare: sleeper,
    async isOn(d, id, size) {
      const query = { all: '1', size, filters: filters({ id: [id] }) };
      const [entry] = (await d.api.get('/containers/json', { query })).status(200).json().array();
      return typeof entry?.at('SizeRootFs').value === 'number' && Number(entry.at('SizeRootFs').value) > 0;
    },
  },
  {
    operationId: 'ContainerInspect',
    method: 'GET',
    path: '/containers/{id}/json',
    name: 'size',
    parameter: 1,
    prepare: sleeper,
    isOn: async (d, id, size) => Number((await d.inspect(id, { size })).at('SizeRootFs').value ?? 0) > 0,
  },
  logFlag('stdout', 2, async (d, id, stdout) => (await log(d, id, { stderr: '1', stdout })).includes('one')),
  logFlag('stderr', 3, async (d, id, stderr) => (await log(d, id, { stdout: '1', stderr })).includes('bad')),
  logFlag('timestamps', 6, async (d, id, timestamps) =>
    /\d\d:\d\d:\d\d/.test(await log(d, id, { stdout: '1', timestamps })),
  ),
  {
    ...logFlag('follow', 1, async (d, id, follow) => {
      const stream = (await d.follow('GET', at(id, '/logs'), { stdout: '1', follow })).is(200);
      const isOpen = await stream.quiet(200);
      stream.close();
      return isOpen;
    }),
    prepare: async (d) => (await d.running()).id,
  },
  attachFlag('logs', 2, { stream: '1', stdout: '1', stderr: '1' }, 'out'),
  attachFlag('stdout', 5, { logs: '1', stderr: '1' }, 'out'),
  attachFlag('stderr', 6, { logs: '1', stdout: '1' }, 'err'),
  {
    operationId: 'ContainerStats',
    method: 'GET',
    path: '/containers/{id}/stats',
    name: 'stream',
    parameter: 1,
    features: ['containers', 'statistics'],
    prepare: sleeper,
    async isOn(d, id, stream) {
      // A stream of samples is refused together with one-shot, without which a single sample takes a second.
      const more: Readonly<Record<string, string>> = [...falses, ...oddFalses].includes(stream)
        ? { 'one-shot': '1' }
        : {};
      const answer = (await d.follow('GET', at(id, '/stats'), { stream, ...more })).is(200);
      await answer.until((bytes) => bytes.includes('\n') || bytes.includes('}'), 'a sample');
      const isOpen = await answer.quiet(300).then((quiet) => quiet || !answer.over);
      answer.close();
      return isOpen;
    },
  },
];

/** Deletes of a running container, which only force allows. */
const forced: Flag = {
  operationId: 'ContainerDelete',
  method: 'DELETE',
  path: '/containers/{id}',
  name: 'force',
  parameter: 2,
  prepare: async () => '',
  async isOn(d, _, force) {
    const { id } = await d.running();
    const { status } = (await d.api.delete(at(id), { query: { force } })).exchange;
    demand([204, 409].includes(status), 'status', '204 or 409', status);
    return status === 204;
  },
};

/** Deletes of a container with an anonymous volume, which goes with the flag. */
const withVolumes: Flag = {
  operationId: 'ContainerDelete',
  method: 'DELETE',
  path: '/containers/{id}',
  name: 'v',
  parameter: 1,
  features: ['containers', 'volumes'],
  prepare: async () => '',
  async isOn(d, _, v) {
    const { id } = await d.create({ Volumes: { '/anonymous': {} } });
    const [mount] = (await d.inspect(id)).at('Mounts').array();
    const name = mount?.at('Name').string() ?? '';
    (await d.api.delete(at(id), { query: { v } })).status(204);
    const { status } = (await d.api.get(`/volumes/${name}`)).exchange;
    if (status === 200) d.own(`/volumes/${name}`, { force: '1' });
    return status === 404;
  },
};

/** Deletes of an absent volume, which only force allows. */
const forcedVolume: Flag = {
  operationId: 'VolumeDelete',
  method: 'DELETE',
  path: '/volumes/{name}',
  name: 'force',
  parameter: 1,
  features: ['containers', 'volumes'],
  prepare: async () => '',
  async isOn(d, _, force) {
    const { status } = (await d.api.delete(`/volumes/${d.unique('none')}`, { query: { force } })).exchange;
    demand([204, 404].includes(status), 'status', '204 or 404', status);
    return status === 204;
  },
};

function spelled(flag: Flag, id: string, spellings: readonly string[], value: boolean, observed: boolean): Member {
  return {
    id: `flag-${flag.name}-${id}`,
    title: `${flag.name} as ${spellings.map((one) => JSON.stringify(one)).join(', ')} is ${value}`,
    pointer: `+/parameters/${flag.parameter}`,
    why: 'Client libraries write booleans in different ways.',
    ...(observed ? { observed } : {}),
    ...(flag.since ? { since: flag.since } : {}),
    async check(d) {
      const object = await flag.prepare(d);
      for (const spelling of spellings)
        same(await flag.isOn(d, object, spelling), value, `${flag.name}=${spelling} was taken for true`);
    },
  };
}

/** Boolean parameters in all of their spellings. */
export const spellings: readonly Requirement[] = [...flagTable, forced, withVolumes, forcedVolume].flatMap((flag) => {
  const { operationId, method, path, features } = flag;
  const isObserved = flag === forcedVolume;
  return containers({ operationId, pointer: operationPointer(method, path), ...(features ? { features } : {}) }, [
    spelled(flag, 'false', falses, false, isObserved),
    spelled(flag, 'true', trues, true, isObserved),
    spelled(flag, 'odd-false', oddFalses, false, true),
    spelled(flag, 'odd-true', oddTrues, true, true),
  ]);
});
