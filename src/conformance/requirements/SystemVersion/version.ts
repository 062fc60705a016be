import { demand } from '../../expect.js';
import { type Requirement, requirements } from '../../requirement.js';
import { compareVersions } from '../../version.js';
import { entryWhere, pointers } from '../common.js';

/** Identity of the daemon. */
export const version: readonly Requirement[] = requirements(
  { operationId: 'SystemVersion', features: ['engine'], pointer: pointers.version },
  [
    {
      id: 'api-version',
      title: 'ApiVersion is the Api-Version header of the ping',
      pointer: '/definitions/SystemVersion/properties/ApiVersion',
      why: 'Clients negotiate by either.',
      async check(t) {
        const ping = await t.api.get('/_ping', { version: null });
        (await t.api.get('/version')).status(200).json().at('ApiVersion').is(ping.header('Api-Version'));
      },
    },
    {
      id: 'min-api-version',
      title: 'MinAPIVersion is a version not above ApiVersion',
      pointer: '/definitions/SystemVersion/properties/MinAPIVersion',
      why: 'Clients choose between the two.',
      async check(t) {
        const body = (await t.api.get('/version')).status(200).json();
        const [min, max] = [
          body
            .at('MinAPIVersion')
            .matches(/^\d+\.\d+$/)
            .string(),
          body.at('ApiVersion').string(),
        ];
        demand(compareVersions(min, max) <= 0, 'MinAPIVersion', `at most ${max}`, min);
      },
    },
    {
      id: 'strings',
      title: 'Version, Os, Arch, GoVersion and KernelVersion are strings',
      pointer: '/definitions/SystemVersion',
      why: 'Support requests quote them.',
      async check(t) {
        const body = (await t.api.get('/version')).status(200).mediaType('application/json').json();
        for (const member of ['Version', 'Os', 'Arch', 'GoVersion', 'KernelVersion']) body.at(member).string();
      },
    },
    {
      id: 'engine-component',
      title: 'the component Engine has the same version',
      level: 'SHOULD',
      pointer: '/definitions/SystemVersion/properties/Components',
      why: 'Newer clients read components only.',
      async check(t) {
        const body = (await t.api.get('/version')).status(200).json();
        entryWhere(body.at('Components').array(), 'Name', 'Engine').at('Version').is(body.at('Version').value);
      },
    },
    {
      id: 'components',
      title: 'each component has a name and a version',
      pointer: '/definitions/SystemVersion/properties/Components',
      why: 'Inventories list them.',
      async check(t) {
        for (const component of (await t.api.get('/version')).status(200).json().at('Components').array()) {
          component.at('Name').string();
          component.at('Version').string();
        }
      },
    },
    {
      id: 'same-in-every-version',
      title: 'ApiVersion does not depend on the version in the path',
      why: 'It tells what could be used, not what was.',
      async check(t) {
        for (const path of [null, t.daemon.minApiVersion, t.version])
          (await t.api.get('/version', { version: path })).status(200).json().at('ApiVersion').is(t.daemon.apiVersion);
      },
    },
    {
      id: 'post-refused',
      title: 'POST is refused',
      why: 'The operation only reads.',
      async check(t) {
        (await t.api.post('/version')).status(404, 405);
      },
    },
  ],
);
