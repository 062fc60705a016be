import { same } from '../../expect.js';
import type { FeatureName } from '../../features.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import type { LoadedImage } from '../../session.js';
import { asDockerd, pointers } from '../common.js';

/** One way to name the `basic` image. */
interface Form {
  readonly id: string;
  readonly title: string;
  readonly name: (image: LoadedImage) => string;
  /** Status of an answer when the form leads nowhere; 200 when it finds the image. */
  readonly status: 200 | 400 | 404;
  readonly level?: 'SHOULD';
  /** Whether the form is of the containerd image store, which knows images by their roots. */
  readonly byRoot?: true;
  readonly why: string;
}

const other = `sha256:${'0'.repeat(64)}`;
const typed = 'People and tools write names in that form.';
const wrong = 'Guessing would answer for another image.';

const forms: readonly Form[] = [
  { id: 'tag', title: 'a name with its tag', name: ({ name }) => name, status: 200, why: typed },
  {
    id: 'no-tag',
    title: 'a name without tag is that with latest',
    name: ({ repository }) => repository,
    status: 200,
    why: typed,
  },
  {
    id: 'domain',
    title: 'a name with docker.io before it',
    name: ({ name }) => `docker.io/${name}`,
    status: 200,
    why: typed,
  },
  {
    id: 'index-domain',
    title: 'a name with index.docker.io before it',
    name: ({ name }) => `index.docker.io/${name}`,
    status: 200,
    level: 'SHOULD',
    why: typed,
  },
  {
    id: 'digest',
    title: 'a repository with the root digest',
    name: ({ repository, root }) => `${repository}@${root.digest}`,
    status: 200,
    byRoot: true,
    why: 'It is the name that pins content.',
  },
  {
    id: 'tag-and-digest',
    title: 'a name with tag and root digest',
    name: ({ name, root }) => `${name}@${root.digest}`,
    status: 200,
    byRoot: true,
    why: 'Update tools write both.',
  },
  {
    id: 'other-tag-and-digest',
    title: 'with a digest the tag does not matter',
    name: ({ repository, root }) => `${repository}:none@${root.digest}`,
    status: 200,
    level: 'SHOULD',
    byRoot: true,
    why: 'The digest pins the content, the tag is a comment.',
  },
  {
    id: 'id',
    title: 'the root digest alone',
    name: ({ root }) => root.digest,
    status: 200,
    byRoot: true,
    why: 'Clients keep ids.',
  },
  {
    id: 'id-hex',
    title: 'the root digest without its algorithm',
    name: ({ root }) => root.digest.slice(7),
    status: 200,
    byRoot: true,
    why: 'Clients keep ids.',
  },
  {
    id: 'id-short',
    title: 'the first twelve digits of the root digest',
    name: ({ root }) => root.digest.slice(7, 19),
    status: 200,
    byRoot: true,
    why: 'Lists show ids in that form.',
  },
  {
    id: 'id-short-algorithm',
    title: 'the first digits of the root digest after its algorithm',
    name: ({ root }) => root.digest.slice(0, 25),
    status: 200,
    byRoot: true,
    why: 'Scripts cut ids.',
  },
  {
    id: 'escaped-slash',
    title: 'a name whose slash is escaped',
    name: ({ name }) => name.replace('/', '%2F'),
    status: 200,
    why: 'HTTP libraries escape path parameters.',
  },
  {
    id: 'escaped-colon',
    title: 'a name whose colon is escaped',
    name: ({ name }) => name.replace(':', '%3A'),
    status: 200,
    why: 'HTTP libraries escape path parameters.',
  },
  {
    id: 'other-tag',
    title: 'a tag that the repository does not have',
    name: ({ repository }) => `${repository}:none`,
    status: 404,
    why: wrong,
  },
  {
    id: 'tag-case',
    title: 'a tag in another case',
    name: ({ repository }) => `${repository}:LATEST`,
    status: 404,
    why: wrong,
  },
  {
    id: 'unknown-digest',
    title: 'a repository with another digest',
    name: ({ repository }) => `${repository}@${other}`,
    status: 404,
    why: wrong,
  },
  { id: 'unknown-id', title: 'a digest that no image has', name: () => other, status: 404, why: wrong },
  {
    id: 'other-repository-digest',
    title: 'another repository with the digest of the image',
    name: ({ repository, root }) => `${repository}-other@${root.digest}`,
    status: 404,
    byRoot: true,
    why: wrong,
  },
  {
    id: 'manifest-digest',
    title: 'the digest of a platform manifest is not an id',
    name: ({ images }) => images[0]?.descriptor.digest ?? '',
    status: 404,
    level: 'SHOULD',
    byRoot: true,
    why: 'An image is known by its root.',
  },
  {
    id: 'attestation-digest',
    title: 'the digest of an attestation manifest is not an id',
    name: ({ attested }) => attested[0]?.manifest.digest ?? '',
    status: 404,
    level: 'SHOULD',
    byRoot: true,
    why: 'An attestation is not an image.',
  },
  {
    id: 'prefix',
    title: 'the first part of a name is not a name',
    name: ({ repository }) => repository.split('/')[0] ?? '',
    status: 404,
    why: wrong,
  },
  {
    id: 'upper-case',
    title: 'a repository with capital letters is refused',
    name: ({ repository }) => repository.toUpperCase(),
    status: 400,
    why: 'It can never exist.',
  },
  {
    id: 'bad-tag',
    title: 'a tag that starts with a dot is refused',
    name: ({ repository }) => `${repository}:.x`,
    status: 400,
    why: 'It can never exist.',
  },
  {
    id: 'space',
    title: 'a name with a space is refused',
    name: ({ repository }) => `${repository}%20x`,
    status: 400,
    why: 'It can never exist.',
  },
];

const operations: readonly {
  readonly operationId: string;
  readonly path: string;
  readonly features: readonly FeatureName[];
  readonly pointer: string;
}[] = [
  { operationId: 'ImageInspect', path: 'json', features: ['images'], pointer: pointers.inspect },
  { operationId: 'ImageHistory', path: 'history', features: ['images'], pointer: pointers.history },
  {
    operationId: 'ImageAttestations',
    path: 'attestations',
    features: ['attestations'],
    pointer: pointers.attestations,
  },
];

/** Every form of name with every operation that reads one image. */
export const names: readonly Requirement[] = operations.flatMap(({ operationId, path, features, pointer }) =>
  requirements(
    { operationId, features, pointer: `${pointer}/parameters/0`, images: ['basic'] },
    forms.map(({ id, title, name, status, level, byRoot, why }) => ({
      id: `name-${id}`,
      title: status === 200 ? `${title} finds the image` : `${title}: ${status}`,
      why,
      ...(status === 400 && operationId !== 'ImageAttestations'
        ? asDockerd(features, 'docs/reference/behavior/images.md#image-names')
        : {}),
      ...(level ? { level } : {}),
      ...(byRoot ? { features: ['containerd-store', ...features] } : {}),
      async check(t: CheckContext): Promise<void> {
        const image = t.image('basic');
        const answer = await t.api.get(`/images/${name(image)}/${path}`);
        if (status !== 200) answer.error(status);
        else
          same(
            answer.status(200).json().value,
            (await t.api.get(`/images/${image.name}/${path}`)).json().value,
            `answer for ${name(image)}`,
          );
      },
    })),
  ),
);

/** Tag the `basic` image with an unusual name and inspect it. */
const unusual = (id: string, title: string, suffix: string, tagged: (name: string) => string = (name) => name) => ({
  id,
  title,
  why: 'Names may have any number of parts, and parts may be called as the API calls its operations.',
  async check(t: CheckContext): Promise<void> {
    const name = tagged(t.scratch(suffix));
    t.own(`${name}:1`);
    (await t.api.post(`/images/${t.image('basic').name}/tag`, { query: { repo: name, tag: '1' } })).status(201);
    const wanted = (await t.api.get(`/images/${t.image('basic').name}/json`)).status(200).json().at('Id').value;
    (await t.api.get(`/images/${name}:1/json`)).status(200).json().at('Id').is(wanted);
    (await t.api.delete(`/images/${name}:1`)).status(200);
    (await t.api.get(`/images/${name}:1/json`)).error(404);
  },
});

/** Unusual but legal names. */
export const unusualNames: readonly Requirement[] = requirements(
  {
    operationId: 'ImageTag',
    prefix: 'Names',
    features: ['images'],
    pointer: `${pointers.tag}/parameters/1`,
    images: ['basic'],
  },
  [
    unusual('many-parts', 'a name of many parts', 'a/b/c/d'),
    unusual('registry-port', 'a name with a registry and its port', 'app', (name) => `localhost:5000/${name}`),
    unusual('registry-domain', 'a name with a registry', 'app', (name) => `registry.example.test/${name}`),
    unusual('called-json', 'a repository called json', 'json'),
    unusual('called-history', 'a repository called history', 'history'),
    unusual('called-attestations', 'a repository called attestations', 'attestations'),
    unusual('separators', 'a repository with dots, dashes and underscores', 'a.b-c__d'),
  ],
);
