import type { Dock, Spec } from '../../containers/dock.js';
import { containers, type Member, operationPointer } from '../../containers/family.js';
import { demand, same } from '../../expect.js';
import type { Requirement } from '../../requirement.js';
import { familiar } from '../common.js';

const why = 'A container has to be what was asked for.';

/** A configuration member that inspect returns unchanged. */
export function kept(
  id: string,
  title: string,
  spec: Spec,
  path: readonly string[],
  value: unknown,
  more: Partial<Member> = {},
): Member {
  return {
    id,
    title,
    why,
    ...more,
    async check(d) {
      const { id: made } = await d.create(spec);
      (await d.inspect(made)).at(...path).is(value);
    },
  };
}

/** A configuration that is refused. */
export function refused(id: string, title: string, spec: Spec, more: Partial<Member> = {}): Member {
  return {
    id,
    title,
    pointer: '+/responses/400',
    why: 'What cannot be is refused, not made otherwise.',
    ...more,
    async check(d) {
      (await d.attempt(spec)).error(400);
    },
  };
}

async function refusedText(d: Dock, body: string): Promise<void> {
  (await d.post('/containers/create', body)).error(400);
}

/** Creating containers: names, images, commands and what the image adds. */
export const create: readonly Requirement[] = containers(
  { operationId: 'ContainerCreate', pointer: operationPointer('POST', '/containers/create') },
  [
    {
      id: 'answer',
      title: 'a container is created with an Id and a list of Warnings',
      pointer: '+/responses/201',
      why: 'Everything else goes by the Id.',
      async check(d) {
        const body = (await d.attempt()).status(201).mediaType('application/json').json();
        body.at('Id').matches(/^[0-9a-f]{64}$/);
        const warnings = body.at('Warnings');
        demand(warnings.value === null || Array.isArray(warnings.value), warnings.place, 'a list', warnings.value);
      },
    },
    {
      id: 'not-started',
      title: 'a container that was created does not run',
      why: 'Clients connect networks and copy files before they start it.',
      async check(d) {
        const state = (await d.inspect((await d.create()).id)).at('State');
        state.at('Status').is('created');
        state.at('Running').is(false);
      },
    },
    {
      id: 'named',
      title: 'name gives the container its name',
      pointer: '+/parameters/0',
      why,
      async check(d) {
        const { id, name } = await d.create();
        const found = await d.inspect(name);
        found.at('Id').is(id);
        found.at('Name').is(`/${name}`);
      },
    },
    {
      id: 'name-with-slash',
      title: 'a slash before the name is no part of it',
      pointer: '+/parameters/0',
      why: 'Names in answers begin with one.',
      async check(d) {
        const name = d.unique();
        (await d.attempt({}, { name: `/${name}` })).status(201);
        (await d.inspect(name)).at('Name').is(`/${name}`);
      },
    },
    {
      id: 'name-invented',
      title: 'without a name the container gets one',
      pointer: '+/parameters/0',
      why: 'Lists show names.',
      async check(d) {
        const id = (await d.attempt()).status(201).json().at('Id').string();
        (await d.inspect(id)).at('Name').matches(/^\/[a-zA-Z0-9][a-zA-Z0-9_.-]+$/);
      },
    },
    {
      id: 'name-taken',
      title: 'a name that is taken is answered 409',
      pointer: '+/responses/409',
      why: 'Two containers of one name could not be told apart.',
      async check(d) {
        const { id, name } = await d.create();
        (await d.attempt({}, { name })).error(409);
        (await d.inspect(name)).at('Id').is(id);
      },
    },
    {
      id: 'name-malformed',
      title: 'a name of other characters is answered 400',
      pointer: '+/parameters/0',
      why: 'It could not stand in a path.',
      async check(d) {
        (await d.attempt({}, { name: 'two words' })).error(400);
      },
    },
    {
      id: 'image-absent',
      title: 'an image that is not there is answered 404',
      pointer: '+/responses/404',
      why: 'Clients pull it then.',
      async check(d) {
        (await d.attempt({ Image: `${d.run}/absent:none` })).error(404);
      },
    },
    {
      id: 'image-kept',
      title: 'Config.Image is the name that was given, and Image the id of what it meant',
      why: 'The name may mean another image later.',
      async check(d) {
        const found = await d.inspect((await d.create()).id);
        same(familiar(found.at('Config', 'Image').value), d.image(), 'Config.Image');
        const image = (await d.api.get(`/images/${d.image()}/json`)).status(200).json().at('Id').string();
        found.at('Image').is(image);
      },
    },
    {
      id: 'image-by-id',
      title: 'an image is found by its id',
      why: 'A name may move between two requests.',
      async check(d) {
        const image = (await d.api.get(`/images/${d.image()}/json`)).status(200).json().at('Id').string();
        (await d.inspect((await d.create({ Image: image })).id)).at('Image').is(image);
      },
    },
    {
      id: 'platform-own',
      title: "the daemon's own platform is found",
      pointer: '+/parameters/1',
      since: '1.41',
      why: 'Clients name it to be sure.',
      async check(d) {
        const { os, architecture } = d.t.host;
        (await d.attempt({}, { platform: `${os}/${architecture}` })).status(201);
      },
    },
    {
      id: 'platform-absent',
      title: 'a platform that the image does not have is answered 404',
      pointer: '+/parameters/1',
      since: '1.41',
      why: 'Another platform would not run.',
      async check(d) {
        (await d.attempt({}, { platform: 'linux/s390x' })).error(404);
      },
    },
    {
      id: 'platform-malformed',
      title: 'a platform that is none is refused',
      pointer: '+/parameters/1',
      since: '1.41',
      observed: true,
      why: 'Ignoring it would run another one.',
      async check(d) {
        (await d.attempt({}, { platform: 'a/b/c/d/e' })).error(400);
      },
    },
    {
      id: 'json-malformed',
      title: 'a body that is not JSON is answered 400',
      pointer: '+/responses/400',
      why: 'Half a configuration must not be made.',
      check: (d) => refusedText(d, '{"Image": '),
    },
    {
      id: 'json-wrong-type',
      title: 'a member of another type is answered 400',
      pointer: '+/responses/400',
      why: 'It would be lost.',
      check: (d) => refusedText(d, JSON.stringify({ Image: d.image(), Cmd: 5 })),
    },
    {
      id: 'json-unknown-member',
      title: 'members that nobody knows are passed over',
      observed: true,
      why: 'Newer clients send them.',
      async check(d) {
        (await d.attempt({ ForTomorrow: true })).status(201);
      },
    },
    {
      id: 'body-absent',
      title: 'no body at all is answered 400',
      pointer: '+/responses/400',
      why: 'There is nothing to be made.',
      async check(d) {
        (await d.api.post('/containers/create')).error(400);
      },
    },
    kept('user', 'User is kept', { User: '1000:5' }, ['Config', 'User'], '1000:5'),
    kept('working-directory', 'WorkingDir is kept', { WorkingDir: '/tmp/x' }, ['Config', 'WorkingDir'], '/tmp/x'),
    kept('hostname', 'Hostname is kept', { Hostname: 'of-mine' }, ['Config', 'Hostname'], 'of-mine'),
    kept('tty', 'Tty is kept', { Tty: true }, ['Config', 'Tty'], true),
    kept('open-stdin', 'OpenStdin is kept', { OpenStdin: true }, ['Config', 'OpenStdin'], true),
    {
      id: 'stop-signal',
      title: 'StopSignal is kept, by its name or its number',
      why,
      async check(d) {
        const { id } = await d.create({ StopSignal: 'SIGINT' });
        (await d.inspect(id)).at('Config', 'StopSignal').matches(/^(SIGINT|2)$/);
      },
    },
    kept('stop-timeout', 'StopTimeout is kept', { StopTimeout: 3 }, ['Config', 'StopTimeout'], 3),
    kept('exposed-ports', 'ExposedPorts is kept', { ExposedPorts: { '99/udp': {} } }, ['Config', 'ExposedPorts'], {
      '99/udp': {},
    }),
    {
      id: 'hostname-default',
      title: 'without a host name it is the beginning of the id',
      observed: true,
      why: 'Logs name it.',
      async check(d) {
        const { id } = await d.create();
        (await d.inspect(id)).at('Config', 'Hostname').is(id.slice(0, 12));
      },
    },
    refused(
      'working-directory-relative',
      'a working directory that is no absolute path is refused',
      { WorkingDir: 'x' },
      {
        observed: true,
      },
    ),
    refused(
      'stop-signal-unknown',
      'a stop signal that is none is refused',
      { StopSignal: 'SIGNONE' },
      { observed: true },
    ),
    refused(
      'port-malformed',
      'an exposed port that is none is refused',
      { ExposedPorts: { 'x/tcp': {} } },
      { observed: true, since: '1.52' },
    ),
  ],
);
