import { containers, operationPointer } from '../../containers/family.js';
import { demand, same } from '../../expect.js';
import { type Requirement, requirements } from '../../requirement.js';
import {
  asDockerd,
  attestationsOf,
  attestedOf,
  entryWhere,
  idOf,
  inspect,
  manifestsOf,
  platformText,
  pointers,
} from '../common.js';

const member = '/definitions/ImageInspect/properties';

/** More of what inspect says. */
export const inspectMembers: readonly Requirement[] = requirements(
  { operationId: 'ImageInspect', features: ['images'], pointer: pointers.inspect, images: ['basic'] },
  [
    {
      id: 'members',
      title: 'all required members are there, of their types',
      pointer: '/definitions/ImageInspect/required',
      why: 'Clients with types break on what is missing.',
      async check(t) {
        const image = await inspect(t, t.image('basic').name);
        for (const name of ['Id', 'Architecture', 'Os']) image.at(name).string();
        for (const name of ['RepoTags', 'RepoDigests']) image.at(name).array();
        for (const name of ['Config', 'RootFS', 'Metadata']) image.at(name).object();
        image.at('Size').number();
      },
    },
    {
      id: 'by-id',
      title: 'inspect by id says what inspect by name says',
      pointer: '+/parameters/0',
      why: 'Clients keep ids.',
      async check(t) {
        const [byName, byId] = [await inspect(t, t.image('basic').name), await inspect(t, idOf(t, t.image('basic')))];
        for (const name of ['Id', 'RepoTags', 'Config', 'RootFS', 'Created', 'Size'])
          byId.at(name).is(byName.at(name).value);
      },
    },
    {
      id: 'created-each',
      title: 'Created is the date of each image',
      pointer: `${member}/Created`,
      images: ['older'],
      why: 'Reproducible builds set it.',
      async check(t) {
        const text = (await inspect(t, t.image('older').name)).at('Created').string();
        same(Date.parse(text), Date.parse('2020-02-03T04:05:06Z'), 'Created');
      },
    },
    {
      id: 'unnamed-tags',
      title: 'an image without a name has no RepoTags',
      pointer: `${member}/RepoTags`,
      since: '1.44',
      images: ['unnamed'],
      why: 'Clients would try to use the name.',
      async check(t) {
        same((await inspect(t, idOf(t, t.image('unnamed')))).at('RepoTags').value ?? [], [], 'RepoTags');
      },
    },
    {
      id: 'size-of-content',
      title: 'Size is at least that of the files in the layers',
      pointer: `${member}/Size`,
      images: ['program'],
      why: 'Clients reckon with it before they copy.',
      async check(t) {
        const size = (await inspect(t, t.image('program').name)).at('Size').number();
        // The test program has 5 KB or more on each architecture; layers may be kept compressed.
        demand(size > 1500, 'Size', 'above 1500', size);
      },
    },
    {
      id: 'config-of-command',
      title: 'an image without a command has none',
      pointer: `${member}/Config`,
      images: ['commandless'],
      why: 'Something else would be run.',
      async check(t) {
        const config = (await inspect(t, t.image('commandless').name)).at('Config');
        for (const name of ['Cmd', 'Entrypoint']) same(config.at(name).value ?? [], [], name);
      },
    },
    {
      id: 'config-each',
      title: 'the configuration is that of the image that is asked for',
      pointer: `${member}/Config`,
      images: ['basic', 'configured'],
      why: 'A cache by the wrong key gives the neighbour.',
      async check(t) {
        for (const recipe of ['configured', 'basic', 'configured'] as const) {
          const document = t.image(recipe).images[0]?.document.config as Record<string, unknown>;
          const config = (await inspect(t, t.image(recipe).name)).at('Config');
          for (const name of ['Cmd', 'Entrypoint', 'WorkingDir', 'User']) config.at(name).is(document[name]);
        }
      },
    },
    {
      id: 'platform-id',
      title: 'with a platform Id is the digest of its manifest',
      features: ['inspect-platform'],
      pointer: `${member}/Id`,
      images: ['multi'],
      why: 'It is what runs there.',
      async check(t) {
        for (const { platform, descriptor } of t.image('multi').images)
          (await inspect(t, t.image('multi').name, { platform: platformText(platform) }))
            .at('Id')
            .is(descriptor.digest);
      },
    },
    {
      id: 'platform-root-fs',
      title: 'with a platform RootFS has the layers of that platform',
      features: ['inspect-platform'],
      pointer: `${member}/RootFS`,
      images: ['multi'],
      why: 'Scanners map layers to findings by them.',
      async check(t) {
        for (const { platform, diffIds } of t.image('multi').images)
          (await inspect(t, t.image('multi').name, { platform: platformText(platform) }))
            .at('RootFS', 'Layers')
            .is(diffIds);
      },
    },
    {
      id: 'attestation-size-content',
      title: 'Size.Content of an attestation manifest is the size of its content',
      features: ['inspect-manifests'],
      pointer: `${pointers.manifestSummary}/properties/Size`,
      images: ['basic', 'many', 'big'],
      why: 'Attestations of large images take megabytes.',
      async check(t) {
        for (const recipe of ['basic', 'many', 'big'] as const) {
          const { manifest, layers } = attestedOf(t.image(recipe));
          const config = JSON.parse(t.image(recipe).blobs.get(manifest.digest)?.toString() ?? '{}').config
            .size as number;
          const content = manifest.size + config + layers.reduce((sum, { size }) => sum + size, 0);
          const found = entryWhere(await manifestsOf(t, t.image(recipe)), 'ID', manifest.digest);
          found.at('Size', 'Content').is(content);
        }
      },
    },
    {
      id: 'manifest-count',
      title: 'Manifests has each manifest once',
      features: ['inspect-manifests'],
      pointer: pointers.manifestSummary,
      images: ['multi', 'two-images', 'two-manifests'],
      why: 'Platforms would be counted twice.',
      async check(t) {
        for (const recipe of ['multi', 'two-images', 'two-manifests'] as const) {
          const ids = (await manifestsOf(t, t.image(recipe))).map((entry) => entry.at('ID').string());
          same(ids.length, t.image(recipe).manifests.length, `manifests of ${recipe}`);
          same(new Set(ids).size, ids.length, `different manifests of ${recipe}`);
        }
      },
    },
    {
      id: 'manifests-of-manifest',
      title: 'an image without an index has its own manifest in Manifests, or none',
      features: ['inspect-manifests'],
      pointer: `${member}/Manifests`,
      images: ['plain'],
      why: 'There is nothing else in it.',
      async check(t) {
        const value = (await inspect(t, t.image('plain').name, { manifests: '1' })).at('Manifests').value ?? [];
        const ids = new Set((value as { readonly ID: string }[]).map(({ ID }) => ID));
        ids.delete(t.image('plain').root.digest);
        same([...ids], [], 'other manifests');
      },
    },
    {
      id: 'nested',
      title: "an index in an index is looked into: the image of the daemon's platform is described",
      ...asDockerd(['containerd-store', 'images'], 'docs/reference/behavior/images.md#inspecting-an-image'),
      pointer: '+/responses/200',
      images: ['nested'],
      why: 'Build tools that join images make such indexes.',
      async check(t) {
        const image = await inspect(t, t.image('nested').name);
        image.at('Id').is(t.image('nested').root.digest);
        image.at('RootFS', 'Layers').is(t.image('nested').images[0]?.diffIds);
      },
    },
    {
      id: 'nested-history',
      title: 'the history of an index in an index is that of its image',
      ...asDockerd(['containerd-store', 'images'], 'docs/reference/behavior/images.md#inspecting-an-image'),
      operationId: 'ImageHistory',
      pointer: pointers.history,
      images: ['nested'],
      why: 'Readers ask how it was made.',
      async check(t) {
        const steps = (await t.api.get(`/images/${t.image('nested').name}/history`)).status(200).json().array();
        same(
          steps.length,
          (t.image('nested').images[0]?.document.history as readonly unknown[]).length,
          'number of steps',
        );
      },
    },
    {
      id: 'nested-attestations',
      title: 'attestations of an index in an index are answered with an array or an error, and the daemon stays well',
      ...asDockerd(['attestations'], 'docs/reference/behavior/attestations.md#choosing-the-manifest'),
      operationId: 'ImageAttestations',
      pointer: pointers.attestations,
      images: ['nested'],
      why: 'Odd images come from outside.',
      async check(t) {
        const answer = await t.api.get(attestationsOf(t.image('nested').name));
        if (answer.exchange.status === 200) answer.json().array();
        else answer.error(404, 400);
        await inspect(t, t.image('nested').name);
      },
    },
  ],
);

/** The containers of a platform. */
export const inspectContainers: readonly Requirement[] = containers(
  {
    operationId: 'ImageInspect',
    pointer: operationPointer('GET', '/images/{name}/json'),
    features: ['containers', 'inspect-manifests'],
  },
  [
    {
      id: 'image-data-containers-of',
      title: 'ImageData.Containers has the containers that use the platform',
      pointer: `${pointers.manifestSummary}/properties/ImageData`,
      why: 'Clients see by it what a removal would break.',
      async check(d) {
        const image = await d.t.fresh('program');
        const { id } = await d.create({ Image: image.name });
        const summary = entryWhere(await manifestsOf(d.t, image), 'ID', image.images[0]?.descriptor.digest);
        summary.at('ImageData', 'Containers').is([id]);
      },
    },
  ],
);
