import { filters } from '../../api.js';
import { Shape, same } from '../../expect.js';
import type { RecipeName } from '../../images/recipes.js';
import { verbatimTypes } from '../../images/recipes-forms.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { attestedOf, entryWhere, holdsVerbatim, manifestsOf, pointers } from '../common.js';

/** The AttestationData of an image's attestation manifest, from inspect. */
async function dataOf(t: CheckContext, name: RecipeName, i = 0): Promise<Shape> {
  const image = t.image(name);
  const summary = entryWhere(await manifestsOf(t, image), 'ID', attestedOf(image, i).manifest.digest);
  return new Shape(summary.at('AttestationData').object(), `${summary.place}.AttestationData`);
}

/** The statements that a daemon has to show: annotated layers, in order. */
function expected(t: CheckContext, name: RecipeName, i = 0): unknown[] {
  const { attestations } = attestedOf(t.image(name), i);
  return attestations
    .filter(({ predicateType }) => (predicateType ?? '') !== '')
    .map(({ bytes }) => JSON.parse(bytes.toString('utf8')));
}

/** One entry of an image list with manifests. */
async function listed(t: CheckContext, name: RecipeName): Promise<Shape> {
  const image = t.image(name);
  const query = { manifests: '1', filters: filters({ reference: [image.name] }) };
  return entryWhere((await t.api.get('/images/json', { query })).status(200).json().array(), 'Id', image.root.digest);
}

const pointer = `${pointers.manifestSummary}/properties/AttestationData`;

/** Statements of attestation manifests in inspect and list. */
export const statements: readonly Requirement[] = requirements(
  { operationId: 'ImageInspect', prefix: 'Statements', features: ['statements'], pointer, images: ['basic'] },
  [
    {
      id: 'layer-order',
      title: 'AttestationData has the statements of its manifest in layer order',
      why: 'One request tells a client everything about an image.',
      async check(t) {
        (await dataOf(t, 'basic')).at('Statements').is(expected(t, 'basic'));
      },
    },
    {
      id: 'for',
      title: 'statements leave For as it was',
      why: 'For tells which image the statements are about.',
      async check(t) {
        (await dataOf(t, 'basic')).at('For').is(attestedOf(t.image('basic')).subject.digest);
      },
    },
    {
      id: 'every-platform',
      title: 'each attestation manifest has its own statements, whatever its platform',
      images: ['multi'],
      why: 'Build pipelines look at all platforms at once.',
      async check(t) {
        for (const i of t.image('multi').attested.keys())
          (await dataOf(t, 'multi', i)).at('Statements').is(expected(t, 'multi', i));
      },
    },
    {
      id: 'verbatim',
      title: 'statements come verbatim',
      images: ['verbatim'],
      why: 'A JSON round trip changes numbers and signed bytes.',
      async check(t) {
        const image = t.image('verbatim');
        const answer = await t.api.get(`/images/${image.name}/json`, { query: { manifests: '1' } });
        for (const { predicateType, bytes } of attestedOf(image).attestations)
          if (predicateType !== verbatimTypes.separators) holdsVerbatim(answer, '', bytes);
      },
    },
    {
      id: 'unannotated',
      title: 'layers without a predicate type are left out',
      images: ['unannotated'],
      why: 'They are not attestations.',
      async check(t) {
        const wanted = expected(t, 'unannotated');
        (await dataOf(t, 'unannotated')).at('Statements').is(wanted);
        same(wanted.length, 2, 'statements of the image');
      },
    },
    {
      id: 'repeated-types',
      title: 'all statements of one predicate type are there',
      images: ['duplicates'],
      why: 'An image may have several SBOMs.',
      async check(t) {
        (await dataOf(t, 'duplicates')).at('Statements').is(expected(t, 'duplicates'));
      },
    },
    {
      id: 'skip-missing',
      title: 'a statement whose blob is absent is left out, the others stay',
      features: ['statements', 'incomplete-images'],
      images: ['missing-statement'],
      why: 'A listing of images must not fail for one absent blob.',
      async check(t) {
        const [first, , last] = expected(t, 'missing-statement');
        (await dataOf(t, 'missing-statement')).at('Statements').is([first, last]);
      },
    },
    {
      id: 'skip-not-json',
      title: 'a statement that is not JSON is left out, the others stay',
      images: ['not-json'],
      why: 'A listing of images must not fail for one broken blob.',
      async check(t) {
        const good = attestedOf(t.image('not-json')).attestations.filter((_, i) => i !== 1);
        const wanted = good.map(({ bytes }) => JSON.parse(bytes.toString('utf8')));
        (await dataOf(t, 'not-json')).at('Statements').is(wanted);
      },
    },
    {
      id: 'skip-values',
      title: 'JSON that is not an object is left out, and nothing left means no Statements',
      images: ['values'],
      why: 'Statements are declared to be objects.',
      async check(t) {
        (await dataOf(t, 'values')).at('Statements').absent();
      },
    },
    {
      id: 'mixed',
      title: 'of good, absent, unannotated, broken and foreign layers the good ones remain in order',
      features: ['statements', 'incomplete-images'],
      images: ['mixed'],
      why: 'The rules have to hold together.',
      async check(t) {
        const { attestations } = attestedOf(t.image('mixed'));
        const good = [attestations[0], attestations[5]].map((one) => JSON.parse(one?.bytes.toString('utf8') ?? ''));
        (await dataOf(t, 'mixed')).at('Statements').is(good);
      },
    },
    {
      id: 'big',
      title: 'a statement of three mebibytes comes complete',
      images: ['big'],
      why: 'SBOMs of real images are that large.',
      async check(t) {
        (await dataOf(t, 'big')).at('Statements').is(expected(t, 'big'));
      },
    },
    {
      id: 'verbatim-sizes',
      title: 'inspect has statements of every size byte for byte',
      images: ['sizes'],
      why: 'A daemon that takes another path for large statements breaks their signatures.',
      async check(t) {
        const image = t.image('sizes');
        const answer = await t.api.get(`/images/${image.name}/json`, { query: { manifests: '1' } });
        answer.status(200).mediaType('application/json');
        for (const { bytes } of attestedOf(image).attestations) holdsVerbatim(answer, '', bytes);
      },
    },
    {
      id: 'in-list-verbatim-sizes',
      title: 'the list has statements of every size byte for byte',
      images: ['sizes'],
      pointer: pointers.list,
      operationId: 'ImageList',
      why: 'A daemon that takes another path for large statements breaks their signatures.',
      async check(t) {
        const image = t.image('sizes');
        const query = { manifests: '1', filters: filters({ reference: [image.name] }) };
        const answer = await t.api.get('/images/json', { query });
        answer.status(200).mediaType('application/json');
        for (const { bytes } of attestedOf(image).attestations) holdsVerbatim(answer, '', bytes);
      },
    },
    {
      id: 'attestations-only',
      title: 'manifests that are not attestations have no statements',
      images: ['multi'],
      why: 'Statements belong to the manifest that holds them.',
      async check(t) {
        for (const summary of await manifestsOf(t, t.image('multi')))
          if (summary.at('Kind').value !== 'attestation') {
            summary.at('Statements').absent();
            summary.at('AttestationData', 'Statements').absent();
            summary.at('ImageData', 'Statements').absent();
          }
      },
    },
    {
      id: 'without-manifests',
      title: 'inspect without manifests has no statements',
      why: 'Clients that do not ask must not be sent megabytes.',
      async check(t) {
        const answer = (await t.api.get(`/images/${t.image('basic').name}/json`)).status(200);
        same(answer.text.includes('"Statements"'), false, 'the answer has Statements');
      },
    },
    {
      id: 'below-1.55',
      title: 'inspect below API 1.55 has no statements',
      why: 'Older clients may refuse members that they do not know.',
      async check(t) {
        const call = { query: { manifests: '1' }, version: '1.54' };
        const answer = (await t.api.get(`/images/${t.image('basic').name}/json`, call)).status(200);
        same(answer.text.includes('"Statements"'), false, 'the answer has Statements');
        answer.json().at('Manifests').array();
      },
    },
    {
      id: 'like-endpoint',
      title: 'the statements are those of the attestations endpoint',
      features: ['statements', 'attestations'],
      why: 'Two views of one image must agree.',
      async check(t) {
        const path = `/images/${t.image('basic').name}/attestations`;
        const answer = (await t.api.get(path, { query: { statement: '1' } })).status(200);
        const endpoint = answer
          .json()
          .array()
          .map((entry) => entry.at('Statement').value);
        (await dataOf(t, 'basic')).at('Statements').is(endpoint);
      },
    },
    {
      id: 'no-attestation',
      title: 'an image without attestations has no statements anywhere',
      images: ['bare'],
      why: 'Absent means none.',
      async check(t) {
        const answer = await t.api.get(`/images/${t.image('bare').name}/json`, { query: { manifests: '1' } });
        same(answer.status(200).text.includes('Statements'), false, 'the answer has Statements');
      },
    },
    {
      id: 'in-list',
      operationId: 'ImageList',
      title: 'image lists with manifests have the same statements as inspect',
      images: ['multi'],
      why: 'Tools that survey all images read the list.',
      async check(t) {
        const manifests = (await listed(t, 'multi')).at('Manifests').array();
        for (const [i, attested] of t.image('multi').attested.entries())
          entryWhere(manifests, 'ID', attested.manifest.digest)
            .at('AttestationData', 'Statements')
            .is(expected(t, 'multi', i));
      },
    },
    {
      id: 'in-list-verbatim',
      operationId: 'ImageList',
      title: 'statements in image lists come verbatim too',
      images: ['verbatim'],
      why: 'A JSON round trip changes numbers and signed bytes.',
      async check(t) {
        const image = t.image('verbatim');
        const query = { manifests: '1', filters: filters({ reference: [image.name] }) };
        const answer = await t.api.get('/images/json', { query });
        for (const { predicateType, bytes } of attestedOf(image).attestations)
          if (predicateType !== verbatimTypes.separators) holdsVerbatim(answer, '', bytes);
      },
    },
    {
      id: 'in-list-only-with-manifests',
      operationId: 'ImageList',
      title: 'image lists without manifests have no statements',
      why: 'A list of all images must stay small.',
      async check(t) {
        const query = { filters: filters({ reference: [t.image('basic').name] }) };
        const answer = (await t.api.get('/images/json', { query })).status(200);
        same(answer.text.includes('"Statements"'), false, 'the answer has Statements');
      },
    },
    {
      id: 'in-list-below-1.55',
      operationId: 'ImageList',
      title: 'image lists below API 1.55 have no statements',
      why: 'Older clients may refuse members that they do not know.',
      async check(t) {
        const query = { manifests: '1', filters: filters({ reference: [t.image('basic').name] }) };
        const answer = (await t.api.get('/images/json', { query, version: '1.54' })).status(200);
        same(answer.text.includes('"Statements"'), false, 'the answer has Statements');
        answer.json().at(0, 'Manifests').array();
      },
    },
    {
      id: 'in-list-skip',
      operationId: 'ImageList',
      title: 'image lists leave broken and absent statements out',
      features: ['statements', 'incomplete-images'],
      images: ['mixed'],
      why: 'One broken image must not break the list of all.',
      async check(t) {
        const { attestations, manifest } = attestedOf(t.image('mixed'));
        const good = [attestations[0], attestations[5]].map((one) => JSON.parse(one?.bytes.toString('utf8') ?? ''));
        const summary = entryWhere((await listed(t, 'mixed')).at('Manifests').array(), 'ID', manifest.digest);
        summary.at('AttestationData', 'Statements').is(good);
      },
    },
  ],
);
