import { type Area, answers, ignores, instead, Reply, requests } from '../mutant.js';

const build = /^\/build$/;
const prune = /^\/build\/prune$/;

/** Faults of builds. */
export const building: Area = {
  name: 'build',
  only: ['ImageBuild'],
  mutants: [
    {
      id: 'build-nothing',
      title: 'a build answers success and makes nothing',
      ...requests('POST', build, () => instead(200, { stream: 'Successfully built 0123456789ab\n' })),
    },
    {
      id: 'build-content-type',
      title: 'the stream is text/plain',
      ...answers('POST', build, (reply) => reply.withHeader('Content-Type', 'text/plain')),
    },
    {
      id: 'build-not-json',
      title: 'the stream is text',
      ...answers('POST', build, (reply) => reply.withText('Successfully built\r\n')),
    },
    {
      id: 'build-stream-list',
      title: 'stream is a list of lines',
      ...answers('POST', build, (reply) => reply.members('stream', (value) => `[${value}]`)),
    },
    {
      id: 'build-first-name',
      title: 'of several names the first is given',
      ...requests('POST', build, (asked) =>
        asked.ask((query) => {
          if (query.has('t')) query.set('t', query.get('t') ?? '');
        }),
      ),
    },
    { id: 'build-names-ignored', title: 'names are ignored', ...ignores('POST', build, 't') },
    { id: 'build-quiet-ignored', title: 'q is ignored', ...ignores('POST', build, 'q') },
    { id: 'build-dockerfile-ignored', title: 'dockerfile is ignored', ...ignores('POST', build, 'dockerfile') },
    { id: 'build-labels-ignored', title: 'labels are ignored', ...ignores('POST', build, 'labels') },
    { id: 'build-arguments-ignored', title: 'buildargs are ignored', ...ignores('POST', build, 'buildargs') },
    { id: 'build-target-ignored', title: 'target is ignored', ...ignores('POST', build, 'target') },
    {
      id: 'build-version-ignored',
      title: 'any version is the classic builder',
      ...requests('POST', build, (asked) => asked.ask((query) => query.set('version', '1'))),
    },
    {
      id: 'build-compressed-refused',
      title: 'a compressed context is refused',
      ...requests('POST', build, (asked) =>
        asked.body[0] === 0x1f ? instead(500, { message: 'archive/tar: invalid tar header' }) : undefined,
      ),
    },
    {
      id: 'build-400-as-500',
      title: 'what is wrong with the Dockerfile or a parameter is answered 500',
      ...answers('POST', build, (reply) => reply.withStatus(500), 400),
    },
    {
      id: 'build-errors-swallowed',
      title: 'a build that failed ends as if it had not',
      after: (asked, reply) =>
        asked.is('POST', build)
          ? new Reply(200, reply.headers, Buffer.from('{"stream":"Successfully built x\\n"}\r\n'))
          : undefined,
    },
    {
      id: 'build-layers-squashed',
      title: 'an image that was built has one layer',
      ...answers('GET', /^\/images\/.+\/built:v1\/json$/, (reply) =>
        reply.edit((value) => ({
          ...(value as object),
          RootFS: { Type: 'layers', Layers: [`sha256:${'0'.repeat(64)}`] },
        })),
      ),
    },
    {
      id: 'build-config-lost',
      title: 'an image that was built has no configuration',
      ...answers('GET', /^\/images\/.+\/built:v1\/json$/, (reply) =>
        reply.edit((value) => ({ ...(value as object), Config: { Labels: {} } })),
      ),
    },
    {
      id: 'build-files-lost',
      title: 'an image that was built is saved as an empty archive',
      ...answers('GET', /^\/images\/.+\/built:v1\/get$/, (reply) => reply.withBody(Buffer.alloc(1024))),
    },
    {
      id: 'build-prune-counts',
      title: 'a prune of the build cache always frees a byte',
      ...answers('POST', prune, (reply) => reply.members('SpaceReclaimed', () => '1')),
    },
    {
      id: 'build-prune-all',
      title: 'a prune of the build cache removes what it should not',
      ...answers('POST', prune, (reply) => reply.members('CachesDeleted', () => '["x"]')),
    },
  ],
};
