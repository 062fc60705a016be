import { type Area, answers, ignores, instead, requests } from '../mutant.js';

const list = /^\/images\/json$/;
const inspect = /^\/images\/.+\/json$/;
const history = /^\/images\/.+\/history$/;
const archive = /^\/images\/(.+\/)?get$/;

type Json = Record<string, unknown>;
const each = (change: (image: Json) => Json) => (value: unknown) => (value as Json[]).map(change);
const one = (change: (image: Json) => Json) => (value: unknown) => change(value as Json);
const without = ({ ...value }: Json, key: string): Json => {
  delete value[key];
  return value;
};
const manifests = (image: Json): Json[] => (image.Manifests as Json[] | undefined) ?? [];

/** The image with its manifests changed, when it has any. */
const onManifests = (image: Json, change: (entry: Json) => Json): Json =>
  image.Manifests ? { ...image, Manifests: manifests(image).map(change) } : image;

/** Drops one key of the filters parameter. */
const filterIgnored = (key: string) =>
  requests('GET', list, (asked) => {
    const text = asked.query.get('filters');
    if (text === null) return undefined;
    const filters = JSON.parse(text) as Json;
    if (!(key in filters)) return undefined;
    delete filters[key];
    return asked.ask((query) => query.set('filters', JSON.stringify(filters)));
  });

/** Faults of image inspect. */
export const inspecting: Area = {
  name: 'inspect',
  only: ['ImageInspect', 'Names'],
  mutants: [
    {
      id: 'inspect-id',
      title: 'Id is another digest',
      ...answers('GET', inspect, (reply) =>
        reply.edit(one((image) => ({ ...image, Id: String(image.Id).replace(/.{3}$/, 'fff') }))),
      ),
    },
    {
      id: 'inspect-tags-null',
      title: 'RepoTags is null',
      ...answers('GET', inspect, (reply) => reply.edit(one((image) => ({ ...image, RepoTags: null })))),
    },
    {
      id: 'inspect-digests-empty',
      title: 'RepoDigests is empty',
      ...answers('GET', inspect, (reply) => reply.edit(one((image) => ({ ...image, RepoDigests: [] })))),
    },
    {
      id: 'inspect-created-number',
      title: 'Created is a number',
      ...answers('GET', inspect, (reply) =>
        reply.edit(one((image) => ({ ...image, Created: Date.parse(String(image.Created)) / 1000 }))),
      ),
    },
    {
      id: 'inspect-arch',
      title: 'Architecture of another platform',
      ...answers('GET', inspect, (reply) =>
        reply.edit(one((image) => ({ ...image, Architecture: image.Architecture === 'arm64' ? 'amd64' : 'arm64' }))),
      ),
    },
    {
      id: 'inspect-config-empty',
      title: 'Config is empty',
      ...answers('GET', inspect, (reply) => reply.edit(one((image) => ({ ...image, Config: {} })))),
    },
    {
      id: 'inspect-no-rootfs',
      title: 'RootFS has no Layers',
      ...answers('GET', inspect, (reply) => reply.edit(one((image) => ({ ...image, RootFS: { Type: 'layers' } })))),
    },
    {
      id: 'inspect-no-descriptor',
      title: 'Descriptor is missing',
      ...answers('GET', inspect, (reply) => reply.edit(one((image) => without(image, 'Descriptor')))),
    },
    {
      id: 'inspect-identity-by-name',
      title: 'Identity follows the names',
      ...answers('GET', inspect, (reply) =>
        reply.edit(
          one((image) => ({
            ...image,
            Identity: { Pull: ((image.RepoTags ?? []) as string[]).map((Repository) => ({ Repository })) },
          })),
        ),
      ),
    },
    {
      id: 'inspect-identity-signer',
      title: 'Identity names a signer of what nobody has signed',
      ...answers('GET', inspect, (reply) =>
        reply.edit(one((image) => ({ ...image, Identity: { Signature: [{ Name: 'Self-Signed', Signer: {} }] } }))),
      ),
    },
    {
      id: 'inspect-identity-stranger',
      title: 'Identity names a signer whom nobody trusts',
      ...answers('GET', inspect, (reply) =>
        reply.edit(
          one((image) =>
            JSON.stringify(image.RepoTags ?? []).includes('/signed:')
              ? { ...image, Identity: { Signature: [{ Name: 'Untrusted', SignatureType: 'bundle-v0.3' }] } }
              : image,
          ),
        ),
      ),
    },
    {
      id: 'inspect-manifests-unasked',
      title: 'Manifests are sent unasked',
      ...requests('GET', inspect, (asked) =>
        asked.query.has('platform') ? undefined : asked.ask((query) => query.set('manifests', '1')),
      ),
    },
    { id: 'inspect-manifests-ignored', title: 'manifests is ignored', ...ignores('GET', inspect, 'manifests') },
    {
      id: 'inspect-manifest-dropped',
      title: 'the attestation manifest is not listed',
      ...answers('GET', inspect, (reply) =>
        reply.edit(
          one((image) => ({
            ...image,
            Manifests: image.Manifests && manifests(image).filter(({ Kind }) => Kind !== 'attestation'),
          })),
        ),
      ),
    },
    {
      id: 'inspect-manifest-kind',
      title: 'attestation manifests have the kind image',
      ...answers('GET', inspect, (reply) =>
        reply.edit(one((image) => onManifests(image, (entry) => ({ ...entry, Kind: 'image' })))),
      ),
    },
    {
      id: 'inspect-attestation-for',
      title: 'AttestationData.For names the attestation manifest itself',
      ...answers('GET', inspect, (reply) =>
        reply.edit(
          one((image) =>
            onManifests(image, ({ AttestationData, ...entry }) => ({
              ...entry,
              ...(AttestationData ? { AttestationData: { ...AttestationData, For: entry.ID } } : {}),
            })),
          ),
        ),
      ),
    },
    {
      id: 'inspect-unavailable',
      title: 'every manifest is reported as unavailable',
      ...answers('GET', inspect, (reply) =>
        reply.edit(one((image) => onManifests(image, (entry) => ({ ...entry, Available: false })))),
      ),
    },
    {
      id: 'inspect-always-available',
      title: 'every manifest is reported as available',
      ...answers('GET', inspect, (reply) =>
        reply.edit(one((image) => onManifests(image, (entry) => ({ ...entry, Available: true })))),
      ),
    },
    { id: 'inspect-platform-ignored', title: 'the platform is ignored', ...ignores('GET', inspect, 'platform') },
    {
      id: 'inspect-both-accepted',
      title: 'manifests and platform together are accepted',
      ...requests('GET', inspect, (asked) =>
        asked.query.has('manifests') && asked.query.has('platform')
          ? asked.ask((query) => query.delete('platform'))
          : undefined,
      ),
    },
    {
      id: 'inspect-unknown-200',
      title: 'an unknown image is answered with an empty object',
      ...answers('GET', inspect, () => instead(200, {}), 404),
    },
    {
      id: 'short-id-refused',
      title: 'an image is not found by short id',
      ...requests('GET', /^\/images\/[0-9a-f]{4,32}\/json$/, () => instead(404, { message: 'No such image' })),
    },
    {
      id: 'uppercase-accepted',
      title: 'a name in upper case is folded',
      ...requests('GET', inspect, (asked) => asked.at((path) => path.toLowerCase())),
    },
  ],
};

/** Faults of the image list. */
export const listing: Area = {
  name: 'list',
  only: ['ImageList'],
  mutants: [
    {
      id: 'list-null',
      title: 'null stands for an empty list',
      ...answers('GET', list, (reply) => (reply.text === '[]\n' ? reply.withText('null\n') : undefined)),
    },
    { id: 'list-reference-ignored', title: 'the reference filter is ignored', ...filterIgnored('reference') },
    { id: 'list-label-ignored', title: 'the label filter is ignored', ...filterIgnored('label') },
    { id: 'list-not-label-ignored', title: 'the label! filter is ignored', ...filterIgnored('label!') },
    { id: 'list-dangling-ignored', title: 'the dangling filter is ignored', ...filterIgnored('dangling') },
    { id: 'list-before-ignored', title: 'the before filter is ignored', ...filterIgnored('before') },
    { id: 'list-since-ignored', title: 'the since filter is ignored', ...filterIgnored('since') },
    {
      id: 'list-unknown-filter',
      title: 'an unknown filter is accepted',
      ...answers('GET', list, () => instead(200, []), 400),
    },
    {
      id: 'list-identity-alone',
      title: 'identity without manifests is taken',
      ...requests('GET', list, (asked) =>
        asked.query.has('identity') && !asked.query.has('manifests')
          ? asked.ask((query) => query.delete('identity'))
          : undefined,
      ),
    },
    {
      id: 'list-drop-one',
      title: 'the first image is missing',
      ...answers('GET', list, (reply) => reply.elements((images) => images.slice(1))),
    },
    {
      id: 'list-one-per-tag',
      title: 'an image with two tags is listed twice',
      ...answers('GET', list, (reply) =>
        reply.edit((value) =>
          (value as Json[]).flatMap((image) =>
            ((image.RepoTags as string[] | null) ?? []).length > 1
              ? (image.RepoTags as string[]).map((tag) => ({ ...image, RepoTags: [tag] }))
              : [image],
          ),
        ),
      ),
    },
    {
      id: 'list-created-text',
      title: 'Created is a text',
      ...answers('GET', list, (reply) =>
        reply.edit(each((image) => ({ ...image, Created: new Date(Number(image.Created) * 1000).toISOString() }))),
      ),
    },
    {
      id: 'list-id',
      title: 'Id is another digest',
      ...answers('GET', list, (reply) =>
        reply.edit(each((image) => ({ ...image, Id: String(image.Id).replace(/.{3}$/, 'fff') }))),
      ),
    },
    {
      id: 'list-labels-dropped',
      title: 'Labels are empty',
      ...answers('GET', list, (reply) => reply.edit(each((image) => ({ ...image, Labels: {} })))),
    },
    { id: 'list-manifests-ignored', title: 'manifests is ignored', ...ignores('GET', list, 'manifests') },
    {
      id: 'list-manifests-unasked',
      title: 'Manifests are sent unasked',
      ...requests('GET', list, (asked) => asked.ask((query) => query.set('manifests', '1'))),
    },
    {
      id: 'list-manifest-kinds',
      title: 'every manifest has the kind unknown',
      ...answers('GET', list, (reply) =>
        reply.edit(each((image) => onManifests(image, (entry) => ({ ...entry, Kind: 'unknown' })))),
      ),
    },
    {
      id: 'list-size-negative',
      title: 'Size is -1',
      ...answers('GET', list, (reply) => reply.edit(each((image) => ({ ...image, Size: -1 })))),
    },
  ],
};

/** Faults of history and of saved archives. */
export const historyAndArchives: Area = {
  name: 'history and archives',
  only: ['ImageHistory', 'ImageGet', 'ImageGetAll'],
  mutants: [
    {
      id: 'history-reversed',
      title: 'history begins with the oldest step',
      ...answers('GET', history, (reply) => reply.elements((steps) => steps.reverse())),
    },
    {
      id: 'history-no-empty-layers',
      title: 'steps without layer are missing',
      ...answers('GET', history, (reply) => reply.edit((value) => (value as Json[]).filter(({ Size }) => Size !== 0))),
    },
    {
      id: 'history-no-id',
      title: 'no step has the id of the image',
      ...answers('GET', history, (reply) => reply.edit(each((step) => ({ ...step, Id: '<missing>' })))),
    },
    { id: 'history-platform-ignored', title: 'the platform is ignored', ...ignores('GET', history, 'platform') },
    {
      id: 'history-unknown-200',
      title: 'an unknown image has an empty history',
      ...answers('GET', history, () => instead(200, []), 404),
    },
    {
      id: 'archive-truncated',
      title: 'the archive ends early',
      ...answers('GET', archive, (reply) => reply.withBody(reply.body.subarray(0, 1024))),
    },
    {
      id: 'archive-content-type',
      title: 'the archive is sent as application/json',
      ...answers('GET', archive, (reply) => reply.withHeader('Content-Type', 'application/json')),
    },
    {
      id: 'archive-corrupt',
      title: 'a byte of each blob is another',
      ...answers('GET', archive, (reply) =>
        reply.withText(reply.text.replaceAll('"architecture":', '"Architecture":')),
      ),
    },
    { id: 'archive-platform-ignored', title: 'the platform is ignored', ...ignores('GET', archive, 'platform') },
    {
      id: 'archive-one-name',
      title: 'of several names only the first is saved',
      ...requests('GET', /^\/images\/get$/, (asked) =>
        asked.ask((query) => query.set('names', query.get('names') ?? '')),
      ),
    },
    {
      id: 'archive-unknown-200',
      title: 'an unknown image is saved as an empty archive',
      ...answers(
        'GET',
        archive,
        (reply) => reply.withStatus(200).withHeader('Content-Type', 'application/x-tar').withBody(Buffer.alloc(1024)),
        404,
      ),
    },
  ],
};
