import { filters } from '../../api.js';
import { operationPointer } from '../../containers/family.js';
import type { Shape } from '../../expect.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { asDockerd } from '../common.js';

const features = ['engine', 'plugins'] as const;

/** The list. @throws Unmet */
async function listed({ api }: CheckContext): Promise<readonly Shape[]> {
  return (await api.get('/plugins')).status(200).mediaType('application/json').json().array();
}

/** A daemon without the list has no plugins; what it answers for one of them would be judged for the wrong reason. */
const having = (t: CheckContext): Promise<unknown> => t.given('PluginList.list', () => listed(t));

const list = requirements({ operationId: 'PluginList', pointer: operationPointer('GET', '/plugins'), features }, [
  {
    id: 'list',
    title: 'plugins are a list, each with its name, settings and whether it is enabled',
    pointer: '+/responses/200',
    why: 'Clients show it, and an empty list is no failure.',
    async check(t) {
      for (const plugin of await listed(t)) {
        plugin.at('Name').string();
        plugin.at('Settings').object();
      }
    },
  },
  {
    id: 'filter-enabled',
    title: 'a filter narrows the list',
    pointer: '+/parameters/0',
    why: 'Drivers are looked for among what is enabled.',
    async check(t) {
      await having(t);
      const query = { filters: filters({ enabled: ['true'], capability: ['volumedriver'] }) };
      for (const plugin of (await t.api.get('/plugins', { query })).status(200).json().array())
        plugin.at('Enabled').is(true);
    },
  },
  {
    id: 'filters-malformed',
    title: 'filters that are no JSON are answered 400',
    ...asDockerd(features, 'docs/reference/behavior/daemon.md#plugins'),
    why: 'A filter that is left out would show everything.',
    async check(t) {
      await having(t);
      (await t.api.get('/plugins', { query: { filters: 'x' } })).error(400);
    },
  },
  {
    id: 'filter-unknown',
    title: 'a filter that there is not is answered 400',
    ...asDockerd(features, 'docs/reference/behavior/daemon.md#plugins'),
    why: 'A slip would show everything.',
    async check(t) {
      await having(t);
      (await t.api.get('/plugins', { query: { filters: filters({ 'no-such': ['x'] }) } })).error(400);
    },
  },
]);

interface Operation {
  readonly operationId: string;
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly since?: string;
}

const onOne: readonly Operation[] = [
  { operationId: 'PluginInspect', method: 'GET', path: '/plugins/{name}/json' },
  { operationId: 'PluginDelete', method: 'DELETE', path: '/plugins/{name}', query: { force: '1' } },
  { operationId: 'PluginEnable', method: 'POST', path: '/plugins/{name}/enable', query: { timeout: '0' } },
  { operationId: 'PluginDisable', method: 'POST', path: '/plugins/{name}/disable', query: { force: '1' } },
  { operationId: 'PluginPush', method: 'POST', path: '/plugins/{name}/push' },
  { operationId: 'PluginSet', method: 'POST', path: '/plugins/{name}/set', body: '["A=b"]' },
  {
    operationId: 'PluginUpgrade',
    method: 'POST',
    path: '/plugins/{name}/upgrade',
    // No registry listens at this address. The daemon does not ask it, because there is no plugin to upgrade.
    query: { remote: '127.0.0.1:1/none' },
    body: '[]',
    since: '1.26',
  },
];

const absent = onOne.flatMap(({ operationId, method, path, query, body, since }) =>
  requirements({ operationId, pointer: operationPointer(method, path), features, ...(since ? { since } : {}) }, [
    {
      id: 'absent',
      title: `${method} ${path} of a plugin that is not there is answered 404`,
      pointer: '+/responses/404',
      why: 'Clients install what is missing.',
      async check(t) {
        await having(t);
        const sent = body === undefined ? {} : { body, headers: { 'Content-Type': 'application/json' } };
        const place = path.replace('{name}', 'attestd-none');
        (await t.api.send(method, place, { ...(query ? { query } : {}), ...sent })).error(404);
      },
    },
  ]),
);

/** Plugin requirements that need no installed plugin. */
export const plugins: readonly Requirement[] = [list, absent].flat();
