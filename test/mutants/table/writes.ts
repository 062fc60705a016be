import { type Area, answers, ignores, instead, Reply, requests } from '../mutant.js';

const load = /^\/images\/load$/;
const tag = /^\/images\/.+\/tag$/;
const image = /^\/images\/.+$/;
const prune = /^\/images\/prune$/;

/** Faults of load, tag and delete. */
export const writes: Area = {
  name: 'writes',
  only: ['ImageLoad', 'ImageTag', 'ImageDelete', 'ImageInspect'],
  mutants: [
    { id: 'load-silent', title: 'load says nothing', ...answers('POST', load, (reply) => reply.withText('')) },
    {
      id: 'load-not-json',
      title: 'the stream of load is plain text',
      ...answers('POST', load, (reply) => reply.withText('Loaded\r\n')),
    },
    {
      id: 'load-nothing',
      title: 'load answers success and keeps nothing',
      ...requests('POST', load, (asked) =>
        asked.body.length > 0 ? instead(200, { stream: 'Loaded image: x:latest\n' }) : undefined,
      ),
    },
    {
      id: 'load-error-swallowed',
      title: 'a broken archive is reported as loaded',
      ...answers('POST', load, (reply) =>
        reply.text.includes('"error"') ? reply.withText('{"stream":"Loaded image: x:latest\\n"}\r\n') : undefined,
      ),
    },
    { id: 'load-platform-ignored', title: 'the platform of load is ignored', ...ignores('POST', load, 'platform') },
    {
      id: 'load-wrong-name',
      title: 'load names another image',
      ...answers('POST', load, (reply) =>
        reply.withText(reply.text.replaceAll(/Loaded image: [^\\]+/g, 'Loaded image: other:latest')),
      ),
    },
    { id: 'tag-200', title: 'tag answers 200', ...answers('POST', tag, (reply) => reply.withStatus(200), 201) },
    {
      id: 'tag-nothing',
      title: 'tag answers success and tags nothing',
      ...requests('POST', tag, () => new Reply(201, [], Buffer.alloc(0))),
    },
    { id: 'tag-latest', title: 'the given tag is ignored', ...ignores('POST', tag, 'tag') },
    {
      id: 'tag-unknown-201',
      title: 'tagging an unknown image succeeds',
      ...answers('POST', tag, (reply) => reply.withStatus(201).withText(''), 404),
    },
    {
      id: 'delete-204',
      title: 'delete answers 204',
      ...answers('DELETE', image, (reply) => reply.withStatus(204).withText('')),
    },
    {
      id: 'delete-nothing',
      title: 'delete answers success and removes nothing',
      ...requests('DELETE', image, (asked) =>
        asked.query.has('force') ? undefined : instead(200, [{ Untagged: 'x:latest' }]),
      ),
    },
    {
      id: 'delete-silent',
      title: 'delete lists nothing',
      ...answers('DELETE', image, (reply) => reply.withText('[]\n')),
    },
    {
      id: 'delete-no-untagged',
      title: 'delete does not list the name',
      ...answers('DELETE', image, (reply) =>
        reply.edit((value) => (value as object[]).filter((entry) => !('Untagged' in entry))),
      ),
    },
    {
      id: 'delete-conflict-ignored',
      title: 'an image with several names is deleted by id without force',
      ...requests('DELETE', image, (asked) => asked.ask((query) => query.set('force', '1'))),
    },
    {
      id: 'delete-unknown-200',
      title: 'deleting an unknown image succeeds',
      ...answers('DELETE', image, () => instead(200, []), 404),
    },
  ],
};

/** Faults of prune; tried on a daemon of the run's own. */
export const pruning: Area = {
  name: 'prune',
  only: ['ImagePrune'],
  destructive: true,
  mutants: [
    {
      id: 'prune-nothing',
      title: 'prune answers success and removes nothing',
      ...requests('POST', prune, () => instead(200, { ImagesDeleted: null, SpaceReclaimed: 0 })),
    },
    {
      id: 'prune-filters-ignored',
      title: 'the filters of prune are ignored',
      ...requests('POST', prune, (asked) => asked.ask((query) => query.set('filters', '{"dangling":["false"]}'))),
    },
    {
      id: 'prune-no-space',
      title: 'SpaceReclaimed is missing',
      ...answers('POST', prune, (reply) => reply.without('SpaceReclaimed')),
    },
  ],
};
