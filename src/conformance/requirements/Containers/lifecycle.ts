import { at } from '../../containers/dock.js';
import { containers, operationPointer } from '../../containers/family.js';
import { demand, same } from '../../expect.js';
import type { Requirement } from '../../requirement.js';

const wait = containers({ operationId: 'ContainerWait', pointer: operationPointer('POST', '/containers/{id}/wait') }, [
  {
    id: 'exit-code',
    title: 'the answer has the exit code',
    pointer: '+/responses/200',
    why: 'CI passes or fails by it.',
    async check(d) {
      same((await d.ran(['sh', '-c', 'exit 42'])).code, 42, 'StatusCode');
    },
  },
  {
    id: 'ended',
    title: 'a container that has ended is answered at once',
    why: 'Clients wait without looking first.',
    async check(d) {
      same(await d.wait((await d.spoken()).id), 3, 'StatusCode');
    },
  },
  {
    id: 'head-at-once',
    title: 'the head comes at once, the body with the end',
    pointer: '+/responses/200',
    observed: true,
    why: 'Clients know by it that nothing is missed when they start the container.',
    async check(d) {
      const { id } = await d.running();
      const waiting = (await d.follow('POST', at(id, '/wait'))).is(200);
      demand(await waiting.quiet(100), 'wait for a container that runs', 'no body yet', waiting.text);
      (await d.api.post(at(id, '/kill'))).status(204);
      same(JSON.parse((await waiting.ended()).toString()).StatusCode, 137, 'StatusCode');
    },
  },
  {
    id: 'next-exit',
    title: 'next-exit waits for a run that is yet to begin',
    pointer: '+/parameters/1',
    since: '1.30',
    why: 'Clients wait before they start, so as to miss nothing.',
    async check(d) {
      const { id } = await d.create({ Cmd: ['sh', '-c', 'exit 6'] });
      const waiting = (await d.follow('POST', at(id, '/wait'), { condition: 'next-exit' })).is(200);
      demand(await waiting.quiet(100), 'wait for a container that was not started', 'no body yet', waiting.text);
      await d.start(id);
      same(JSON.parse((await waiting.ended()).toString()).StatusCode, 6, 'StatusCode');
    },
  },
  {
    id: 'removed',
    title: 'removed waits for the removal',
    pointer: '+/parameters/1',
    since: '1.30',
    why: 'Clients use the name again then.',
    async check(d) {
      const { id } = await d.ran(['true']);
      const waiting = (await d.follow('POST', at(id, '/wait'), { condition: 'removed' })).is(200);
      demand(await waiting.quiet(100), 'wait for the removal', 'no body yet', waiting.text);
      (await d.api.delete(at(id))).status(204);
      await waiting.ended();
    },
  },
  {
    id: 'condition-unknown',
    title: 'a condition that is none is answered 400',
    pointer: '+/responses/400',
    since: '1.30',
    why: 'It would never be met.',
    async check(d) {
      (await d.api.post(at((await d.spoken()).id, '/wait'), { query: { condition: 'sunday' } })).error(400);
    },
  },
]);

const rename = containers(
  { operationId: 'ContainerRename', pointer: operationPointer('POST', '/containers/{id}/rename') },
  [
    {
      id: 'renamed',
      title: 'the container has the new name and no more the old one',
      pointer: '+/responses/204',
      why: 'It is what the operation is for.',
      async check(d) {
        const { id, name } = await d.create();
        const other = d.unique();
        (await d.api.post(at(name, '/rename'), { query: { name: other } })).status(204);
        const found = await d.inspect(other);
        found.at('Id').is(id);
        found.at('Name').is(`/${other}`);
        (await d.api.get(at(name, '/json'))).error(404);
      },
    },
    {
      id: 'taken',
      title: 'a name that is taken is answered 409',
      pointer: '+/responses/409',
      why: 'Two containers of one name could not be told apart.',
      async check(d) {
        const { id } = await d.create();
        (await d.api.post(at(id, '/rename'), { query: { name: (await d.fresh()).name } })).error(409);
      },
    },
    {
      id: 'nameless',
      title: 'no name is refused',
      observed: true,
      why: 'A container has a name.',
      async check(d) {
        (await d.api.post(at((await d.create()).id, '/rename'))).error(400);
      },
    },
    {
      id: 'running',
      title: 'a container that runs is renamed',
      why: 'Updates swap names without an interruption.',
      async check(d) {
        const { id } = await d.running();
        const other = d.unique();
        (await d.api.post(at(id, '/rename'), { query: { name: other } })).status(204);
        (await d.inspect(other)).at('State', 'Running').is(true);
      },
    },
  ],
);

const update = containers(
  { operationId: 'ContainerUpdate', pointer: operationPointer('POST', '/containers/{id}/update') },
  [
    {
      id: 'restart-policy',
      title: 'the restart policy is changed, and nothing else',
      pointer: '+/responses/200',
      why: 'Services are to come back from now on.',
      async check(d) {
        const { id } = await d.create({ HostConfig: { ShmSize: 1024 * 1024 } });
        const body = { RestartPolicy: { Name: 'unless-stopped' } };
        (await d.post(at(id, '/update'), body)).status(200).json().object();
        const host = (await d.inspect(id)).at('HostConfig');
        host.at('RestartPolicy', 'Name').is('unless-stopped');
        host.at('ShmSize').is(1024 * 1024);
      },
    },
    {
      id: 'memory',
      title: 'bounds of memory are changed',
      features: ['containers', 'limits'],
      why: 'A container outgrows its bounds.',
      async check(d) {
        const { id } = await d.create({ HostConfig: { Memory: 64 * 1024 * 1024 } });
        const bounds = { Memory: 128 * 1024 * 1024, MemorySwap: 256 * 1024 * 1024 };
        (await d.post(at(id, '/update'), bounds)).status(200);
        (await d.inspect(id)).at('HostConfig', 'Memory').is(bounds.Memory);
      },
    },
    {
      id: 'memory-small',
      title: 'less memory than 6 MiB is refused',
      features: ['containers', 'limits'],
      observed: true,
      why: 'Nothing would run in it.',
      async check(d) {
        (await d.post(at((await d.fresh()).id, '/update'), { Memory: 1024 })).error(400);
      },
    },
    {
      id: 'auto-remove',
      title: 'a container that removes itself gets no restart policy',
      observed: true,
      why: 'One says that it goes, the other that it comes back.',
      async check(d) {
        const { id } = await d.create({ HostConfig: { AutoRemove: true } });
        (await d.post(at(id, '/update'), { RestartPolicy: { Name: 'always' } })).error(400, 409);
      },
    },
  ],
);

const remove = containers({ operationId: 'ContainerDelete', pointer: operationPointer('DELETE', '/containers/{id}') }, [
  {
    id: 'removed',
    title: 'a container that was removed is not there any more',
    pointer: '+/responses/204',
    why: 'It is what the operation is for.',
    async check(d) {
      const { id, name } = await d.create();
      (await d.api.delete(at(id))).status(204);
      (await d.api.get(at(id, '/json'))).error(404);
      (await d.attempt({}, { name })).status(201);
    },
  },
  {
    id: 'running',
    title: 'what runs is not removed: 409',
    pointer: '+/responses/409',
    why: 'Work would be lost.',
    async check(d) {
      (await d.api.delete(at((await d.sleeper()).id))).error(409);
      (await d.inspect((await d.sleeper()).id)).at('State', 'Running').is(true);
    },
  },
  {
    id: 'forced',
    title: 'with force it is killed and removed',
    pointer: '+/parameters/2',
    why: 'It is what force is for.',
    async check(d) {
      const { id } = await d.running();
      (await d.api.delete(at(id), { query: { force: '1' } })).status(204);
      (await d.api.get(at(id, '/json'))).error(404);
    },
  },
  {
    id: 'volumes',
    title: 'with v the volumes that it made go too, those with a name stay',
    features: ['containers', 'volumes'],
    pointer: '+/parameters/1',
    why: 'Disks fill up with volumes that nobody knows.',
    async check(d) {
      const name = await d.volume();
      const { id } = await d.create({ Volumes: { '/a': {} }, HostConfig: { Binds: [`${name}:/n`] } });
      const mounts = (await d.inspect(id)).at('Mounts').array();
      const anonymous =
        mounts
          .find((mount) => mount.at('Destination').value === '/a')
          ?.at('Name')
          .string() ?? '';
      (await d.api.delete(at(id), { query: { v: '1' } })).status(204);
      (await d.api.get(`/volumes/${anonymous}`)).error(404);
      (await d.api.get(`/volumes/${name}`)).status(200);
    },
  },
  {
    id: 'volumes-stay',
    title: 'without v the volumes stay',
    features: ['containers', 'volumes'],
    pointer: '+/parameters/1',
    why: 'Data outlives its container unless told.',
    async check(d) {
      const { id } = await d.create({ Volumes: { '/a': {} } });
      const [mount] = (await d.inspect(id)).at('Mounts').array();
      const name = mount?.at('Name').string() ?? '';
      d.own(`/volumes/${name}`);
      (await d.api.delete(at(id))).status(204);
      (await d.api.get(`/volumes/${name}`)).status(200);
    },
  },
]);

/** Waiting, renaming, updating and removing containers. */
export const lifecycle: readonly Requirement[] = [wait, rename, update, remove].flat();
