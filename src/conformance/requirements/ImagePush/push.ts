import { demand, same } from '../../expect.js';
import { authOf, broken, type Offered, pull, push, shippable, streamed, welcome } from '../../registry/offered.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { idOf, inspect, platformText, pointers, prose } from '../common.js';
import { clock, toldOf } from '../SystemEvents/stream.js';

/** Push what is ready for it, so that a failure is blamed on the requirement that judges it. */
const pushed = (t: CheckContext, image: Offered): Promise<unknown> =>
  t.given('ImagePush.pushed', async () => streamed(await push(t, image.repository, { tag: 'latest' })));

/** Reads the manifest of a tag from the registry. */
const kept = ({ registry, path }: Offered, tag: string) => registry.repositories.manifest(path, tag);

/** Pushing images to a registry. */
export const pushes: readonly Requirement[] = requirements(
  { operationId: 'ImagePush', features: ['registry', 'images'], pointer: pointers.push },
  [
    {
      id: 'pushed',
      title: 'the registry has the image under its tag after the push',
      pointer: '+/responses/200',
      why: 'It is what the operation is for.',
      async check(t) {
        const image = await shippable(t, 'bare');
        streamed(await push(t, image.repository, { tag: 'latest' }));
        demand(kept(image, 'latest') !== undefined, 'manifest in the registry', 'one', image.registry.visits.slice(-5));
      },
    },
    {
      id: 'messages',
      title: 'each message of the stream is an object',
      pointer: '/definitions/PushImageInfo',
      why: 'Clients show them while they wait.',
      async check(t) {
        const lines = streamed(await push(t, (await shippable(t, 'bare')).repository, { tag: 'latest' }));
        demand(lines.length > 0, 'messages', 'at least one', lines.length);
        for (const line of lines) line.object();
      },
    },
    {
      id: 'digest-told',
      title: 'the stream tells the digest under which the registry has it',
      basis: prose('Engine API, definition PushImageInfo: at last tag, digest and size'),
      pointer: '/definitions/PushImageInfo',
      level: 'SHOULD',
      why: 'Deployments pin what was pushed.',
      async check(t) {
        const image = await shippable(t, 'bare');
        const answer = await push(t, image.repository, { tag: 'latest' });
        streamed(answer);
        const digest = kept(image, 'latest')?.digest ?? 'no manifest';
        demand(answer.text.includes(digest), 'stream of the push', digest, answer.text.slice(-400));
      },
    },
    {
      id: 'verbatim',
      title: 'the registry has the index and each blob of it, byte for byte',
      features: ['registry', 'containerd-store'],
      basis: prose(`Engine API, description of the operation: ${pointers.push}`),
      why: 'Digests and signatures hold for bytes.',
      async check(t) {
        const image = await shippable(t, 'basic');
        await pushed(t, image);
        same(kept(image, 'latest')?.digest, image.root.digest, 'digest of what was pushed');
        const { repositories } = image.registry;
        const missing = [...image.blobs].filter(
          ([digest, bytes]) =>
            !(repositories.manifest(image.path, digest)?.bytes ?? repositories.blob(digest))?.equals(bytes),
        );
        same(
          missing.map(([digest]) => digest),
          [],
          'blobs that the registry does not have',
        );
      },
    },
    {
      id: 'round-trip',
      title: 'an image that was pushed, deleted and pulled is the same',
      pointer: '+/responses/200',
      why: 'Other machines run what was tested here.',
      async check(t) {
        const image = await shippable(t, 'basic');
        await pushed(t, image);
        const before = await inspect(t, image.name);
        for (const name of [image.name, `${image.path}:latest`])
          (await t.api.delete(`/images/${name}`, { query: { force: '1' } })).status(200);
        await t.given('ImageCreate.pulled', async () =>
          streamed(await pull(t, { fromImage: image.repository, tag: 'latest' })),
        );
        const after = await inspect(t, image.name);
        after.at('Id').is(before.at('Id').value);
        after.at('RootFS', 'Layers').is(before.at('RootFS', 'Layers').value);
      },
    },
    {
      id: 'tag-alone',
      title: 'of several tags the one that is asked for is pushed',
      pointer: '+/parameters/1',
      why: 'The others may not be ready.',
      async check(t) {
        const image = await shippable(t, 'bare', { tags: ['one', 'two'] });
        streamed(await push(t, image.repository, { tag: 'two' }));
        same(image.registry.repositories.tags(image.path), ['two'], 'tags in the registry');
      },
    },
    {
      id: 'tag-in-name',
      title: 'the tag may stand in the name',
      pointer: '+/parameters/0',
      why: 'People write names so.',
      async check(t) {
        const image = await shippable(t, 'bare', { tags: ['one', 'two'] });
        streamed(await push(t, `${image.repository}:one`));
        same(image.registry.repositories.tags(image.path), ['one'], 'tags in the registry');
      },
    },
    {
      id: 'all-tags',
      title: 'without a tag all tags of the repository are pushed',
      basis: prose(`Engine API, description of the parameter: ${pointers.push}/parameters/1`),
      pointer: '+/parameters/1',
      why: 'It is how a repository is mirrored.',
      async check(t) {
        const image = await shippable(t, 'bare', { tags: ['one', 'two'] });
        streamed(await push(t, image.repository));
        same(image.registry.repositories.tags(image.path), ['one', 'two'], 'tags in the registry');
      },
    },
    {
      id: 'platform',
      title: 'a platform is pushed alone',
      features: ['registry', 'platforms'],
      pointer: '+/parameters/2',
      why: 'Machines of one kind need no others.',
      async check(t) {
        const image = await shippable(t, 'multi');
        const wanted = image.images[1];
        const query = { tag: 'latest', platform: platformText(wanted?.platform ?? t.host) };
        streamed(await push(t, image.repository, query));
        same(kept(image, 'latest')?.digest, wanted?.descriptor.digest, 'digest of what was pushed');
      },
    },
    {
      id: 'again',
      title: 'what the registry has is not sent again',
      basis: prose('OCI distribution specification 1.1, pushing blobs: a client asks whether the registry has one'),
      level: 'SHOULD',
      why: 'Layers are large.',
      async check(t) {
        const image = await shippable(t, 'bare');
        await pushed(t, image);
        const before = image.registry.visits.length;
        streamed(await push(t, image.repository, { tag: 'latest' }));
        const sent = image.registry.visits
          .slice(before)
          .filter(({ path, method }) => /\/blobs\/uploads\/./.test(path) && method !== 'GET');
        same(sent, [], 'uploads of the second push');
      },
    },
    {
      id: 'moves',
      title: 'a tag of the registry moves to what is pushed under it',
      pointer: '+/responses/200',
      why: 'Releases move tags.',
      async check(t) {
        const image = await shippable(t, 'bare');
        await pushed(t, image);
        const first = kept(image, 'latest')?.digest;
        const other = await t.fresh('older');
        (await t.api.post(`/images/${other.name}/tag`, { query: { repo: image.repository, tag: 'latest' } })).status(
          201,
        );
        streamed(await push(t, image.repository, { tag: 'latest' }));
        const second = kept(image, 'latest')?.digest;
        demand(second !== first, 'digest in the registry', 'another than before', second);
      },
    },
    {
      id: 'without-header',
      title: 'a push without credentials is tried anonymously',
      basis: prose(`Engine API, description of the parameter: ${pointers.push}/parameters/3`),
      pointer: '+/parameters/3',
      level: 'SHOULD',
      why: 'Scripts with curl send none.',
      async check(t) {
        streamed(await push(t, (await shippable(t, 'bare')).repository, { tag: 'latest' }, {}));
      },
    },
    {
      id: 'credentials',
      title: 'X-Registry-Auth lets the daemon into a registry that asks for a name and a password',
      pointer: '+/parameters/3',
      why: 'Who may push is who has been let in.',
      async check(t) {
        const image = await shippable(t, 'bare', { isPrivate: true });
        broken(await push(t, image.repository, { tag: 'latest' }, authOf()));
        same(image.registry.repositories.tags(image.path), [], 'tags in the registry');
        streamed(await push(t, image.repository, { tag: 'latest' }, welcome(image.registry)));
        same(image.registry.repositories.tags(image.path), ['latest'], 'tags in the registry');
      },
    },
    {
      id: 'repo-digests',
      title: 'RepoDigests has the repository with the digest in the registry after the push',
      pointer: '/definitions/ImageInspect/properties/RepoDigests',
      why: 'It is the name that pins what was pushed.',
      async check(t) {
        const image = await shippable(t, 'bare');
        await pushed(t, image);
        const found = (await inspect(t, image.name))
          .at('RepoDigests')
          .array()
          .map(({ value }) => value);
        const wanted = `${image.repository}@${kept(image, 'latest')?.digest}`;
        demand(found.includes(wanted), 'RepoDigests', wanted, found);
      },
    },
    {
      id: 'image-stays',
      title: 'the image is as it was after the push',
      basis: prose(`Engine API, description of the operation: ${pointers.push}`),
      why: 'It is a copy that goes.',
      async check(t) {
        const image = await shippable(t, 'bare');
        await pushed(t, image);
        (await inspect(t, image.name)).at('Id').is(idOf(t, image));
      },
    },
    {
      id: 'event',
      title: 'a push is an event',
      features: ['registry', 'events'],
      basis: prose(`Engine API, description of the operation: ${pointers.events}`),
      pointer: pointers.events,
      why: 'Caches, dashboards and policy agents follow events instead of polling.',
      async check(t) {
        const from = await clock(t);
        const image = await shippable(t, 'bare');
        await pushed(t, image);
        await toldOf(t, from, 'push', image.path);
      },
    },
    {
      id: 'unknown-image',
      title: 'an image that is not there is an error',
      pointer: '+/responses/404',
      why: 'Nothing was pushed.',
      async check(t) {
        const { address } = await t.registry();
        broken(await push(t, `${address}/${t.scratch('none')}`, { tag: 'latest' }));
      },
    },
    {
      id: 'unreachable',
      title: 'a registry that nobody runs is an error',
      features: ['images'],
      pointer: '+/responses/500',
      why: 'Nothing was pushed.',
      async check(t) {
        const image = await t.fresh('bare');
        const repo = `127.0.0.1:9/${image.repository}`;
        await t.given('ImageTag.created', async () =>
          (await t.api.post(`/images/${image.name}/tag`, { query: { repo, tag: 'latest' } })).status(201),
        );
        t.own(`${repo}:latest`);
        broken(await push(t, repo, { tag: 'latest' }));
      },
    },
  ],
);
