import { demand, same } from '../../expect.js';
import { offered, welcome } from '../../registry/offered.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { asDockerd, pointers, prose } from '../common.js';

const look = (t: CheckContext, name: string, headers: Readonly<Record<string, string>> = {}) =>
  t.api.get(`/distribution/${name}/json`, { headers });

/** Looking up images in their registry. */
export const lookups: readonly Requirement[] = requirements(
  { operationId: 'DistributionInspect', features: ['distribution', 'registry'], pointer: pointers.distribution },
  [
    {
      id: 'descriptor',
      title: 'Descriptor is that of what the registry has under the name',
      pointer: '/definitions/DistributionInspect/properties/Descriptor',
      why: 'Deployments pin a tag by it without pulling.',
      async check(t) {
        const image = await offered(t, 'basic');
        const { mediaType, digest, size } = image.root;
        (await look(t, image.name)).status(200).json().at('Descriptor').has({ mediaType, digest, size });
      },
    },
    {
      id: 'content-type',
      title: 'the answer is application/json',
      pointer: '+/produces',
      why: 'Clients choose their decoder by the media type.',
      async check(t) {
        (await look(t, (await offered(t, 'bare')).name)).status(200).mediaType('application/json');
      },
    },
    {
      id: 'platforms',
      title: 'Platforms has each platform of the index, in its order',
      pointer: '/definitions/DistributionInspect/properties/Platforms',
      why: 'Clients learn whether the image is for their machines.',
      async check(t) {
        const image = await offered(t, 'multi');
        const found = (await look(t, image.name)).status(200).json().at('Platforms').array();
        const wanted = image.images.map(
          ({ platform }) => `${platform.os}/${platform.architecture}/${platform.variant ?? ''}`,
        );
        const known = found
          .map(
            (entry) => `${entry.at('os').value}/${entry.at('architecture').value}/${entry.at('variant').value ?? ''}`,
          )
          .filter((text) => !text.startsWith('unknown/'));
        same(known, wanted, 'platforms');
      },
    },
    {
      id: 'platform-of-manifest',
      title: 'of an image without an index it is the platform of the configuration, or null',
      pointer: '/definitions/DistributionInspect/properties/Platforms',
      why: 'Images of older tools have no index.',
      async check(t) {
        const image = await offered(t, 'plain');
        const answer = (await look(t, image.name)).status(200).json();
        answer.at('Descriptor', 'digest').is(image.root.digest);
        if (answer.at('Platforms').value === null) return;
        const [first, ...more] = answer.at('Platforms').array();
        same(more.length, 0, 'further platforms');
        same([first?.at('os').value, first?.at('architecture').value], [t.host.os, t.host.architecture], 'platform');
      },
    },
    {
      id: 'default-tag',
      title: 'without a tag it is latest',
      pointer: '+/parameters/0',
      why: 'It is the default everywhere.',
      async check(t) {
        const image = await offered(t, 'bare');
        (await look(t, image.repository)).status(200).json().at('Descriptor', 'digest').is(image.root.digest);
      },
    },
    {
      id: 'other-tag',
      title: 'each tag has its own descriptor',
      pointer: '+/parameters/0',
      why: 'Another tag is another image.',
      async check(t) {
        const image = await offered(t, 'bare');
        const other = t.draft('older');
        image.registry.repositories.seed(image.path, 'other', other);
        (await look(t, `${image.repository}:other`))
          .status(200)
          .json()
          .at('Descriptor', 'digest')
          .is(other.root.digest);
      },
    },
    {
      id: 'by-digest',
      title: 'an image is looked up by its digest',
      pointer: '+/parameters/0',
      why: 'Clients ask whether what they pinned is still there.',
      async check(t) {
        const image = await offered(t, 'bare');
        const found = (await look(t, `${image.repository}@${image.root.digest}`)).status(200).json();
        found.at('Descriptor', 'digest').is(image.root.digest);
      },
    },
    {
      id: 'not-pulled',
      title: 'nothing is pulled',
      basis: prose(`Engine API, description of the operation: ${pointers.distribution}`),
      why: 'Clients ask before they spend the time.',
      async check(t) {
        const image = await offered(t, 'bare');
        (await look(t, image.name)).status(200);
        (await t.api.get(`/images/${image.name}/json`)).error(404);
        const layer = image.images[0]?.layers[0]?.digest ?? '';
        const fetched = image.registry.visits.filter(({ path }) => path.includes(layer));
        demand(fetched.length === 0, 'requests for the layer', 'none', fetched);
      },
    },
    {
      id: 'registry-asked',
      title: 'the registry is asked, though the image is in the store',
      basis: prose(`Engine API, description of the operation: ${pointers.distribution}`),
      why: 'What is here may be older.',
      async check(t) {
        const image = await offered(t, 'older');
        const query = { repo: image.repository, tag: 'latest' };
        (await t.api.post(`/images/${(await t.fresh('bare')).name}/tag`, { query })).status(201);
        (await look(t, image.name)).status(200).json().at('Descriptor', 'digest').is(image.root.digest);
      },
    },
    {
      id: 'unknown',
      title: 'an image that the registry does not have is an error',
      pointer: '+/responses/401',
      why: 'Clients would deploy nothing.',
      async check(t) {
        const { address } = await t.registry();
        (await look(t, `${address}/${t.scratch('none')}`)).error(401, 403, 404, 500);
      },
    },
    {
      id: 'credentials',
      title: 'X-Registry-Auth lets the daemon into a registry that asks for a name and a password',
      basis: prose(`Engine API, description of the operation: ${pointers.distribution}`),
      why: 'Images of companies are not public.',
      async check(t) {
        const image = await offered(t, 'bare', { isPrivate: true });
        (await look(t, image.name)).error(401, 403, 404, 500);
        const found = (await look(t, image.name, welcome(image.registry))).status(200).json();
        found.at('Descriptor', 'digest').is(image.root.digest);
      },
    },
    {
      id: 'refused-status',
      title: 'a registry that refuses access is answered 401',
      level: 'SHOULD',
      pointer: '+/responses/401',
      why: 'Clients then ask for a password.',
      async check(t) {
        (await look(t, (await offered(t, 'bare', { isPrivate: true })).name)).error(401);
      },
    },
    {
      id: 'unreachable',
      title: 'a registry that nobody runs is answered 500',
      features: ['distribution'],
      pointer: '+/responses/500',
      why: 'It is not the client that erred.',
      async check(t) {
        (await look(t, '127.0.0.1:9/attestd/none')).error(500);
      },
    },
    {
      id: 'bad-name',
      title: 'a name that cannot be parsed is answered 400',
      ...asDockerd(['distribution'], 'docs/reference/behavior/daemon.md#registries-without-a-network'),
      why: 'No registry need be asked.',
      async check(t) {
        (await look(t, 'attestd/UPPER')).error(400);
      },
    },
    {
      id: 'id-refused',
      title: 'a bare image id is not accepted',
      features: ['distribution'],
      pointer: '+/parameters/0',
      why: 'It names no registry.',
      async check(t) {
        (await look(t, 'a'.repeat(64))).error(400, 404, 500);
      },
    },
  ],
);
