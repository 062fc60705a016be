import { filters } from '../../api.js';
import { demand, type Shape, same } from '../../expect.js';
import { created } from '../../images/kit.js';
import type { RecipeName } from '../../images/recipes.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { attestedOf, entryWhere, familiar, idOf, pointers } from '../common.js';

/** The list entry of one image, asked for by its name. */
async function entry(t: CheckContext, name: RecipeName, more: Record<string, string> = {}): Promise<Shape> {
  const query = { ...more, filters: filters({ reference: [t.image(name).name] }) };
  const list = (await t.api.get('/images/json', { query })).status(200).json().array();
  same(list.length, 1, `number of images named ${t.image(name).name}`);
  return list[0] as Shape;
}

/** Entries of the image list. */
export const list: readonly Requirement[] = requirements(
  { operationId: 'ImageList', features: ['images'], pointer: pointers.list, images: ['basic'] },
  [
    {
      id: 'has-loaded',
      title: 'the list has an image that was loaded',
      why: 'The list is how clients find images.',
      async check(t) {
        const found = (await t.api.get('/images/json')).status(200).mediaType('application/json').json().array();
        const tags = found.flatMap((image) =>
          Array.isArray(image.at('RepoTags').value) ? image.at('RepoTags').array() : [],
        );
        demand(
          tags.some(({ value }) => familiar(value) === t.image('basic').name),
          'RepoTags in the list',
          t.image('basic').name,
          `${tags.length} other tags`,
        );
      },
    },
    {
      id: 'id',
      title: 'Id is the one that inspect gives',
      why: 'Clients join list and inspect by it.',
      async check(t) {
        const id = (await t.api.get(`/images/${t.image('basic').name}/json`)).status(200).json().at('Id').string();
        (await entry(t, 'basic')).at('Id').is(id);
      },
    },
    {
      id: 'repo-tags',
      title: 'RepoTags has all tags of an image in one entry',
      images: ['two-names'],
      why: 'An image under two names is still one image.',
      async check(t) {
        const query = { filters: filters({ reference: [`${t.image('two-names').repository}:*`] }) };
        const found = (await t.api.get('/images/json', { query })).status(200).json().array();
        same(found.length, 1, 'number of entries');
        same(
          found[0]
            ?.at('RepoTags')
            .array()
            .map(({ value }) => String(familiar(value)))
            .sort(),
          [...t.image('two-names').names].sort(),
          'RepoTags',
        );
      },
    },
    {
      id: 'repo-digests',
      title: 'RepoDigests has the repository with the root digest',
      features: ['containerd-store', 'images'],
      why: 'It is the name that pins content.',
      async check(t) {
        const { repository, root } = t.image('basic');
        const digests = (await entry(t, 'basic'))
          .at('RepoDigests')
          .array()
          .map(({ value }) => value);
        demand(
          digests.includes(`${repository}@${root.digest}`),
          'RepoDigests',
          `${repository}@${root.digest}`,
          digests,
        );
      },
    },
    {
      id: 'labels',
      title: 'Labels are those of the image config',
      why: 'Tools select images by labels.',
      async check(t) {
        const config = t.image('basic').images[0]?.document.config as { Labels: unknown };
        (await entry(t, 'basic')).at('Labels').is(config.Labels);
      },
    },
    {
      id: 'created',
      title: 'Created is the date of the image in seconds',
      why: 'Lists are sorted by it.',
      async check(t) {
        (await entry(t, 'basic')).at('Created').is(Date.parse(created) / 1000);
      },
    },
    {
      id: 'size',
      title: 'Size is a positive number',
      why: 'Clients sum sizes up.',
      async check(t) {
        const size = (await entry(t, 'basic')).at('Size').number();
        demand(Number.isSafeInteger(size) && size > 0, 'Size', 'a positive integer', size);
      },
    },
    {
      id: 'parent-id',
      title: 'ParentId is a string',
      why: 'It is a required member, empty for images that were not built here.',
      async check(t) {
        (await entry(t, 'basic')).at('ParentId').string();
      },
    },
    {
      id: 'shared-size-default',
      title: 'SharedSize is -1 unless it is asked for',
      why: 'It is costly; -1 says that it was not computed.',
      async check(t) {
        (await entry(t, 'basic')).at('SharedSize').is(-1);
      },
    },
    {
      id: 'shared-size',
      title: 'with shared-size=1 SharedSize is not negative',
      since: '1.42',
      why: 'It was asked for.',
      async check(t) {
        const size = (await entry(t, 'basic', { 'shared-size': '1' })).at('SharedSize').number();
        demand(size >= 0, 'SharedSize', 'not negative', size);
      },
    },
    {
      id: 'containers',
      title: 'Containers is a number',
      why: 'It is a required member.',
      async check(t) {
        (await entry(t, 'basic')).at('Containers').number();
      },
    },
    {
      id: 'virtual-size-1.43',
      title: 'VirtualSize is there up to API 1.43 and gone after',
      since: '1.44',
      why: 'Clients of each version get the members of that version.',
      async check(t) {
        (await entry(t, 'basic')).at('VirtualSize').absent();
        const query = { filters: filters({ reference: [t.image('basic').name] }) };
        const old = (await t.api.get('/images/json', { query, version: '1.43' })).status(200).json().at(0);
        same(old.at('VirtualSize').value, old.at('Size').number(), 'VirtualSize at API 1.43');
      },
    },
    {
      id: 'descriptor',
      title: 'Descriptor is that of the root',
      features: ['inspect-manifests'],
      why: 'Clients learn digest, size and media type of what the name points to.',
      async check(t) {
        const descriptor = (await entry(t, 'basic')).at('Descriptor');
        descriptor.at('digest').is(t.image('basic').root.digest);
        descriptor.at('mediaType').is(t.image('basic').root.mediaType);
        descriptor.at('size').is(t.image('basic').root.size);
      },
    },
    {
      id: 'manifests-only-when-asked',
      title: 'without manifests=1 there are no Manifests',
      features: ['list-manifests'],
      pointer: '+/parameters/4',
      why: 'A list of all images must stay small.',
      async check(t) {
        (await entry(t, 'basic')).at('Manifests').absent();
      },
    },
    {
      id: 'manifests',
      title: 'with manifests=1 Manifests has every manifest of the index',
      features: ['list-manifests'],
      pointer: '+/parameters/4',
      images: ['multi'],
      why: 'Clients show images as trees of platforms.',
      async check(t) {
        const ids = (await entry(t, 'multi', { manifests: '1' }))
          .at('Manifests')
          .array()
          .map((summary) => summary.at('ID').string());
        same(
          ids.sort(),
          t
            .image('multi')
            .manifests.map(({ digest }) => digest)
            .sort(),
          'ids of manifests',
        );
      },
    },
    {
      id: 'manifests-attestation-for',
      title: 'attestation manifests in lists say what they are about',
      features: ['list-manifests'],
      pointer: `${pointers.manifestSummary}/properties/AttestationData`,
      images: ['multi'],
      why: 'Clients put attestations under their platform.',
      async check(t) {
        const found = (await entry(t, 'multi', { manifests: '1' })).at('Manifests').array();
        for (const { manifest, subject } of t.image('multi').attested) {
          const summary = entryWhere(found, 'ID', manifest.digest);
          summary.at('Kind').is('attestation');
          summary.at('AttestationData', 'For').is(subject.digest);
        }
      },
    },
    {
      id: 'manifests-like-inspect',
      title: 'manifests in lists are those of inspect',
      features: ['list-manifests', 'inspect-manifests'],
      images: ['basic'],
      why: 'Two views of one image must agree.',
      async check(t) {
        const { name } = t.image('basic');
        const ids = (shape: Shape): unknown[] =>
          shape
            .at('Manifests')
            .array()
            .map((summary) => [
              summary.at('ID').string(),
              summary.at('Kind').value,
              summary.at('Size', 'Content').value,
              summary.at('Size', 'Total').value,
            ])
            .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
        const inspected = (await t.api.get(`/images/${name}/json`, { query: { manifests: '1' } })).status(200).json();
        same(ids(await entry(t, 'basic', { manifests: '1' })), ids(inspected), 'manifests in the list');
        same(attestedOf(t.image('basic')).layers.length, 2, 'layers');
      },
    },
    {
      id: 'manifests-below-1.47',
      title: 'below API 1.47 manifests=1 is ignored',
      features: ['list-manifests'],
      pointer: '+/parameters/4',
      why: 'Older clients may refuse members that they do not know.',
      async check(t) {
        const query = { manifests: '1', filters: filters({ reference: [t.image('basic').name] }) };
        const found = (await t.api.get('/images/json', { query, version: '1.46' })).status(200).json();
        found.at(0, 'Manifests').absent();
        found.at(0, 'Id').string();
      },
    },
    {
      id: 'foreign-listed',
      title: "an image that lacks the daemon's platform is listed with manifests=1",
      features: ['list-manifests'],
      images: ['foreign'],
      why: 'It takes up room and can be pushed.',
      async check(t) {
        (await entry(t, 'foreign', { manifests: '1' })).at('Id').is(t.image('foreign').root.digest);
      },
    },
    {
      id: 'unnamed-listed',
      title: 'an image without a name is listed',
      images: ['unnamed'],
      why: 'Otherwise nobody would ever remove it.',
      async check(t) {
        const found = (await t.api.get('/images/json', { query: { filters: filters({ dangling: ['true'] }) } }))
          .status(200)
          .json()
          .array();
        entryWhere(found, 'Id', idOf(t, t.image('unnamed')));
      },
    },
  ],
);
