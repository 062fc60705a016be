import { demand } from '../../expect.js';
import { absentPlatform, foreignPlatform } from '../../images/recipe.js';
import { broken, offered, pull, pulled, streamed } from '../../registry/offered.js';
import { type Requirement, requirements } from '../../requirement.js';
import {
  annotated,
  attestationsOf,
  attestedOf,
  idOf,
  inspect,
  lists,
  platformText,
  pointers,
  prose,
} from '../common.js';

/** Pulling images from a registry. */
export const pulls: readonly Requirement[] = requirements(
  { operationId: 'ImageCreate', features: ['registry', 'images'], pointer: pointers.create },
  [
    {
      id: 'pulled',
      title: 'an image of a registry is there after the pull, under its name',
      pointer: '+/responses/200',
      why: 'It is what the operation is for.',
      async check(t) {
        const image = await offered(t, 'basic');
        streamed(await pull(t, { fromImage: image.repository, tag: 'latest' }));
        (await inspect(t, image.name)).at('Id').is(idOf(t, image));
      },
    },
    {
      id: 'content-type',
      title: 'the answer is application/json',
      pointer: '+/produces',
      why: 'Clients choose their decoder by the media type.',
      async check(t) {
        const image = await offered(t, 'bare');
        (await pull(t, { fromImage: image.name })).status(200).mediaType('application/json');
      },
    },
    {
      id: 'messages',
      title: 'each message of the stream is an object whose status is a text',
      pointer: '/definitions/CreateImageInfo',
      why: 'Clients show it while they wait.',
      async check(t) {
        const image = await offered(t, 'bare');
        const lines = streamed(await pull(t, { fromImage: image.name }));
        demand(lines.length > 0, 'messages', 'at least one', lines.length);
        for (const line of lines) {
          line.object();
          if (line.at('status').present) line.at('status').string();
        }
      },
    },
    {
      id: 'tag-in-name',
      title: 'the tag may stand in the name',
      pointer: '+/parameters/0',
      why: 'People write names so.',
      async check(t) {
        const image = await offered(t, 'bare', { tags: ['one', 'two'] });
        streamed(await pull(t, { fromImage: `${image.repository}:two` }));
        (await inspect(t, `${image.repository}:two`)).at('Id').is(idOf(t, image));
        (await t.api.get(`/images/${image.repository}:one/json`)).error(404);
      },
    },
    {
      id: 'tag-alone',
      title: 'of a repository with two tags the one that is asked for is pulled',
      pointer: '+/parameters/3',
      why: 'The others may be large, or not meant.',
      async check(t) {
        const image = await offered(t, 'bare', { tags: ['one', 'two'] });
        streamed(await pull(t, { fromImage: image.repository, tag: 'one' }));
        (await inspect(t, `${image.repository}:one`)).at('Id').is(idOf(t, image));
        (await t.api.get(`/images/${image.repository}:two/json`)).error(404);
      },
    },
    {
      id: 'all-tags',
      title: 'without a tag every tag of the repository is pulled',
      basis: prose(`Engine API, description of the parameter: ${pointers.create}/parameters/0`),
      pointer: '+/parameters/0',
      why: 'It is how a repository is mirrored.',
      async check(t) {
        const image = await offered(t, 'bare', { tags: ['one', 'two'] });
        streamed(await pull(t, { fromImage: image.repository }));
        for (const name of image.names) (await inspect(t, name)).at('Id').is(idOf(t, image));
      },
    },
    {
      id: 'by-digest',
      title: 'an image is pulled by its digest, and found by it',
      pointer: '+/parameters/3',
      why: 'It is how content is pinned.',
      async check(t) {
        const image = await offered(t, 'bare');
        streamed(await pull(t, { fromImage: image.repository, tag: image.root.digest }));
        t.own(`${image.repository}@${image.root.digest}`);
        (await inspect(t, `${image.repository}@${image.root.digest}`)).at('Id').is(idOf(t, image));
      },
    },
    {
      id: 'repo-digests',
      title: 'RepoDigests has the repository with the digest that the registry has',
      pointer: '/definitions/ImageInspect/properties/RepoDigests',
      why: 'It is the name that pins what was pulled.',
      async check(t) {
        const image = await pulled(t, 'multi');
        const found = (await inspect(t, image.name))
          .at('RepoDigests')
          .array()
          .map(({ value }) => value);
        const wanted = `${image.repository}@${image.root.digest}`;
        demand(found.includes(wanted), 'RepoDigests', wanted, found);
      },
    },
    {
      id: 'plain',
      title: 'an image without an index is pulled too',
      pointer: '+/responses/200',
      why: 'Images of older tools have no index.',
      async check(t) {
        const image = await pulled(t, 'plain');
        const document = image.images[0]?.document as { readonly rootfs: { readonly diff_ids: unknown } };
        (await inspect(t, image.name)).at('RootFS', 'Layers').is(document.rootfs.diff_ids);
      },
    },
    {
      id: 'again',
      title: 'pulling again changes nothing',
      pointer: '+/responses/200',
      why: 'Scripts pull before each run.',
      async check(t) {
        const image = await pulled(t, 'bare');
        const before = (await inspect(t, image.name)).at('Id').value;
        streamed(await pull(t, { fromImage: image.name }));
        (await inspect(t, image.name)).at('Id').is(before);
      },
    },
    {
      id: 'moves',
      title: 'a tag that moved in the registry moves here',
      basis: prose(`Engine API, description of the operation: ${pointers.create}`),
      why: 'Releases move tags.',
      async check(t) {
        const image = await pulled(t, 'bare');
        const next = t.draft('older');
        image.registry.repositories.seed(image.path, 'latest', next);
        streamed(await pull(t, { fromImage: image.name }));
        (await inspect(t, image.name)).at('Id').is(idOf(t, { ...image, ...next }));
      },
    },
    {
      id: 'attestations',
      title: 'attestations come with the image',
      features: ['registry', 'attestations', 'containerd-store'],
      pointer: pointers.attestations,
      basis: prose(`Engine API, description of the operation: ${pointers.attestations}`),
      why: 'They are pushed for those who pull.',
      async check(t) {
        const image = await pulled(t, 'basic');
        lists(await t.api.get(attestationsOf(image.name)), annotated(attestedOf(image)));
      },
    },
    {
      id: 'platform',
      title: "a platform is pulled instead of the host's",
      since: '1.49',
      pointer: '+/parameters/8',
      why: 'Images are copied to machines of another kind.',
      async check(t) {
        const image = await offered(t, 'multi');
        const other = image.images[1]?.platform ?? t.host;
        const platform = [other.os, other.architecture, ...(other.variant ? [other.variant] : [])].join('/');
        streamed(await pull(t, { fromImage: image.name, platform }));
        // Without a platform, inspect looks for the host's.
        const query: Record<string, string> = t.daemon.store === 'containerd' ? { platform: platformText(other) } : {};
        (await inspect(t, image.name, query)).at('Architecture').is(other.architecture);
      },
    },
    {
      id: 'platform-absent',
      title: 'a platform that the image does not have is an error',
      pointer: '+/parameters/8',
      why: 'Another one would not run.',
      async check(t) {
        const { os, architecture } = absentPlatform(t.host);
        broken(await pull(t, { fromImage: (await offered(t, 'bare')).name, platform: `${os}/${architecture}` }));
      },
    },
    {
      id: 'foreign',
      title: "an image that is not for the daemon's platform is an error unless its own is named",
      basis: prose(`Engine API, description of the parameter: ${pointers.create}/parameters/8`),
      why: 'It would not run.',
      level: 'SHOULD',
      async check(t) {
        const image = await offered(t, 'foreign');
        broken(await pull(t, { fromImage: image.name }));
        const { os, architecture } = foreignPlatform(t.host);
        streamed(await pull(t, { fromImage: image.name, platform: `${os}/${architecture}` }));
      },
    },
  ],
);
