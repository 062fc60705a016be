import { at, type Dock } from '../../containers/dock.js';
import { containers, operationPointer } from '../../containers/family.js';
import { demand, type Shape, same } from '../../expect.js';
import { readTar } from '../../images/tar.js';
import type { Requirement } from '../../requirement.js';

const pointer = (action: string): string => operationPointer('GET', `/containers/{id}/${action}`);

const inspect = containers({ operationId: 'ContainerInspect', pointer: pointer('json') }, [
  {
    id: 'by-part-of-id',
    title: 'a container is found by its name, its id and the beginning of its id',
    pointer: '+/parameters/0',
    why: 'People type short ids.',
    async check(d) {
      const { id, name } = await d.fresh();
      for (const given of [id, name, id.slice(0, 12)]) (await d.inspect(given)).at('Id').is(id);
    },
  },
  {
    id: 'fields',
    title: 'an answer has id, time, state, image, name and the parts of the configuration',
    pointer: '/definitions/ContainerInspectResponse',
    why: 'Tools rely on them.',
    async check(d) {
      const found = await d.inspect((await d.sleeper()).id);
      for (const member of ['Id', 'Created', 'Path', 'Image', 'Name', 'Driver', 'Platform']) found.at(member).string();
      for (const member of ['State', 'HostConfig', 'Config', 'NetworkSettings']) found.at(member).object();
      for (const member of ['Args', 'Mounts']) found.at(member).array();
      found.at('RestartCount').is(0);
      demand(Date.parse(found.at('Created').string()) > 0, 'Created', 'a time', found.at('Created').value);
      found.at('Platform').is('linux');
    },
  },
  {
    id: 'times-unset',
    title: 'what was never started has times in the year 1',
    observed: true,
    why: 'Clients tell by it that there was no run.',
    async check(d) {
      const state = (await d.inspect((await d.fresh()).id)).at('State');
      for (const member of ['StartedAt', 'FinishedAt'])
        same(Date.parse(state.at(member).string()), Date.parse('0001-01-01T00:00:00Z'), member);
    },
  },
  {
    id: 'size',
    title: 'sizes are there with size, and only then',
    pointer: '+/parameters/1',
    why: 'They take long to find out.',
    async check(d) {
      const { id } = await d.ran(['sh', '-c', 'seq 20000 > /big']);
      const without = await d.inspect(id);
      for (const member of ['SizeRw', 'SizeRootFs'])
        demand(!without.at(member).value, without.at(member).place, 'none', without.at(member).value);
      const found = await d.inspect(id, { size: '1' });
      demand(found.at('SizeRw').number() >= 100_000, 'SizeRw', 'what was written', found.at('SizeRw').value);
      demand(found.at('SizeRootFs').number() > 0, 'SizeRootFs', 'more than 0', found.at('SizeRootFs').value);
    },
  },
]);

function rows(answer: Shape): { titles: readonly string[]; commands: readonly string[] } {
  const titles = answer
    .at('Titles')
    .array()
    .map((title) => title.string());
  const processes = answer.at('Processes').array();
  for (const process of processes) same(process.array().length, titles.length, 'columns of a process');
  return { titles, commands: processes.map((process) => String(process.array().at(-1)?.value)) };
}

const top = containers(
  { operationId: 'ContainerTop', pointer: pointer('top'), features: ['containers', 'processes'] },
  [
    {
      id: 'processes',
      title: 'the processes of the container are listed, a row each',
      pointer: '+/responses/200',
      why: 'It is what the operation is for.',
      async check(d) {
        const { id } = await d.sleeper();
        const { titles, commands } = rows((await d.api.get(at(id, '/top'))).status(200).json());
        demand(titles.includes('PID'), 'Titles', 'PID among them', titles);
        same(commands.length, 1, 'number of processes');
        demand((commands[0] ?? '').includes('sleep 86400'), 'command', 'sleep 86400', commands);
      },
    },
    {
      id: 'arguments',
      title: 'ps_args chooses the columns',
      pointer: '+/parameters/1',
      why: 'People look for one thing.',
      async check(d) {
        const query = { ps_args: '-o pid,args' };
        const { titles } = rows((await d.api.get(at((await d.sleeper()).id, '/top'), { query })).status(200).json());
        same(
          titles.map((title) => title.trim()),
          ['PID', 'COMMAND'],
          'Titles',
        );
      },
    },
    {
      id: 'stopped',
      title: 'a container that does not run is answered 409',
      observed: true,
      why: 'It has no processes.',
      async check(d) {
        (await d.api.get(at((await d.fresh()).id, '/top'))).error(409);
      },
    },
  ],
);

const stats = containers(
  { operationId: 'ContainerStats', pointer: pointer('stats'), features: ['containers', 'statistics'] },
  [
    {
      id: 'named',
      title: 'a sample names the container',
      since: '1.52',
      observed: true,
      why: 'Monitors watch many at once.',
      async check(d) {
        const { id, name } = await d.sleeper();
        const answer = await d.api.get(at(id, '/stats'), { query: { stream: '0', 'one-shot': '1' } });
        const found = answer.status(200).json();
        found.at('name').is(`/${name}`);
        found.at('id').is(id);
      },
    },
    {
      id: 'sample',
      title: 'with stream=0 there is one sample, with processors and memory',
      pointer: '+/parameters/1',
      why: 'Monitors ask now and then.',
      async check(d) {
        const { id } = await d.sleeper();
        const answer = await d.api.get(at(id, '/stats'), { query: { stream: '0', 'one-shot': '1' } });
        // One document: two samples would be none.
        const found = answer.status(200).json();
        for (const member of ['cpu_stats', 'precpu_stats', 'memory_stats', 'pids_stats']) found.at(member).object();
        demand(Date.parse(found.at('read').string()) > 1e12, 'read', 'the present', found.at('read').value);
        found.at('cpu_stats', 'cpu_usage', 'total_usage').number();
      },
    },
    {
      id: 'stopped',
      title: 'a container that does not run has a sample of zeros',
      observed: true,
      why: 'Monitors need not ask for the state first.',
      async check(d) {
        const answer = await d.api.get(at((await d.fresh()).id, '/stats'), { query: { stream: '0', 'one-shot': '1' } });
        answer.status(200).json().at('cpu_stats', 'cpu_usage', 'total_usage').is(0);
      },
    },
    {
      id: 'stream',
      title: 'a stream has sample after sample',
      pointer: '+/parameters/1',
      why: 'Monitors watch.',
      async check(d) {
        const stream = (await d.follow('GET', at((await d.sleeper()).id, '/stats'))).is(200);
        await stream.until(
          (bytes) =>
            bytes
              .toString()
              .split('\n')
              .filter((line) => line !== '').length >= 2,
          'two samples',
        );
        const [first = '', second = ''] = stream.text.split('\n');
        const read = (line: string): number => Date.parse(JSON.parse(line).read);
        demand(read(first) < read(second), 'read of the samples', 'one after the other', [read(first), read(second)]);
      },
    },
  ],
);

/** Changes by path. */
async function changes(d: Dock, id: string): Promise<ReadonlyMap<string, number>> {
  const body = (await d.api.get(at(id, '/changes'))).status(200).json();
  if (body.value === null) return new Map();
  return new Map(body.array().map((change) => [change.at('Path').string(), change.at('Kind').number()]));
}

const diff = containers(
  { operationId: 'ContainerChanges', pointer: pointer('changes'), features: ['containers', 'changes'] },
  [
    {
      id: 'kinds',
      title: 'what was changed is 0, what was added 1, what was deleted 2',
      pointer: '/definitions/FilesystemChange',
      why: 'People see what a program did.',
      async check(d) {
        const { id } = await d.ran([
          'sh',
          '-c',
          'echo x >> /files/a.txt; echo y > /files/new; rm /files/plain; mkdir /made',
        ]);
        const found = await changes(d, id);
        const wanted: readonly [string, number][] = [
          ['/files', 0],
          ['/files/a.txt', 0],
          ['/files/new', 1],
          ['/files/plain', 2],
          ['/made', 1],
        ];
        for (const [path, kind] of wanted) same(found.get(path), kind, `kind of ${path}`);
        same(found.has('/files/link'), false, 'a change of what nobody touched');
      },
    },
    {
      id: 'none',
      title: 'a container that wrote nothing has no changes',
      why: 'Its image is all there is.',
      async check(d) {
        same([...(await changes(d, (await d.create()).id)).keys()], [], 'paths');
      },
    },
  ],
);

const exported = containers({ operationId: 'ContainerExport', pointer: pointer('export') }, [
  {
    id: 'files',
    title: "an export is a tar with the image's files and what was written",
    pointer: '+/responses/200',
    why: 'It is what the operation is for.',
    async check(d) {
      const { id } = await d.ran(['sh', '-c', 'echo mine > /files/new; rm /files/plain']);
      const files = readTar((await d.api.get(at(id, '/export'))).status(200).body);
      same(files.get('files/a.txt')?.toString(), 'content of a\n', 'files/a.txt');
      same(files.get('files/new')?.toString(), 'mine\n', 'files/new');
      same(files.has('files/plain'), false, 'a file that was deleted');
    },
  },
  {
    id: 'running',
    title: 'a container that runs is exported too',
    why: 'It is looked at while it goes wrong.',
    async check(d) {
      const answer = (await d.api.get(at((await d.sleeper()).id, '/export'))).status(200);
      same(readTar(answer.body).get('files/a.txt')?.toString(), 'content of a\n', 'files/a.txt');
    },
  },
]);

/** Looking at containers: inspect, top, stats, changes, export. */
export const views: readonly Requirement[] = [inspect, top, stats, diff, exported].flat();
