import { demand, same } from '../../expect.js';
import { type Requirement, requirements } from '../../requirement.js';
import { asDockerd, pointers } from '../common.js';

/** The shape of errors. */
export const errors: readonly Requirement[] = requirements(
  { operationId: 'ImageInspect', prefix: 'Errors', features: ['engine'], pointer: pointers.error },
  [
    {
      id: 'object',
      title: 'an error is a JSON object with a message',
      why: 'Clients show the message.',
      async check(t) {
        (await t.api.get(`/images/${t.scratch('none')}/json`)).error(404);
      },
    },
    {
      id: 'only-message',
      title: 'it has no other members',
      level: 'SHOULD',
      why: 'None is declared.',
      async check(t) {
        const answer = (await t.api.get(`/images/${t.scratch('none')}/json`)).status(404);
        same(Object.keys(answer.json().object()), ['message'], 'members');
      },
    },
    {
      id: 'names-image',
      title: 'the message about an unknown image names it',
      level: 'SHOULD',
      why: 'People read it.',
      async check(t) {
        const name = t.scratch('none');
        const message = (await t.api.get(`/images/${name}/json`)).error(404);
        demand(message.includes(name), 'message', name, message);
      },
    },
    {
      id: 'api-version-header',
      title: 'errors of operations carry Api-Version',
      why: 'Clients negotiate by it even then.',
      async check(t) {
        const answer = (await t.api.get(`/images/${t.scratch('none')}/json`)).status(404);
        same(answer.header('Api-Version'), t.daemon.apiVersion, 'Api-Version');
      },
    },
    {
      id: 'unknown-path',
      title: 'a path that no operation has is answered 404',
      why: 'A newer client learns that the operation is missing.',
      async check(t) {
        (await t.api.get('/no/such/operation')).status(404);
      },
    },
    {
      id: 'root-path',
      title: 'so is the root',
      why: 'Scanners and people try it.',
      async check(t) {
        (await t.api.get('/', { version: null })).status(404);
      },
    },
    {
      id: 'unknown-method',
      title: 'a method that an operation does not have is refused',
      why: 'A newer client learns that the operation is missing.',
      async check(t) {
        (await t.api.send('PUT', '/images/json')).status(404, 405);
      },
    },
    {
      id: 'unknown-path-shape',
      title: 'a path that no operation has is answered in the shape of errors',
      ...asDockerd(['engine'], 'docs/reference/behavior/http.md#paths-and-methods'),
      level: 'SHOULD',
      why: 'Clients decode every error in one way.',
      async check(t) {
        (await t.api.get('/no/such/operation')).error(404);
        (await t.api.send('PUT', '/images/json')).error(404, 405);
      },
    },
    {
      id: 'bad-escape',
      ...asDockerd(['engine'], 'docs/reference/behavior/http.md#parameters'),
      title: 'a query that is not a valid escape is answered 400',
      why: 'A parameter that silently vanishes changes the meaning.',
      async check(t) {
        (await t.api.get('/images/json?filters=%zz')).error(400);
      },
    },
    {
      id: 'head',
      title: 'an unknown path asked with HEAD has no body',
      why: 'HTTP says so, and connections break otherwise.',
      async check(t) {
        same((await t.api.send('HEAD', '/no/such/operation')).status(404).body.length, 0, 'length of the body');
        (await t.api.get('/_ping')).status(200);
      },
    },
    {
      id: 'double-slash',
      title: 'a path with an empty segment leads to the clean one or to nothing',
      level: 'SHOULD',
      why: 'Clients join paths carelessly.',
      async check(t) {
        const answer = (await t.api.get('//_ping', { version: null })).status(200, 301, 307, 308, 404);
        const location = answer.header('Location') ?? '';
        if (answer.exchange.status >= 300 && answer.exchange.status < 400)
          demand(/\/_ping$/.test(location) && !location.includes('//_ping'), 'Location', '/_ping', location);
      },
    },
  ],
);
