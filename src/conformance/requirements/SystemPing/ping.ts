import { demand, same } from '../../expect.js';
import { type Requirement, requirements } from '../../requirement.js';
import { pointers } from '../common.js';

/** The ping. */
export const ping: readonly Requirement[] = requirements(
  { operationId: 'SystemPing', features: ['engine'], pointer: pointers.ping },
  [
    {
      id: 'ok',
      title: 'the answer is OK as text',
      why: 'Health checks compare the body.',
      async check(t) {
        const answer = (await t.api.get('/_ping', { version: null })).status(200).mediaType('text/plain');
        same(answer.text, 'OK', 'body');
      },
    },
    {
      id: 'versioned',
      title: 'a versioned ping is answered too',
      why: 'Clients pin their version.',
      async check(t) {
        same((await t.api.get('/_ping')).status(200).text, 'OK', 'body');
      },
    },
    {
      id: 'api-version',
      title: 'Api-Version is the highest API version',
      pointer: '+/responses/200/headers/Api-Version',
      why: 'Clients negotiate by it.',
      async check(t) {
        same((await t.api.get('/_ping', { version: null })).header('Api-Version'), t.daemon.apiVersion, 'Api-Version');
      },
    },
    {
      id: 'api-version-when-pinned',
      title: 'Api-Version stays the highest one in versioned requests',
      pointer: '+/responses/200/headers/Api-Version',
      why: 'It tells what could be used, not what was.',
      async check(t) {
        const answer = await t.api.get('/_ping', { version: t.daemon.minApiVersion });
        same(answer.status(200).header('Api-Version'), t.daemon.apiVersion, 'Api-Version');
      },
    },
    {
      id: 'os-type',
      title: 'Ostype is the os of the daemon',
      why: 'Clients choose paths and platforms by it.',
      async check(t) {
        same((await t.api.get('/_ping', { version: null })).header('Ostype'), t.daemon.os, 'Ostype');
      },
    },
    {
      id: 'not-cached',
      title: 'the answer must not be cached',
      pointer: '+/responses/200/headers/Cache-Control',
      why: 'A cached health check lies.',
      async check(t) {
        const answer = (await t.api.get('/_ping', { version: null })).status(200);
        demand(
          /no-cache|no-store/.test(answer.header('Cache-Control') ?? ''),
          'Cache-Control',
          'no-cache or no-store',
          answer.header('Cache-Control'),
        );
      },
    },
    {
      id: 'pragma',
      title: 'Pragma is no-cache',
      level: 'SHOULD',
      pointer: '+/responses/200/headers/Pragma',
      why: 'Old proxies read nothing else.',
      async check(t) {
        same((await t.api.get('/_ping', { version: null })).header('Pragma'), 'no-cache', 'Pragma');
      },
    },
    {
      id: 'builder-version',
      title: 'Builder-Version names a builder',
      level: 'SHOULD',
      pointer: '+/responses/200/headers/Builder-Version',
      why: 'The CLI chooses its builder by it.',
      async check(t) {
        const value = (await t.api.get('/_ping', { version: null })).header('Builder-Version');
        demand(value === '1' || value === '2', 'Builder-Version', '1 or 2', value);
      },
    },
    {
      id: 'experimental',
      title: 'Docker-Experimental is true or false',
      pointer: '+/responses/200/headers/Docker-Experimental',
      why: 'Clients show commands by it.',
      async check(t) {
        const value = (await t.api.get('/_ping', { version: null })).header('Docker-Experimental');
        demand(value === 'true' || value === 'false', 'Docker-Experimental', 'true or false', value);
      },
    },
    {
      id: 'swarm',
      title: 'Swarm is one of its states',
      level: 'SHOULD',
      pointer: '+/responses/200/headers/Swarm',
      why: 'Clients show commands by it.',
      async check(t) {
        const value = (await t.api.get('/_ping', { version: null })).header('Swarm') ?? '';
        demand(/^(inactive|pending|error|locked|active\/(worker|manager))$/.test(value), 'Swarm', 'a state', value);
      },
    },
    {
      id: 'head',
      operationId: 'SystemPingHead',
      pointer: pointers.pingHead,
      title: 'HEAD has the headers of GET and no body',
      why: 'Clients negotiate with HEAD first.',
      async check(t) {
        const head = (await t.api.send('HEAD', '/_ping', { version: null })).status(200);
        const get = (await t.api.get('/_ping', { version: null })).status(200);
        same(head.body.length, 0, 'length of the body');
        for (const name of [
          'Api-Version',
          'Ostype',
          'Docker-Experimental',
          'Builder-Version',
          'Swarm',
          'Cache-Control',
        ])
          same(head.header(name), get.header(name), name);
      },
    },
    {
      id: 'post-refused',
      title: 'POST is refused',
      why: 'A ping only reads.',
      async check(t) {
        (await t.api.post('/_ping', { version: null })).status(404, 405);
      },
    },
  ],
);
