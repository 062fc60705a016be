import { demand, same } from '../../expect.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { familiar, pointers } from '../common.js';

const idOf = async (t: CheckContext, name: string): Promise<string> =>
  (await t.api.get(`/images/${name}/json`)).status(200).json().at('Id').string();

const refused = (
  id: string,
  title: string,
  query: (repo: string) => Record<string, string>,
  level: 'MUST' | 'SHOULD' = 'MUST',
) => ({
  id,
  title,
  level,
  pointer: '+/responses/400',
  why: 'A name that cannot be parsed could never be used or removed again.',
  async check(t: CheckContext): Promise<void> {
    (await t.api.post(`/images/${t.image('basic').name}/tag`, { query: query(t.scratch('bad')) })).error(400);
  },
});

/** Tagging images. */
export const tag: readonly Requirement[] = requirements(
  { operationId: 'ImageTag', features: ['images'], pointer: pointers.tag, images: ['basic'] },
  [
    {
      id: 'created',
      title: 'a new name is answered 201 and leads to the image',
      pointer: '+/responses/201',
      why: 'It is what the operation is for.',
      async check(t) {
        const repo = t.scratch('tag');
        (await t.api.post(`/images/${t.image('basic').name}/tag`, { query: { repo, tag: 'one' } })).status(201);
        t.own(`${repo}:one`);
        same(await idOf(t, `${repo}:one`), await idOf(t, t.image('basic').name), 'Id under the new name');
      },
    },
    {
      id: 'empty-body',
      title: 'the answer has no body',
      level: 'SHOULD',
      why: 'There is nothing to say.',
      async check(t) {
        const repo = t.scratch('tag');
        const answer = await t.api.post(`/images/${t.image('basic').name}/tag`, { query: { repo, tag: 'one' } });
        t.own(`${repo}:one`);
        same(answer.status(201).text, '', 'body');
      },
    },
    {
      id: 'default-tag',
      title: 'without a tag the tag is latest',
      pointer: '+/parameters/2',
      why: 'It is the default everywhere.',
      async check(t) {
        const repo = t.scratch('tag');
        (await t.api.post(`/images/${t.image('basic').name}/tag`, { query: { repo } })).status(201);
        same(await idOf(t, `${repo}:latest`), await idOf(t, t.image('basic').name), 'Id under the new name');
      },
    },
    {
      id: 'listed',
      title: 'the new name is among RepoTags',
      why: 'Clients list names.',
      async check(t) {
        const repo = t.scratch('tag');
        (await t.api.post(`/images/${t.image('basic').name}/tag`, { query: { repo, tag: 'two' } })).status(201);
        t.own(`${repo}:two`);
        const tags = (await t.api.get(`/images/${t.image('basic').name}/json`))
          .status(200)
          .json()
          .at('RepoTags')
          .array();
        demand(
          tags.some(({ value }) => familiar(value) === `${repo}:two`),
          'RepoTags',
          `${repo}:two`,
          tags.map(({ value }) => value),
        );
      },
    },
    {
      id: 'moves',
      title: 'a name that is taken moves to the new image',
      images: ['basic', 'bare'],
      why: 'Tags are moved on each release.',
      async check(t) {
        const repo = t.scratch('tag');
        for (const name of ['basic', 'bare'] as const)
          (await t.api.post(`/images/${t.image(name).name}/tag`, { query: { repo } })).status(201);
        same(await idOf(t, repo), await idOf(t, t.image('bare').name), 'Id under the moved name');
        (await t.api.get(`/images/${t.image('basic').name}/json`)).status(200);
      },
    },
    {
      id: 'by-id',
      title: 'an image can be tagged by its id',
      why: 'Clients keep ids.',
      async check(t) {
        const repo = t.scratch('tag');
        const id = await idOf(t, t.image('basic').name);
        (await t.api.post(`/images/${id}/tag`, { query: { repo } })).status(201);
        same(await idOf(t, repo), id, 'Id under the new name');
      },
    },
    {
      id: 'unknown-image',
      title: 'an image that is not there is answered 404',
      pointer: '+/responses/404',
      images: [],
      why: 'Clients pull on 404.',
      async check(t) {
        const query = { repo: t.scratch('tag') };
        (await t.api.post(`/images/${t.scratch('none')}/tag`, { query })).error(404);
      },
    },
    refused('bad-tag', 'a tag with a space is refused', (repo) => ({ repo, tag: 'bad tag' })),
    refused('bad-tag-start', 'a tag that starts with a dot is refused', (repo) => ({ repo, tag: '.x' })),
    refused('long-tag', 'a tag of more than 128 characters is refused', (repo) => ({ repo, tag: 't'.repeat(129) })),
    refused('upper-case', 'a repository with capital letters is refused', (repo) => ({
      repo: repo.toUpperCase(),
      tag: 'x',
    })),
    refused('digest', 'a repository with a digest is refused', (repo) => ({
      repo: `${repo}@sha256:${'0'.repeat(64)}`,
      tag: 'x',
    })),
    refused(
      'hexadecimal',
      'a repository of 64 hexadecimal digits is refused',
      () => ({ repo: 'a'.repeat(64), tag: 'x' }),
      'SHOULD',
    ),
    refused('algorithm', 'sha256 as a repository is refused', () => ({ repo: 'sha256', tag: 'x' }), 'SHOULD'),
  ],
);
