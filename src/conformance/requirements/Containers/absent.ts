import type { Dock } from '../../containers/dock.js';
import { containers, operationPointer } from '../../containers/family.js';
import type { FeatureName } from '../../features.js';
import type { Requirement } from '../../requirement.js';

interface Operation {
  readonly operationId: string;
  readonly method: string;
  /** As in the description. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly features?: readonly FeatureName[];
  readonly since?: string;
}

/** Operations on one container, exec, network or volume. */
const operations: readonly Operation[] = [
  { operationId: 'ContainerInspect', method: 'GET', path: '/containers/{id}/json' },
  { operationId: 'ContainerTop', method: 'GET', path: '/containers/{id}/top' },
  { operationId: 'ContainerLogs', method: 'GET', path: '/containers/{id}/logs', query: { stdout: '1' } },
  { operationId: 'ContainerChanges', method: 'GET', path: '/containers/{id}/changes' },
  { operationId: 'ContainerExport', method: 'GET', path: '/containers/{id}/export' },
  { operationId: 'ContainerStats', method: 'GET', path: '/containers/{id}/stats', query: { stream: '0' } },
  { operationId: 'ContainerResize', method: 'POST', path: '/containers/{id}/resize', query: { h: '1', w: '1' } },
  { operationId: 'ContainerStart', method: 'POST', path: '/containers/{id}/start' },
  { operationId: 'ContainerStop', method: 'POST', path: '/containers/{id}/stop' },
  { operationId: 'ContainerRestart', method: 'POST', path: '/containers/{id}/restart' },
  { operationId: 'ContainerKill', method: 'POST', path: '/containers/{id}/kill' },
  { operationId: 'ContainerUpdate', method: 'POST', path: '/containers/{id}/update', body: {} },
  { operationId: 'ContainerRename', method: 'POST', path: '/containers/{id}/rename', query: { name: 'attestd-other' } },
  { operationId: 'ContainerPause', method: 'POST', path: '/containers/{id}/pause' },
  { operationId: 'ContainerUnpause', method: 'POST', path: '/containers/{id}/unpause' },
  { operationId: 'ContainerWait', method: 'POST', path: '/containers/{id}/wait' },
  { operationId: 'ContainerDelete', method: 'DELETE', path: '/containers/{id}' },
  { operationId: 'ContainerArchive', method: 'GET', path: '/containers/{id}/archive', query: { path: '/' } },
  { operationId: 'PutContainerArchive', method: 'PUT', path: '/containers/{id}/archive', query: { path: '/' } },
  {
    operationId: 'ContainerExec',
    method: 'POST',
    path: '/containers/{id}/exec',
    body: { Cmd: ['true'] },
    features: ['containers', 'exec'],
  },
  { operationId: 'ExecInspect', method: 'GET', path: '/exec/{id}/json', features: ['containers', 'exec'] },
  { operationId: 'ExecStart', method: 'POST', path: '/exec/{id}/start', body: {}, features: ['containers', 'exec'] },
  {
    operationId: 'ExecResize',
    method: 'POST',
    path: '/exec/{id}/resize',
    query: { h: '1', w: '1' },
    features: ['containers', 'exec'],
  },
  { operationId: 'NetworkInspect', method: 'GET', path: '/networks/{id}', features: ['containers', 'networks'] },
  { operationId: 'NetworkDelete', method: 'DELETE', path: '/networks/{id}', features: ['containers', 'networks'] },
  {
    operationId: 'NetworkConnect',
    method: 'POST',
    path: '/networks/{id}/connect',
    body: { Container: 'none' },
    features: ['containers', 'networks'],
  },
  {
    operationId: 'NetworkDisconnect',
    method: 'POST',
    path: '/networks/{id}/disconnect',
    body: { Container: 'none' },
    features: ['containers', 'networks'],
  },
  { operationId: 'VolumeInspect', method: 'GET', path: '/volumes/{name}', features: ['containers', 'volumes'] },
  { operationId: 'VolumeDelete', method: 'DELETE', path: '/volumes/{name}', features: ['containers', 'volumes'] },
];

async function asked(d: Dock, { method, path, query, body }: Operation): Promise<void> {
  const place = path.replace(/\{\w+\}/, d.unique('none'));
  const answer = await d.api.send(method, place, {
    ...(query ? { query } : {}),
    ...(body ? { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } } : {}),
  });
  answer.error(404);
}

/** Operations on missing objects answer 404. */
export const absent: readonly Requirement[] = operations.flatMap((operation) => {
  const { operationId, method, path, features, since } = operation;
  const family = { operationId, pointer: operationPointer(method, path), ...(features ? { features } : {}) };
  return containers(family, [
    {
      id: 'absent',
      title: `${method} ${path} of what is not there is answered 404`,
      pointer: '+/responses/404',
      why: 'Clients make what is missing, or take it for gone.',
      ...(since ? { since } : {}),
      check: (d) => asked(d, operation),
    },
  ]);
});

/** HEAD and the taken-over connections, whose refusals have other forms. */
export const absentElsewhere: readonly Requirement[] = [
  ...containers(
    { operationId: 'ContainerArchiveInfo', pointer: operationPointer('HEAD', '/containers/{id}/archive') },
    [
      {
        id: 'absent',
        title: 'HEAD /containers/{id}/archive of what is not there is answered 404',
        pointer: '+/responses/404',
        why: 'Clients look before they copy.',
        async check(d) {
          (await d.api.send('HEAD', `/containers/${d.unique('none')}/archive`, { query: { path: '/' } })).status(404);
        },
      },
    ],
  ),
  ...containers({ operationId: 'ContainerAttach', pointer: operationPointer('POST', '/containers/{id}/attach') }, [
    {
      id: 'absent',
      title: 'attaching to what is not there is answered 404',
      pointer: '+/responses/404',
      why: 'A stream that never comes would hold the client.',
      async check(d) {
        const stream = await d.hijack(`/containers/${d.unique('none')}/attach`, {
          query: { stream: '1', stdout: '1' },
        });
        stream.is(404);
      },
    },
  ]),
];
