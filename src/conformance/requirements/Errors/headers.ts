import type { Answer } from '../../api.js';
import { at, type Dock } from '../../containers/dock.js';
import { containers, type Member, operationPointer } from '../../containers/family.js';
import { streamTypes } from '../../containers/stream.js';
import { same } from '../../expect.js';
import type { FeatureName } from '../../features.js';
import { writeTar } from '../../images/tar.js';
import type { Requirement } from '../../requirement.js';

/** A request, with the status and the media type of its answer. */
interface Request {
  readonly operationId: string;
  readonly method: string;
  readonly path: string;
  readonly features?: readonly FeatureName[];
  readonly status: number;
  /** Media type of the answer; none for an answer without a body. */
  readonly type?: string;
  readonly send: (d: Dock) => Promise<Answer>;
}

const get =
  (path: (d: Dock) => string | Promise<string>, query: Record<string, string> = {}) =>
  async (d: Dock): Promise<Answer> =>
    d.api.get(await path(d), { query });

const json = 'application/json';
const tar = 'application/x-tar';

const requests: readonly Request[] = [
  {
    operationId: 'ContainerList',
    method: 'GET',
    path: '/containers/json',
    status: 200,
    type: json,
    send: get(() => '/containers/json'),
  },
  {
    operationId: 'ContainerInspect',
    method: 'GET',
    path: '/containers/{id}/json',
    status: 200,
    type: json,
    send: get(async (d) => at((await d.fresh()).id, '/json')),
  },
  {
    operationId: 'ContainerCreate',
    method: 'POST',
    path: '/containers/create',
    status: 201,
    type: json,
    send: (d) => d.attempt(),
  },
  {
    operationId: 'ContainerStart',
    method: 'POST',
    path: '/containers/{id}/start',
    status: 204,
    send: async (d) => d.api.post(at((await d.create()).id, '/start')),
  },
  {
    operationId: 'ContainerDelete',
    method: 'DELETE',
    path: '/containers/{id}',
    status: 204,
    send: async (d) => d.api.delete(at((await d.create()).id)),
  },
  {
    operationId: 'ContainerChanges',
    method: 'GET',
    path: '/containers/{id}/changes',
    features: ['containers', 'changes'],
    status: 200,
    type: json,
    send: get(async (d) => at((await d.fresh()).id, '/changes')),
  },
  {
    operationId: 'ContainerTop',
    method: 'GET',
    path: '/containers/{id}/top',
    features: ['containers', 'processes'],
    status: 200,
    type: json,
    send: get(async (d) => at((await d.sleeper()).id, '/top')),
  },
  {
    operationId: 'ContainerStats',
    method: 'GET',
    path: '/containers/{id}/stats',
    features: ['containers', 'statistics'],
    status: 200,
    type: json,
    send: get(async (d) => at((await d.sleeper()).id, '/stats'), { stream: '0', 'one-shot': '1' }),
  },
  {
    operationId: 'ContainerWait',
    method: 'POST',
    path: '/containers/{id}/wait',
    status: 200,
    type: json,
    send: async (d) => d.api.post(at((await d.spoken()).id, '/wait')),
  },
  {
    operationId: 'ContainerExport',
    method: 'GET',
    path: '/containers/{id}/export',
    status: 200,
    type: 'application/octet-stream',
    send: get(async (d) => at((await d.fresh()).id, '/export')),
  },
  {
    operationId: 'ContainerArchive',
    method: 'GET',
    path: '/containers/{id}/archive',
    status: 200,
    type: tar,
    send: get(async (d) => at((await d.fresh()).id, '/archive'), { path: '/files/a.txt' }),
  },
  {
    operationId: 'PutContainerArchive',
    method: 'PUT',
    path: '/containers/{id}/archive',
    status: 200,
    send: async (d) =>
      d.api.send('PUT', at((await d.create()).id, '/archive'), {
        query: { path: '/tmp' },
        body: writeTar([['x', Buffer.from('x')]]),
        headers: { 'Content-Type': tar },
      }),
  },
  {
    operationId: 'ContainerExec',
    method: 'POST',
    path: '/containers/{id}/exec',
    features: ['containers', 'exec'],
    status: 201,
    type: json,
    send: async (d) => d.post(at((await d.sleeper()).id, '/exec'), { Cmd: ['true'] }),
  },
  {
    operationId: 'NetworkList',
    method: 'GET',
    path: '/networks',
    features: ['containers', 'networks'],
    status: 200,
    type: json,
    send: get(() => '/networks'),
  },
  {
    operationId: 'NetworkInspect',
    method: 'GET',
    path: '/networks/{id}',
    features: ['containers', 'networks'],
    status: 200,
    type: json,
    send: get(async (d) => `/networks/${(await d.network()).id}`),
  },
  {
    operationId: 'NetworkDelete',
    method: 'DELETE',
    path: '/networks/{id}',
    features: ['containers', 'networks'],
    status: 204,
    send: async (d) => d.api.delete(`/networks/${(await d.network()).id}`),
  },
  {
    operationId: 'VolumeList',
    method: 'GET',
    path: '/volumes',
    features: ['containers', 'volumes'],
    status: 200,
    type: json,
    send: get(() => '/volumes'),
  },
  {
    operationId: 'VolumeInspect',
    method: 'GET',
    path: '/volumes/{name}',
    features: ['containers', 'volumes'],
    status: 200,
    type: json,
    send: get(async (d) => `/volumes/${await d.volume()}`),
  },
  {
    operationId: 'VolumeDelete',
    method: 'DELETE',
    path: '/volumes/{name}',
    features: ['containers', 'volumes'],
    status: 204,
    send: async (d) => d.api.delete(`/volumes/${await d.volume()}`),
  },
  {
    operationId: 'ImageList',
    method: 'GET',
    path: '/images/json',
    status: 200,
    type: json,
    send: get(() => '/images/json'),
  },
  {
    operationId: 'ImageInspect',
    method: 'GET',
    path: '/images/{name}/json',
    status: 200,
    type: json,
    send: get((d) => `/images/${d.image()}/json`),
  },
  {
    operationId: 'ImageHistory',
    method: 'GET',
    path: '/images/{name}/history',
    status: 200,
    type: json,
    send: get((d) => `/images/${d.image()}/history`),
  },
  {
    operationId: 'ImageGet',
    method: 'GET',
    path: '/images/{name}/get',
    status: 200,
    type: tar,
    send: get((d) => `/images/${d.image()}/get`),
  },
  { operationId: 'SystemInfo', method: 'GET', path: '/info', status: 200, type: json, send: get(() => '/info') },
  {
    operationId: 'SystemVersion',
    method: 'GET',
    path: '/version',
    status: 200,
    type: json,
    send: get(() => '/version'),
  },
  {
    operationId: 'SystemDataUsage',
    method: 'GET',
    path: '/system/df',
    status: 200,
    type: json,
    send: get(() => '/system/df', { type: 'volume' }),
  },
];

const headersOf = ({ status, type, send }: Request): readonly Member[] => [
  {
    id: 'media-type-of-answer',
    title: type === undefined ? `the answer ${status} has no body` : `the answer ${status} is ${type}`,
    pointer: `+/responses/${status}`,
    why: 'Clients choose their decoder by the media type.',
    async check(d) {
      const answer = (await send(d)).status(status);
      if (type === undefined) same(answer.body.length, 0, 'bytes of the body');
      else answer.mediaType(type);
    },
  },
  {
    id: 'api-version-of-answer',
    title: `the answer ${status} names the API version and the system in its headers`,
    pointer: `+/responses/${status}`,
    observed: true,
    why: 'Clients negotiate by any answer.',
    async check(d) {
      const answer = (await send(d)).status(status);
      same(answer.header('Api-Version'), d.t.daemon.apiVersion, 'Api-Version');
      same(answer.header('Ostype'), d.t.daemon.os, 'Ostype');
    },
  },
];

const terminals = containers(
  { operationId: 'ExecStart', pointer: operationPointer('POST', '/exec/{id}/start'), features: ['containers', 'exec'] },
  [true, false].map((Tty) => ({
    id: Tty ? 'media-type-terminal' : 'media-type-multiplexed',
    since: '1.42',
    title: `an exec ${Tty ? 'with' : 'without'} a terminal is ${Tty ? 'a raw' : 'a multiplexed'} stream`,
    observed: true,
    why: 'Clients take frames apart by the media type.',
    async check(d: Dock) {
      const exec = await d.exec((await d.sleeper()).id, ['echo', 'x'], { Tty });
      const stream = await d.startExec(exec, { Tty });
      await stream.is(101).ended();
      same(stream.header('Content-Type'), Tty ? streamTypes.raw : streamTypes.multiplexed, 'Content-Type');
    },
  })),
);

/** Media types and headers of answers. */
export const answerHeaders: readonly Requirement[] = [
  ...requests.flatMap((request) => {
    const { operationId, method, path, features } = request;
    return containers(
      { operationId, pointer: operationPointer(method, path), ...(features && { features }) },
      headersOf(request),
    );
  }),
  ...terminals,
];
