import { demand, same } from '../../expect.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { compareVersions, neighbour } from '../../version.js';
import { pointers } from '../common.js';

const notFound = (id: string, title: string, path: (t: CheckContext) => string) => ({
  id,
  title,
  level: 'SHOULD' as const,
  why: 'Such a path names no version and no operation.',
  async check(t: CheckContext): Promise<void> {
    (await t.api.get(path(t), { version: null })).status(404);
  },
});

/** Negotiation of API versions. */
export const versions: readonly Requirement[] = requirements(
  { operationId: 'SystemPing', prefix: 'Versions', features: ['engine'], pointer: pointers.ping },
  [
    {
      id: 'every-version',
      title: 'every version from the lowest to the highest is accepted',
      why: 'A client pins any of them.',
      async check(t) {
        for (let v = t.daemon.minApiVersion; compareVersions(v, t.daemon.apiVersion) <= 0; v = neighbour(v, 1))
          same((await t.api.get('/_ping', { version: v })).status(200).text, 'OK', `ping with API ${v}`);
      },
    },
    {
      id: 'too-new',
      title: 'a version above the highest is refused',
      why: 'The client must step down rather than misread answers.',
      async check(t) {
        (await t.api.get('/_ping', { version: neighbour(t.daemon.apiVersion, 1) })).error(400);
      },
    },
    {
      id: 'too-new-major',
      title: 'a higher major version is refused',
      why: 'The client must step down rather than misread answers.',
      async check(t) {
        (await t.api.get('/_ping', { version: '2.0' })).error(400);
      },
    },
    {
      id: 'too-new-named',
      title: 'that answer names both versions',
      level: 'SHOULD',
      why: 'People read it and know what to update.',
      async check(t) {
        const asked = neighbour(t.daemon.apiVersion, 1);
        const message = (await t.api.get('/_ping', { version: asked })).error(400);
        demand(
          message.includes(asked) && message.includes(t.daemon.apiVersion),
          'message',
          `${asked} and ${t.daemon.apiVersion}`,
          message,
        );
      },
    },
    {
      id: 'too-new-everywhere',
      title: 'a version above the highest is refused by image operations too',
      why: 'The gate is before every operation.',
      async check(t) {
        const version = neighbour(t.daemon.apiVersion, 1);
        for (const path of ['/images/json', '/version', '/info']) (await t.api.get(path, { version })).error(400);
      },
    },
    {
      id: 'too-new-header',
      title: 'that answer carries Api-Version',
      why: 'Clients negotiate by it.',
      async check(t) {
        const answer = await t.api.get('/_ping', { version: neighbour(t.daemon.apiVersion, 1) });
        same(answer.header('Api-Version'), t.daemon.apiVersion, 'Api-Version');
      },
    },
    {
      id: 'too-old',
      title: 'a version below the lowest is refused',
      why: 'Answers of that version are no longer given.',
      async check(t) {
        (await t.api.get('/_ping', { version: neighbour(t.daemon.minApiVersion, -1) })).status(400);
      },
    },
    {
      id: 'too-old-named',
      title: 'that answer names both versions',
      level: 'SHOULD',
      why: 'People read it and know what to update.',
      async check(t) {
        const asked = neighbour(t.daemon.minApiVersion, -1);
        const { text } = (await t.api.get('/_ping', { version: asked })).status(400);
        demand(
          text.includes(asked) && text.includes(t.daemon.minApiVersion),
          'body',
          `${asked} and ${t.daemon.minApiVersion}`,
          text,
        );
      },
    },
    {
      id: 'unversioned',
      title: 'a request without version is answered as the highest',
      why: 'curl users leave the version out.',
      async check(t) {
        const plain = (await t.api.get('/version', { version: null })).status(200).json();
        same(plain.at('ApiVersion').value, t.daemon.apiVersion, 'ApiVersion');
      },
    },
    {
      id: 'api-version-header',
      title: 'answers of every operation carry Api-Version',
      why: 'Clients log which API answered.',
      async check(t) {
        for (const path of ['/_ping', '/version', '/info', '/images/json'])
          same(
            (await t.api.get(path)).status(200).header('Api-Version'),
            t.daemon.apiVersion,
            `Api-Version of ${path}`,
          );
      },
    },
    {
      id: 'server-header',
      title: 'answers carry Server',
      level: 'SHOULD',
      why: 'It names the implementation in logs.',
      async check(t) {
        const value = (await t.api.get('/_ping')).status(200).header('Server') ?? '';
        demand(value !== '', 'Server', 'a name', value);
      },
    },
    notFound('letters', 'a version with letters is not found', () => '/v1.5a/_ping'),
    notFound('capital', 'a capital V is not found', (t) => `/V${t.version}/_ping`),
    notFound('twice', 'a version given twice is not found', (t) => `/v${t.version}/v${t.version}/_ping`),
    notFound('alone', 'a version alone is not found', (t) => `/v${t.version}`),
  ],
);
