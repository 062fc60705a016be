import { at } from '../../containers/dock.js';
import { containers, operationPointer } from '../../containers/family.js';
import { demand, same } from '../../expect.js';
import { readTar, writeTar } from '../../images/tar.js';
import type { Requirement } from '../../requirement.js';

/** Numbers of user and group in the head of a tar's first entry (POSIX ustar). */
function ownersOf(tar: Buffer): readonly number[] {
  return [108, 116].map((start) => Number.parseInt(tar.toString('latin1', start, start + 8), 8));
}

const archive = containers(
  { operationId: 'PutContainerArchive', pointer: operationPointer('PUT', '/containers/{id}/archive') },
  [
    {
      id: 'copy-uidgid',
      title: "with copyUIDGID what was put belongs to the container's user",
      pointer: '+/parameters/3',
      why: 'The process may change its own files.',
      async check(d) {
        const { id } = await d.create({ User: '1234:77' });
        const asked = { query: { path: '/tmp', copyUIDGID: '1' }, headers: { 'Content-Type': 'application/x-tar' } };
        const body = writeTar([['owned.txt', Buffer.from('mine\n')]]);
        (await d.api.send('PUT', at(id, '/archive'), { ...asked, body })).status(200);
        const got = (await d.api.get(at(id, '/archive'), { query: { path: '/tmp/owned.txt' } })).status(200).body;
        same(ownersOf(got), [1234, 77], 'user and group of the file');
      },
    },
    {
      id: 'overwrite-file',
      title: 'with noOverwriteDirNonDir a file replaces a file',
      pointer: '+/parameters/2',
      why: 'The flag is about directories.',
      async check(d) {
        const { id } = await d.create();
        const asked = {
          query: { path: '/files', noOverwriteDirNonDir: '1' },
          body: writeTar([['a.txt', Buffer.from('new\n')]]),
        };
        (
          await d.api.send('PUT', at(id, '/archive'), { ...asked, headers: { 'Content-Type': 'application/x-tar' } })
        ).status(200);
        const got = (await d.api.get(at(id, '/archive'), { query: { path: '/files/a.txt' } })).status(200).body;
        same(readTar(got).get('a.txt')?.toString('utf8'), 'new\n', 'content');
      },
    },
  ],
);

const remove = containers({ operationId: 'ContainerDelete', pointer: operationPointer('DELETE', '/containers/{id}') }, [
  {
    id: 'link-none',
    title: 'with link a name that is no link is refused, and the container stays',
    observed: true,
    why: 'A slip must not delete a container.',
    async check(d) {
      const { id, name } = await d.create();
      const { status } = (await d.api.delete(at(name), { query: { link: '1' } })).exchange;
      demand(status >= 400, 'status', 'a refusal', status);
      (await d.api.get(at(id, '/json'))).status(200);
    },
  },
]);

const commit = containers(
  { operationId: 'ImageCommit', pointer: operationPointer('POST', '/commit'), features: ['containers', 'commit'] },
  [
    {
      id: 'unpaused',
      title: 'with pause=0 a container that runs is committed, and runs on',
      pointer: '+/parameters/6',
      why: 'Some work must not stand still.',
      async check(d) {
        const { id } = await d.running();
        const repo = d.t.scratch('unpaused');
        (await d.post('/commit', {}, { query: { container: id, repo, tag: 'v1', pause: '0' } })).status(201);
        d.t.own(`${repo}:v1`);
        (await d.inspect(id)).at('State', 'Status').is('running');
      },
    },
  ],
);

const network = containers(
  {
    operationId: 'NetworkInspect',
    pointer: operationPointer('GET', '/networks/{id}'),
    features: ['containers', 'networks'],
  },
  [
    {
      id: 'verbose',
      title: 'with verbose it is the same network',
      pointer: '+/parameters/1',
      why: 'Whoever looks closer looks at the same.',
      async check(d) {
        const { id } = await d.network();
        (await d.api.get(`/networks/${id}`, { query: { verbose: '1' } })).status(200).json().at('Id').is(id);
      },
    },
    {
      id: 'verbose-malformed',
      title: 'a verbose that is no flag is answered 400',
      observed: true,
      why: 'What was meant cannot be known.',
      async check(d) {
        const { id } = await d.network();
        (await d.api.get(`/networks/${id}`, { query: { verbose: 'x' } })).error(400);
      },
    },
    {
      id: 'scope',
      title: 'a scope that the network is not of does not find it',
      pointer: '+/parameters/2',
      why: 'Of two networks of one name the other is meant.',
      async check(d) {
        const { id, name } = await d.network();
        const asked = (scope: string) => d.api.get(`/networks/${name}`, { query: { scope } });
        (await asked('local')).status(200).json().at('Id').is(id);
        (await asked('swarm')).error(404);
      },
    },
  ],
);

const connect = containers(
  {
    operationId: 'NetworkConnect',
    pointer: operationPointer('POST', '/networks/{id}/connect'),
    features: ['containers', 'networks'],
  },
  [
    {
      id: 'address-malformed',
      title: 'an address that is none is answered 400',
      since: '1.44',
      pointer: '+/responses/400',
      why: 'Another address would be no help.',
      async check(d) {
        const [{ id }, container] = [await d.network(), await d.create()];
        const EndpointConfig = { IPAMConfig: { IPv4Address: 'no-address' } };
        (await d.post(`/networks/${id}/connect`, { Container: container.id, EndpointConfig })).error(400);
      },
    },
  ],
);

/** Parameters that few clients send. */
export const flags: readonly Requirement[] = [archive, remove, commit, network, connect].flat();
