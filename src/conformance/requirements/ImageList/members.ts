import { filters } from '../../api.js';
import { containers, operationPointer } from '../../containers/family.js';
import { demand, type Shape, same } from '../../expect.js';
import { pulled } from '../../registry/offered.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { asDockerd, entryWhere, idOf, pointers, prose } from '../common.js';

const summary = '/definitions/ImageSummary/properties';

const list = async (t: CheckContext, query: Readonly<Record<string, string>> = {}): Promise<Shape[]> =>
  (await t.api.get('/images/json', { query })).status(200).json().array();

const named = async (t: CheckContext, name: string, query: Readonly<Record<string, string>> = {}): Promise<Shape> => {
  const found = await list(t, { ...query, filters: filters({ reference: [name] }) });
  same(found.length, 1, `number of images named ${name}`);
  return found[0] as Shape;
};

/** Manifests of an image in a list. */
const manifestsIn = async (t: CheckContext, name: string, query: Readonly<Record<string, string>> = {}) =>
  (await named(t, name, { manifests: '1', ...query })).at('Manifests').array();

/** More of what entries of the image list hold, and the parameters of the list. */
export const listMembers: readonly Requirement[] = requirements(
  { operationId: 'ImageList', features: ['images'], pointer: pointers.list, images: ['basic'] },
  [
    {
      id: 'all',
      title: 'with all=1 nothing is missing that is listed without',
      pointer: '+/parameters/0',
      why: 'Clients that clean up ask for all.',
      async check(t) {
        entryWhere(await list(t, { all: '1' }), 'Id', idOf(t, t.image('basic')));
      },
    },
    {
      id: 'all-off',
      title: 'all=0 is the same as none',
      pointer: '+/parameters/0',
      why: 'Clients send the default.',
      async check(t) {
        entryWhere(await list(t, { all: '0' }), 'Id', idOf(t, t.image('basic')));
      },
    },
    {
      id: 'digests',
      title: 'digests=1 and digests=0 change nothing: RepoDigests is there',
      pointer: '+/parameters/3',
      why: 'Clients of all ages send it.',
      async check(t) {
        const { name } = t.image('basic');
        const without = (await named(t, name)).at('RepoDigests').value;
        for (const digests of ['0', '1'])
          same(
            (await named(t, name, { digests })).at('RepoDigests').value,
            without,
            `RepoDigests with digests=${digests}`,
          );
      },
    },
    {
      id: 'once',
      title: 'each id has one entry',
      basis: prose(`Engine API, description of the operation: ${pointers.list}`),
      images: ['basic', 'two-names'],
      why: 'Sizes would be counted twice.',
      async check(t) {
        const ids = (await list(t)).map((entry) => entry.at('Id').value);
        for (const recipe of ['basic', 'two-names'] as const) {
          const id = idOf(t, t.image(recipe));
          same(ids.filter((other) => other === id).length, 1, `entries of ${recipe}`);
        }
      },
    },
    {
      id: 'newest-first',
      title: 'newer images come before older ones',
      // Daemons of other products may list in another order; clients that need one sort.
      level: 'SHOULD',
      basis: prose(`Engine API, description of the operation: ${pointers.list}`),
      images: ['basic', 'older'],
      why: 'Lists are cut at their end.',
      async check(t) {
        const ids = (await list(t)).map((entry) => entry.at('Id').value);
        const places = (['basic', 'older'] as const).map((recipe) => ids.indexOf(idOf(t, t.image(recipe))));
        demand((places[0] ?? 0) < (places[1] ?? 0), 'places of the newer and the older image', 'in this order', places);
      },
    },
    {
      id: 'created-each',
      title: 'Created is the date of each image',
      pointer: `${summary}/Created`,
      images: ['older'],
      why: 'Lists are sorted by it.',
      async check(t) {
        (await named(t, t.image('older').name)).at('Created').is(Date.parse('2020-02-03T04:05:06Z') / 1000);
      },
    },
    {
      id: 'members',
      title: 'each entry has all required members, of their types',
      pointer: '/definitions/ImageSummary/required',
      why: 'Clients with types break on what is missing.',
      async check(t) {
        const entry = await named(t, t.image('basic').name);
        for (const member of ['Id', 'ParentId']) entry.at(member).string();
        for (const member of ['Created', 'Size', 'SharedSize', 'Containers']) entry.at(member).number();
        for (const member of ['RepoTags', 'RepoDigests']) entry.at(member).array();
        entry.at('Labels').object();
      },
    },
    {
      id: 'unnamed-tags',
      title: 'an image without a name has no RepoTags',
      since: '1.44',
      pointer: `${summary}/RepoTags`,
      images: ['unnamed'],
      why: 'Clients would try to use the name.',
      async check(t) {
        const found = entryWhere(
          await list(t, { filters: filters({ dangling: ['true'] }) }),
          'Id',
          idOf(t, t.image('unnamed')),
        );
        same(found.at('RepoTags').value ?? [], [], 'RepoTags');
      },
    },
    {
      id: 'shared-size-within',
      title: 'SharedSize is not above Size',
      since: '1.42',
      pointer: `${summary}/SharedSize`,
      why: 'What is shared is a part.',
      async check(t) {
        const entry = await named(t, t.image('basic').name, { 'shared-size': '1' });
        const [shared, size] = [entry.at('SharedSize').number(), entry.at('Size').number()];
        demand(shared <= size, 'SharedSize', `at most ${size}`, shared);
      },
    },
    {
      id: 'containers-none',
      title: 'Containers is 0 for an image that no container uses',
      since: '1.51',
      pointer: `${summary}/Containers`,
      images: ['older'],
      why: 'Clean-up tools remove what nobody uses.',
      async check(t) {
        (await named(t, t.image('older').name)).at('Containers').is(0);
      },
    },
    {
      id: 'manifests-kinds',
      title: 'manifests in lists have their kind, and are available',
      features: ['list-manifests'],
      pointer: `${pointers.manifestSummary}/properties/Kind`,
      images: ['multi'],
      why: 'Clients count platforms by it.',
      async check(t) {
        const found = await manifestsIn(t, t.image('multi').name);
        for (const { descriptor } of t.image('multi').images) {
          const entry = entryWhere(found, 'ID', descriptor.digest);
          same([entry.at('Kind').value, entry.at('Available').value], ['image', true], `kind of ${descriptor.digest}`);
        }
      },
    },
    {
      id: 'manifests-platforms',
      title: 'manifests in lists have their platform',
      features: ['list-manifests'],
      pointer: `${pointers.manifestSummary}/properties/ImageData`,
      images: ['multi'],
      why: 'Clients show it.',
      async check(t) {
        const found = await manifestsIn(t, t.image('multi').name);
        for (const { descriptor, platform } of t.image('multi').images)
          entryWhere(found, 'ID', descriptor.digest).at('ImageData', 'Platform').has(platform);
      },
    },
    {
      id: 'manifests-sizes',
      title: 'manifests in lists have the size of their content',
      features: ['list-manifests'],
      pointer: `${pointers.manifestSummary}/properties/Size`,
      images: ['multi'],
      why: 'It is what a removal frees.',
      async check(t) {
        const found = await manifestsIn(t, t.image('multi').name);
        for (const { descriptor, config, layers } of t.image('multi').images) {
          const content = [descriptor, config, ...layers].reduce((sum, { size }) => sum + size, 0);
          entryWhere(found, 'ID', descriptor.digest).at('Size', 'Content').is(content);
        }
      },
    },
    {
      id: 'identity-unasked',
      title: 'without identity=1 manifests have no Identity',
      features: ['registry', 'list-manifests'],
      since: '1.54',
      pointer: '+/parameters/5',
      images: [],
      why: 'To verify takes time.',
      async check(t) {
        const image = await pulled(t, 'bare');
        for (const entry of await manifestsIn(t, image.name)) entry.at('ImageData', 'Identity').absent();
      },
    },
    {
      id: 'identity',
      title: 'with identity=1 the manifest of a pulled image says where it was pulled from',
      ...asDockerd(['registry', 'list-manifests'], 'docs/reference/behavior/images.md#image-identity'),
      since: '1.54',
      pointer: '+/parameters/5',
      images: [],
      why: 'People ask where an image came from.',
      async check(t) {
        const image = await pulled(t, 'bare');
        const found = await manifestsIn(t, image.name, { identity: '1' });
        const entry = entryWhere(found, 'ID', image.images[0]?.descriptor.digest);
        const from = entry
          .at('ImageData', 'Identity', 'Pull')
          .array()
          .map((pull) => pull.at('Repository').string());
        // The host stands there without its port.
        demand(
          from.some((repository) => repository.endsWith(`/${image.path}`)),
          'Identity.Pull',
          image.path,
          from,
        );
      },
    },
  ],
);

/** Number of containers of an image. */
export const listContainers: readonly Requirement[] = containers(
  { operationId: 'ImageList', pointer: operationPointer('GET', '/images/json'), features: ['containers'] },
  [
    {
      id: 'containers-counted',
      title: 'Containers counts those that use the image, running or not',
      since: '1.51',
      pointer: `${summary}/Containers`,
      why: 'Clean-up tools keep what somebody uses.',
      async check(d) {
        const { name } = await d.t.fresh('program');
        for (const wanted of [1, 2]) {
          await d.create({ Image: name });
          (await named(d.t, name)).at('Containers').is(wanted);
        }
      },
    },
  ],
);
