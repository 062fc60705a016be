import { same } from '../../expect.js';
import { predicateKey } from '../../images/kit.js';
import { type Requirement, requirements } from '../../requirement.js';
import { annotated, attestationsOf, attestedOf, entriesFor, keysOf, lists, pointers } from '../common.js';

const answers = '+/responses/200/schema';

/** Entries of the attestation list. */
export const entries: readonly Requirement[] = requirements(
  { operationId: 'ImageAttestations', features: ['attestations'], pointer: pointers.attestations, images: ['basic'] },
  [
    {
      id: 'entries-in-layer-order',
      title: 'each attestation layer is one entry, in layer order',
      pointer: answers,
      why: 'Clients pair entries with the layers of the attestation manifest.',
      async check(t) {
        const image = t.image('basic');
        const answer = (await t.api.get(attestationsOf(image.name))).status(200);
        answer.json().has(entriesFor(attestedOf(image).layers));
      },
    },
    {
      id: 'content-type',
      title: 'the answer is application/json',
      pointer: '+/produces',
      why: 'Clients choose their decoder by the media type.',
      async check(t) {
        (await t.api.get(attestationsOf(t.image('basic').name))).status(200).mediaType('application/json');
      },
    },
    {
      id: 'descriptor-media-type',
      title: "an entry's descriptor has the layer's media type",
      pointer: pointers.statement,
      why: 'The media type tells an in-toto statement from a bundle or an envelope.',
      async check(t) {
        const image = t.image('basic');
        const list = lists(await t.api.get(attestationsOf(image.name)), attestedOf(image).layers);
        for (const entry of list) entry.at('Descriptor', 'mediaType').is('application/vnd.in-toto+json');
      },
    },
    {
      id: 'descriptor-size',
      title: "an entry's descriptor has the layer's size",
      pointer: pointers.statement,
      why: 'Clients size their buffers and progress bars by it.',
      async check(t) {
        const { layers } = attestedOf(t.image('basic'));
        const list = lists(await t.api.get(attestationsOf(t.image('basic').name)), layers);
        list.forEach((entry, i) => {
          entry.at('Descriptor', 'size').is(layers[i]?.size);
        });
      },
    },
    {
      id: 'predicate-type-from-annotation',
      title: 'PredicateType is the predicate type annotation of the layer',
      pointer: pointers.statement,
      why: 'Clients choose statements by it without reading them.',
      async check(t) {
        const { layers } = attestedOf(t.image('basic'));
        const list = lists(await t.api.get(attestationsOf(t.image('basic').name)), layers);
        list.forEach((entry, i) => {
          entry.at('PredicateType').is(layers[i]?.annotations?.[predicateKey]);
        });
      },
    },
    {
      id: 'key-order',
      title: 'members come in the order Descriptor, PredicateType, Statement',
      level: 'SHOULD',
      pointer: pointers.statement,
      why: 'Streaming readers can skip a statement when its type is known first.',
      async check(t) {
        const answer = await t.api.get(attestationsOf(t.image('basic').name), { query: { statement: '1' } });
        for (const entry of answer.status(200).json().array())
          same(keysOf(entry), ['Descriptor', 'PredicateType', 'Statement'], `${entry.place}: keys`);
      },
    },
    {
      id: 'none',
      title: 'an image without attestations gives an empty array',
      pointer: answers,
      images: ['bare'],
      why: 'Having no attestations is an answer, not an error, and never null.',
      async check(t) {
        (await t.api.get(attestationsOf(t.image('bare').name))).status(200).json().is([]);
      },
    },
    {
      id: 'plain-manifest',
      title: 'an image without an index gives an empty array',
      pointer: answers,
      images: ['plain'],
      why: 'Most images of older tools have no index; asking about them is not an error.',
      async check(t) {
        (await t.api.get(attestationsOf(t.image('plain').name))).status(200).json().is([]);
      },
    },
    {
      id: 'oci-artifact',
      title: 'an attestation manifest stored as OCI artifact is read too',
      images: ['artifact'],
      why: 'BuildKit can write attestations in that form.',
      async check(t) {
        const image = t.image('artifact');
        lists(await t.api.get(attestationsOf(image.name)), attestedOf(image).layers);
      },
    },
    {
      id: 'unannotated-layer',
      title: 'layers without a predicate type are left out',
      images: ['unannotated'],
      why: 'Such layers are not attestations; an entry without a type cannot be selected.',
      async check(t) {
        const image = t.image('unannotated');
        lists(await t.api.get(attestationsOf(image.name)), annotated(attestedOf(image)));
      },
    },
    {
      id: 'repeated-types-kept',
      title: 'all attestations of one predicate type are listed, in order',
      images: ['duplicates'],
      why: 'An image may have several SBOMs; dropping one hides packages.',
      async check(t) {
        const image = t.image('duplicates');
        lists(await t.api.get(attestationsOf(image.name)), attestedOf(image).layers);
      },
    },
    {
      id: 'many',
      title: 'a hundred and fifty attestations come complete and in order',
      images: ['many'],
      why: 'There is no paging, so nothing may be cut off.',
      async check(t) {
        const image = t.image('many');
        lists(await t.api.get(attestationsOf(image.name)), attestedOf(image).layers);
      },
    },
    {
      id: 'descriptor-all-fields',
      title: 'urls, annotations, platform and artifactType of the layer are in the descriptor',
      images: ['rich'],
      pointer: '/definitions/OCIDescriptor',
      why: 'Policy may rest on any field of the descriptor.',
      async check(t) {
        const image = t.image('rich');
        const answer = (await t.api.get(attestationsOf(image.name))).status(200);
        answer.json().has(entriesFor(attestedOf(image).layers));
      },
    },
    {
      id: 'descriptor-size-as-stored',
      title: 'a size that the manifest gives wrongly is not corrected',
      images: ['size-mismatch'],
      why: 'The descriptor is evidence: it is what was signed.',
      async check(t) {
        const image = t.image('size-mismatch');
        const [entry] = lists(await t.api.get(attestationsOf(image.name)), attestedOf(image).layers);
        entry?.at('Descriptor', 'size').is(10);
      },
    },
    {
      id: 'same-twice',
      title: 'two equal requests give equal bytes',
      level: 'SHOULD',
      why: 'Caches and signatures over answers need it.',
      async check(t) {
        const path = attestationsOf(t.image('basic').name);
        const first = (await t.api.get(path, { query: { statement: '1' } })).status(200);
        const second = (await t.api.get(path, { query: { statement: '1' } })).status(200);
        same(second.text, first.text, 'second answer');
      },
    },
    {
      id: 'trailing-newline',
      title: 'the body ends with one line break',
      level: 'SHOULD',
      why: 'It keeps answers readable in a terminal and equal between daemons.',
      async check(t) {
        const answer = (await t.api.get(attestationsOf(t.image('basic').name))).status(200);
        same(answer.text.slice(-2), ']\n', 'last two characters');
      },
    },
  ],
);
