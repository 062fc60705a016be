import { filters } from '../../api.js';
import { demand, same } from '../../expect.js';
import { runLabel } from '../../images/kit.js';
import { type Requirement, requirements } from '../../requirement.js';
import { compareVersions, neighbour } from '../../version.js';
import { asDockerd, attestationsOf, attestedOf, entryWhere, idOf, inspect, observed, pointers } from '../common.js';

const inspected = requirements(
  {
    operationId: 'ImageInspect',
    features: ['images'],
    pointer: pointers.inspect,
    images: ['basic', 'plain', 'program'],
  },
  [
    {
      id: 'like-list',
      title: 'Created, names and labels are those of the list, and Size in a store of layers',
      pointer: '/definitions/ImageInspect/properties/Size',
      why: 'Tools ask either.',
      async check(t) {
        const listed = (await t.api.get('/images/json')).status(200).json().array();
        for (const name of ['plain', 'program'] as const) {
          const image = await inspect(t, t.image(name).name);
          const entry = entryWhere(listed, 'Id', image.at('Id').value);
          // A store of indexes counts unpacked files in the list alone.
          if (t.daemon.store !== 'containerd') entry.at('Size').is(image.at('Size').value);
          entry.at('RepoTags').is(image.at('RepoTags').value);
          same(Math.floor(Date.parse(image.at('Created').string()) / 1000), entry.at('Created').value, 'Created');
          same(entry.at('Labels').value ?? {}, image.at('Config', 'Labels').value ?? {}, 'Labels');
        }
      },
    },
    {
      id: 'size-exact',
      title: 'Size is the size of the content plus that of the unpacked files, byte for byte',
      ...asDockerd(['containerd-store', 'inspect-manifests'], 'docs/reference/behavior/images.md#inspecting-an-image'),
      why: 'Clean-up tools add sizes up.',
      async check(t) {
        const { name } = t.image('program');
        const image = (await t.api.get(`/images/${name}/json`, { query: { manifests: '1' } })).status(200).json();
        const [own] = image
          .at('Manifests')
          .array()
          .filter((manifest) => manifest.at('Kind').value === 'image');
        const content = own?.at('Size', 'Content').number() ?? 0;
        const total = own?.at('Size', 'Total').number() ?? 0;
        const unpacked = own?.at('ImageData', 'Size', 'Unpacked').number() ?? 0;
        same(total, content + unpacked, 'Size.Total of the manifest');
        // The index is not a part of its manifests.
        const bytes = [...t.image('program').blobs].reduce((sum, [, blob]) => sum + blob.length, 0);
        same(content, bytes - (t.image('program').blobs.get(idOf(t, t.image('program')))?.length ?? 0), 'Size.Content');
      },
    },
    {
      id: 'graph-driver',
      title: 'GraphDriver names the storage driver',
      pointer: '/definitions/ImageInspect/properties/GraphDriver',
      ...asDockerd(['graph-store'], 'docs/reference/behavior/images.md#inspecting-an-image'),
      why: 'Tools find the layers on disk by it.',
      async check(t) {
        (await inspect(t, t.image('basic').name)).at('GraphDriver', 'Name').is(t.daemon.driver);
      },
    },
  ],
);

const lists = requirements(
  {
    operationId: 'ImageList',
    features: ['images'],
    pointer: `${pointers.list}/parameters/1`,
    images: ['basic', 'plain'],
  },
  [
    {
      id: 'filter-label-all',
      title: 'the filter label holds with all=1, too',
      why: 'Clean-up tools ask for all images of a label.',
      async check(t) {
        const query = { all: '1', filters: filters({ label: [`${runLabel}=none-of-${t.mark()}`] }) };
        (await t.api.get('/images/json', { query })).status(200).json().is([]);
        const own = { all: '1', filters: filters({ label: [`${runLabel}=${t.mark()}`] }) };
        const found = (await t.api.get('/images/json', { query: own })).status(200).json().array();
        entryWhere(found, 'Id', idOf(t, t.image('basic')));
      },
    },
    {
      id: 'filter-reference-all',
      title: 'the filter reference holds with all=1, too',
      why: 'Clean-up tools ask for all images of a name.',
      async check(t) {
        const query = { all: '1', filters: filters({ reference: [t.image('basic').name] }) };
        const found = (await t.api.get('/images/json', { query })).status(200).json().array();
        same(
          found.map((entry) => entry.at('Id').value),
          [idOf(t, t.image('basic'))],
          'Ids',
        );
      },
    },
  ],
);

const older = requirements(
  { operationId: 'ImageAttestations', features: ['attestations'], pointer: pointers.attestations, images: ['basic'] },
  [
    {
      id: 'older-versions-each',
      title: 'requests at each API version below 1.55 are refused',
      why: 'A client that pins an older version must not come to depend on newer operations.',
      async check(t) {
        const path = attestationsOf(t.image('basic').name);
        const lowest = t.daemon.minApiVersion;
        for (
          let version = neighbour('1.55', -1);
          compareVersions(version, lowest) >= 0;
          version = neighbour(version, -1)
        ) {
          const { status } = (await t.api.get(path, { version })).exchange;
          demand([400, 404].includes(status), `status at API ${version}`, '400 or 404', status);
        }
      },
    },
    {
      id: 'head-each',
      title: 'HEAD is answered without a body, never with 200 and a body',
      ...asDockerd(['attestations'], 'docs/reference/behavior/http.md#paths-and-methods'),
      why: 'A body after HEAD is read as the next answer.',
      async check(t) {
        const path = attestationsOf(t.image('basic').name);
        const head = await t.api.send('HEAD', path, { alone: true });
        same([head.exchange.status, head.body.length], [404, 0], 'status and length of the body');
        (await t.api.get(path)).status(200);
      },
    },
  ],
);

const labels = requirements(
  {
    operationId: 'containerd.services.content.v1.Content/Info',
    prefix: 'Content',
    features: ['content', 'images'],
    pointer: null,
    basis: observed('docs/reference/behavior/content-service.md#the-content-service', 'containerd'),
    images: ['basic'],
  },
  [
    {
      id: 'info-labels',
      title: 'Info has the labels that keep the content of an index from collection',
      why: 'Mirrors copy labels with the content.',
      async check(t) {
        const image = t.image('basic');
        const { status, info } = await (await t.content()).info(image.root.digest);
        same(status, 'OK', 'status');
        const found = info?.labels ?? [];
        const wanted = [...image.images, ...image.attested].map((_, i) => `containerd.io/gc.ref.content.m.${i}`);
        same(
          wanted.filter((label) => !found.includes(label)),
          [],
          `labels that are absent among ${found.join(', ')}`,
        );
        same(attestedOf(image).layers.length > 0, true, 'layers of the attestation manifest');
      },
    },
  ],
);

/** Members of images that have to agree with other answers. */
export const imageAgreement: readonly Requirement[] = [...inspected, ...lists, ...older, ...labels];
