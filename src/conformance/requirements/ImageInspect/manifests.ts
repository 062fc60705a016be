import { demand, type Shape, same } from '../../expect.js';
import { foreignPlatform } from '../../images/recipe.js';
import type { RecipeName } from '../../images/recipes.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { asDockerd, attestedOf, entryWhere, manifestsOf, platformText, pointers } from '../common.js';

const summaries = (t: CheckContext, name: RecipeName): Promise<Shape[]> => manifestsOf(t, t.image(name));

const kind = (
  id: string,
  title: string,
  image: RecipeName,
  wanted: string,
  why: string,
  level: 'MUST' | 'SHOULD' = 'MUST',
) => ({
  id,
  title,
  level,
  images: [image],
  why,
  async check(t: CheckContext): Promise<void> {
    const { manifest } = attestedOf(t.image(image));
    entryWhere(await summaries(t, image), 'ID', manifest.digest)
      .at('Kind')
      .is(wanted);
  },
});

/** Manifests and descriptor in inspect. */
export const manifests: readonly Requirement[] = requirements(
  {
    operationId: 'ImageInspect',
    features: ['inspect-manifests'],
    pointer: pointers.manifestSummary,
    images: ['multi'],
  },
  [
    {
      id: 'descriptor',
      title: 'Descriptor is that of the root',
      pointer: `${pointers.inspect}/responses/200/schema`,
      images: ['basic'],
      why: 'Clients learn digest, size and media type of what the name points to.',
      async check(t) {
        const { name, root } = t.image('basic');
        const descriptor = (await t.api.get(`/images/${name}/json`)).status(200).json().at('Descriptor');
        descriptor.at('mediaType').is(root.mediaType);
        descriptor.at('digest').is(root.digest);
        descriptor.at('size').is(root.size);
      },
    },
    {
      id: 'manifests-only-when-asked',
      title: 'without manifests=1 there are no Manifests',
      pointer: `${pointers.inspect}/parameters/1`,
      why: 'Older clients and small answers.',
      async check(t) {
        (await t.api.get(`/images/${t.image('multi').name}/json`)).status(200).json().at('Manifests').absent();
      },
    },
    {
      id: 'manifests-off',
      title: 'manifests=0 is the same as none',
      pointer: `${pointers.inspect}/parameters/1`,
      why: 'Clients send the default.',
      async check(t) {
        const query = { manifests: '0' };
        (await t.api.get(`/images/${t.image('multi').name}/json`, { query }))
          .status(200)
          .json()
          .at('Manifests')
          .absent();
      },
    },
    {
      id: 'manifests-all',
      title: 'Manifests has every manifest of the index',
      why: 'A platform that is not shown looks as if it were not there.',
      async check(t) {
        const ids = (await summaries(t, 'multi')).map((summary) => summary.at('ID').value);
        same(
          [...ids].sort(),
          t
            .image('multi')
            .manifests.map(({ digest }) => digest)
            .sort(),
          'ids of manifests',
        );
      },
    },
    {
      id: 'manifests-order',
      title: 'Manifests keeps the order of the index',
      level: 'SHOULD',
      why: 'The first match runs, so order matters to readers.',
      async check(t) {
        const ids = (await summaries(t, 'multi')).map((summary) => summary.at('ID').value);
        same(
          ids,
          t.image('multi').manifests.map(({ digest }) => digest),
          'ids of manifests',
        );
      },
    },
    {
      id: 'manifest-descriptor',
      title: 'each Descriptor is the entry of the index',
      why: 'Annotations and platform tell manifests apart.',
      async check(t) {
        const { manifests: entries } = t.image('multi');
        for (const summary of await summaries(t, 'multi'))
          summary.at('Descriptor').has(entries.find(({ digest }) => digest === summary.at('ID').value));
      },
    },
    {
      id: 'manifest-kind-image',
      title: "manifests of platforms are of kind 'image'",
      why: 'Clients count platforms by it.',
      async check(t) {
        const list = await summaries(t, 'multi');
        for (const { descriptor } of t.image('multi').images)
          entryWhere(list, 'ID', descriptor.digest).at('Kind').is('image');
      },
    },
    kind(
      'manifest-kind-attestation',
      "attestation manifests are of kind 'attestation'",
      'basic',
      'attestation',
      'Clients keep them apart from platforms.',
    ),
    kind(
      'manifest-kind-artifact',
      'so are those stored as OCI artifact',
      'artifact',
      'attestation',
      'The form of storage does not change what they are.',
    ),
    kind(
      'manifest-kind-no-reference',
      "a manifest that does not say what it attests is of kind 'unknown'",
      'no-reference',
      'unknown',
      'It is neither an image nor an attestation of one.',
      'SHOULD',
    ),
    {
      id: 'manifest-available',
      title: 'manifests whose content is complete are available',
      why: 'Clients run or push what is available.',
      async check(t) {
        for (const summary of await summaries(t, 'multi')) summary.at('Available').is(true);
      },
    },
    {
      id: 'manifest-unavailable',
      title: 'a manifest that is not in the store is not available',
      features: ['inspect-manifests', 'incomplete-images'],
      images: ['missing-image-manifest'],
      why: 'Clients pull what is missing.',
      async check(t) {
        const absent = t.image('missing-image-manifest').images[1]?.descriptor.digest;
        entryWhere(await summaries(t, 'missing-image-manifest'), 'ID', absent)
          .at('Available')
          .is(false);
      },
    },
    {
      id: 'attestation-for',
      title: 'AttestationData.For is the image that the attestation is about',
      pointer: `${pointers.manifestSummary}/properties/AttestationData`,
      why: 'Attestations are matched to platforms by it.',
      async check(t) {
        const list = await summaries(t, 'multi');
        for (const { manifest, subject } of t.image('multi').attested)
          entryWhere(list, 'ID', manifest.digest).at('AttestationData', 'For').is(subject.digest);
      },
    },
    {
      id: 'attestation-no-image-data',
      title: 'attestations have no ImageData and images no AttestationData',
      why: 'Each kind has its own members.',
      async check(t) {
        for (const summary of await summaries(t, 'multi'))
          summary.at(summary.at('Kind').value === 'attestation' ? 'ImageData' : 'AttestationData').absent();
      },
    },
    {
      id: 'image-data-platform',
      title: 'ImageData.Platform is the platform of the manifest',
      pointer: `${pointers.manifestSummary}/properties/ImageData`,
      why: 'Clients show it.',
      async check(t) {
        const list = await summaries(t, 'multi');
        for (const { descriptor, platform } of t.image('multi').images)
          entryWhere(list, 'ID', descriptor.digest).at('ImageData', 'Platform').has(platform);
      },
    },
    {
      id: 'manifest-size-content',
      title: 'Size.Content is the size of the content in the store',
      pointer: `${pointers.manifestSummary}/properties/Size`,
      why: 'It is what a removal frees in the content store.',
      async check(t) {
        const list = await summaries(t, 'multi');
        for (const { descriptor, config, layers } of t.image('multi').images) {
          const content = [descriptor, config, ...layers].reduce((sum, { size }) => sum + size, 0);
          entryWhere(list, 'ID', descriptor.digest).at('Size', 'Content').is(content);
        }
      },
    },
    {
      id: 'manifest-size-total',
      title: 'Size.Total is at least Size.Content',
      pointer: `${pointers.manifestSummary}/properties/Size`,
      why: 'It adds what is unpacked.',
      async check(t) {
        for (const summary of await summaries(t, 'multi')) {
          const [total, content] = [summary.at('Size', 'Total').number(), summary.at('Size', 'Content').number()];
          demand(total >= content, `${summary.place}.Size.Total`, `at least ${content}`, total);
        }
      },
    },
    {
      id: 'manifest-size-unpacked',
      title: 'ImageData.Size.Unpacked is a number that is not negative',
      pointer: `${pointers.manifestSummary}/properties/ImageData`,
      why: 'Clients tell unpacked platforms by it.',
      async check(t) {
        for (const summary of await summaries(t, 'multi'))
          if (summary.at('Kind').value === 'image') {
            const unpacked = summary.at('ImageData', 'Size', 'Unpacked').number();
            demand(unpacked >= 0, `${summary.place}.ImageData.Size.Unpacked`, 'not negative', unpacked);
          }
      },
    },
    {
      id: 'manifests-with-platform',
      title: 'manifests and platform together are refused',
      ...asDockerd(['inspect-manifests', 'inspect-platform'], 'docs/reference/behavior/images.md#inspecting-an-image'),
      pointer: pointers.inspect,
      why: 'One describes all platforms, the other one of them.',
      async check(t) {
        const query = { manifests: '1', platform: platformText(t.host) };
        (await t.api.get(`/images/${t.image('multi').name}/json`, { query })).error(400);
      },
    },
    {
      id: 'foreign-image',
      title: "an image that lacks the daemon's platform is described all the same",
      level: 'SHOULD',
      images: ['foreign'],
      pointer: pointers.inspect,
      why: 'Images are also stored to be pushed.',
      async check(t) {
        const answer = (await t.api.get(`/images/${t.image('foreign').name}/json`)).status(200).json();
        answer.at('Architecture').is(foreignPlatform(t.host).architecture);
      },
    },
    {
      id: 'manifests-below-1.48',
      title: 'below API 1.48 there are neither Manifests nor Descriptor',
      pointer: pointers.inspect,
      why: 'Older clients may refuse members that they do not know.',
      async check(t) {
        const call = { query: { manifests: '1' }, version: '1.47' };
        const answer = (await t.api.get(`/images/${t.image('multi').name}/json`, call)).status(200).json();
        answer.at('Manifests').absent();
        answer.at('Descriptor').absent();
      },
    },
  ],
);
