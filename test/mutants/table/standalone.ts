import { type Area, answers, ignores, instead, type Mutant, Reply } from '../mutant.js';

/** Operations of a swarm that are answered otherwise than 503. */
const swarm: readonly Mutant[] = (
  [
    ['nodes', 'GET', /^\/nodes$/, 200],
    ['swarm', 'GET', /^\/swarm$/, 404],
    ['leave', 'POST', /^\/swarm\/leave$/, 200],
    ['service-create', 'POST', /^\/services\/create$/, 500],
    ['service', 'GET', /^\/services\/[^/]+$/, 404],
    ['task-logs', 'GET', /^\/tasks\/[^/]+\/logs$/, 404],
    ['secret-remove', 'DELETE', /^\/secrets\/[^/]+$/, 204],
    ['config-update', 'POST', /^\/configs\/[^/]+\/update$/, 400],
    ['volume-update', 'PUT', /^\/volumes\/[^/]+$/, 404],
  ] as const
).map(([id, method, route, status]) => ({
  id: `swarm-${id}-${status}`,
  title: `without a swarm, ${method} ${route.source.replaceAll(/[\\^$]/g, '')} is answered ${status}`,
  ...answers(method, route, () => (status === 204 ? new Reply(204, [], Buffer.alloc(0)) : instead(status, [])), 503),
}));

const plugins: readonly Mutant[] = [
  {
    id: 'plugins-null',
    title: 'the list of plugins is null',
    ...answers('GET', /^\/plugins$/, () => instead(200, null)),
  },
  {
    id: 'plugins-filters-ignored',
    title: 'filters of plugins are ignored',
    ...ignores('GET', /^\/plugins$/, 'filters'),
  },
  ...(['json', 'enable', 'disable', 'push', 'set', 'upgrade'] as const).map((action) => ({
    id: `plugin-${action}-500`,
    title: `${action} of a plugin that is not there is answered 500`,
    ...answers(
      action === 'json' ? 'GET' : 'POST',
      new RegExp(`^/plugins/[^/]+/${action}$`),
      (reply) => reply.withStatus(500),
      404,
    ),
  })),
  {
    id: 'plugin-remove-200',
    title: 'removing a plugin that is not there is answered 200',
    ...answers('DELETE', /^\/plugins\/[^/]+$/, () => instead(200, {}), 404),
  },
];

/** Answers of a daemon without swarm and plugins. */
export const standalone: Area = {
  name: 'standalone',
  only: ['*.no-swarm', 'Plugin*'],
  destructive: true,
  mutants: [...swarm, ...plugins],
};

/** Parameters that few clients send. */
export const flags: Area = {
  name: 'flags',
  only: [
    'ContainerAttachWebsocket',
    'ContainerDelete.link-none',
    'ImageCommit.unpaused',
    'NetworkConnect.address-malformed',
    'NetworkInspect',
    'PutContainerArchive',
  ],
  mutants: [
    {
      id: 'websocket-detach-keys-ignored',
      title: 'detachKeys of a WebSocket are ignored',
      ...ignores('GET', /^\/containers\/[^/]+\/attach\/ws$/, 'detachKeys'),
    },
    {
      id: 'copy-uidgid-ignored',
      title: 'copyUIDGID is ignored',
      ...ignores('PUT', /^\/containers\/[^/]+\/archive$/, 'copyUIDGID'),
    },
    {
      id: 'link-ignored',
      title: 'link is ignored where a container is removed',
      ...ignores('DELETE', /^\/containers\/[^/]+$/, 'link'),
    },
    {
      id: 'network-verbose-ignored',
      title: 'verbose of a network is ignored',
      ...ignores('GET', /^\/networks\/[^/]+$/, 'verbose'),
    },
    {
      id: 'network-scope-ignored',
      title: 'scope of a network is ignored',
      ...ignores('GET', /^\/networks\/[^/]+$/, 'scope'),
    },
    {
      id: 'network-connect-500',
      title: 'connecting with an address that is none is answered 500',
      ...answers('POST', /^\/networks\/[^/]+\/connect$/, (reply) => reply.withStatus(500), 400),
    },
    {
      id: 'commit-unpaused-409',
      title: 'a container that runs is not committed unless it is paused',
      before: (asked) =>
        asked.is('POST', /^\/commit$/) && asked.query.get('pause') === '0'
          ? instead(409, { message: 'it runs' })
          : undefined,
    },
  ],
};
