import { broken, offered, pull, pulled, streamed, welcome } from '../../registry/offered.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { asDockerd, idOf, inspect, observed, pointers, prose } from '../common.js';
import { clock, toldOf } from '../SystemEvents/stream.js';

const refused = (id: string, title: string, query: (repository: string) => Record<string, string>) => ({
  id,
  title,
  ...asDockerd(['images'], 'docs/reference/behavior/images.md#image-names'),
  why: 'What cannot be parsed names nothing in any registry.',
  async check(t: CheckContext): Promise<void> {
    (await pull(t, query('127.0.0.1:9/attestd/none'))).error(400);
  },
});

/** Failed pulls, authentication, and the pull event. */
export const pullErrors: readonly Requirement[] = requirements(
  { operationId: 'ImageCreate', features: ['registry', 'images'], pointer: pointers.create },
  [
    {
      id: 'unknown-repository',
      title: 'a repository that the registry does not have is answered 404',
      pointer: '+/responses/404',
      why: 'Clients tell a wrong name from a broken registry by it.',
      async check(t) {
        const { address } = await t.registry();
        (await pull(t, { fromImage: `${address}/${t.scratch('none')}`, tag: 'latest' })).error(404);
      },
    },
    {
      id: 'unknown-tag',
      title: 'a tag that the registry does not have is an error, and leaves nothing',
      pointer: '+/responses/404',
      why: 'Another tag would be another image.',
      async check(t) {
        const image = await offered(t, 'bare');
        broken(await pull(t, { fromImage: image.repository, tag: 'none' }));
        (await t.api.get(`/images/${image.repository}:none/json`)).error(404);
      },
    },
    {
      id: 'layer-corrupt',
      title: 'a layer whose bytes are not those of its digest is an error, and the image is not there',
      basis: prose('OCI image specification 1.1, descriptors: content is verified against its digest'),
      why: 'Whoever stands between could change what runs.',
      async check(t) {
        const image = await offered(t, 'bare');
        const { digest = '', size = 0 } = image.images[0]?.layers[0] ?? {};
        image.registry.repositories.keep(digest, Buffer.alloc(size, 0x61));
        broken(await pull(t, { fromImage: image.name }));
        (await t.api.get(`/images/${image.name}/json`)).error(404);
      },
    },
    {
      id: 'layer-absent',
      title: 'a layer that the registry does not have is an error, and the image is not there',
      pointer: '+/responses/200',
      why: 'It would fail when it is run.',
      async check(t) {
        const image = await offered(t, 'bare');
        image.registry.repositories.drop(image.images[0]?.layers[0]?.digest ?? '');
        broken(await pull(t, { fromImage: image.name }));
        (await t.api.get(`/images/${image.name}/json`)).error(404);
      },
    },
    {
      id: 'credentials',
      title: 'X-Registry-Auth lets the daemon into a registry that asks for a name and a password',
      pointer: '+/parameters/6',
      why: 'Images of companies are not public.',
      async check(t) {
        const image = await offered(t, 'bare', { isPrivate: true });
        broken(await pull(t, { fromImage: image.name }));
        (await t.api.get(`/images/${image.name}/json`)).error(404);
        streamed(await pull(t, { fromImage: image.name }, welcome(image.registry)));
        (await inspect(t, image.name)).at('Id').is(idOf(t, image));
      },
    },
    {
      id: 'credentials-malformed',
      title: 'credentials that cannot be decoded are ignored',
      basis: prose(`Engine API, description of the parameter: ${pointers.create}/parameters/6`),
      level: 'SHOULD',
      pointer: '+/parameters/6',
      why: 'Old clients send an empty or odd header always.',
      async check(t) {
        const image = await offered(t, 'bare');
        streamed(await pull(t, { fromImage: image.name }, { 'X-Registry-Auth': '!' }));
      },
    },
    {
      id: 'event',
      title: 'a pull is an event',
      features: ['registry', 'events'],
      basis: prose(`Engine API, description of the operation: ${pointers.events}`),
      pointer: pointers.events,
      why: 'Caches, dashboards and policy agents follow events instead of polling.',
      async check(t) {
        const from = await clock(t);
        const image = await pulled(t, 'bare');
        await toldOf(t, from, 'pull', image.path);
      },
    },
    {
      id: 'reserved-name',
      title: 'the name scratch is answered 403',
      features: ['images'],
      basis: observed('docs/reference/behavior/daemon.md#registries-without-a-network'),
      level: 'SHOULD',
      pointer: '+/parameters/0',
      why: 'Builds begin with it, and no registry may take its place.',
      async check(t) {
        (await pull(t, { fromImage: 'scratch' })).error(403);
      },
    },
    {
      id: 'unreachable',
      title: 'a registry that nobody runs is answered with an error',
      features: ['images'],
      pointer: '+/responses/500',
      why: 'Clients would wait for an image that never comes.',
      async check(t) {
        broken(await pull(t, { fromImage: '127.0.0.1:9/attestd/none', tag: 'latest' }));
      },
    },
    refused('bad-name', 'a name in capitals is refused', () => ({ fromImage: 'attestd/UPPER', tag: 'latest' })),
    refused('bad-tag', 'a tag with a space is refused', (fromImage) => ({ fromImage, tag: 'a b' })),
    refused('bad-platform', 'a platform of four parts is refused', (fromImage) => ({
      fromImage,
      tag: 'latest',
      platform: 'a/b/c/d',
    })),
  ],
);
