import { gzipSync } from 'node:zlib';
import { same } from '../../expect.js';
import { foreignPlatform } from '../../images/recipe.js';
import { writeTar } from '../../images/tar.js';
import { broken } from '../../registry/offered.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { asDockerd, pointers } from '../common.js';
import { ask, built, context, fileOf, plain, type Query, withFile } from './context.js';

const refused = (id: string, title: string, why: string, query: Query, body: () => Buffer = () => withFile(plain)) => ({
  id,
  title,
  pointer: '+/responses/400',
  why,
  async check(t: CheckContext): Promise<void> {
    (await ask(t, body(), query)).error(400);
  },
});

/** A Dockerfile that cannot be built. dockerd reports the error by the status. */
const unreadable = (what: string, words: string, text: string) => {
  const common = { pointer: '+/responses/400', why: 'Nothing can be built of it.' };
  return [
    {
      ...common,
      id: `dockerfile-${what}`,
      title: `a Dockerfile ${words} is an error`,
      check: async (t: CheckContext): Promise<void> => broken(await ask(t, context(text))),
    },
    {
      ...common,
      id: `dockerfile-${what}-status`,
      title: `a Dockerfile ${words} is answered 400`,
      ...asDockerd(['build', 'images'], 'docs/reference/behavior/builder.md#the-classic-builder'),
      async check(t: CheckContext): Promise<void> {
        (await ask(t, context(text))).error(400);
      },
    },
  ];
};

/** Forms of build input, and rejected input. */
export const buildForms: readonly Requirement[] = requirements(
  { operationId: 'ImageBuild', features: ['build', 'images'], pointer: pointers.build },
  [
    {
      id: 'compressed',
      title: 'a compressed context is taken too',
      pointer: '+/parameters/0',
      why: 'Contexts are large.',
      async check(t) {
        const [name] = await built(t, gzipSync(withFile(plain)));
        same(await fileOf(t, name, 'a.txt'), 'content of a\n', 'content of a.txt');
      },
    },
    {
      id: 'platform',
      title: 'the image is for the platform that is named',
      level: 'SHOULD',
      pointer: '+/parameters/24',
      why: 'Machines of another kind are served too.',
      async check(t) {
        const { os, architecture } = foreignPlatform(t.host);
        const [, image] = await built(t, withFile(plain), { platform: `${os}/${architecture}` });
        image.at('Architecture').is(architecture);
      },
    },
    {
      id: 'history',
      title: 'the history has a step of each instruction that made a layer',
      images: [],
      level: 'SHOULD',
      pointer: pointers.history,
      why: 'Readers see how it was made.',
      async check(t) {
        const [name] = await built(t, withFile(`${plain}COPY a.txt /b.txt\n`));
        const steps = (await t.api.get(`/images/${name}/history`)).status(200).json().array();
        const copies = steps.filter((step) => step.at('CreatedBy').string().includes('COPY'));
        same(copies.length, 2, 'steps of COPY');
      },
    },
    {
      id: 'copy-absent',
      title: 'a file that the context does not have ends the build with an error',
      pointer: '+/responses/200',
      why: 'The image would lack it.',
      async check(t) {
        const name = t.own(`${t.scratch('built')}:v1`);
        broken(await ask(t, context(plain), { t: name }));
        (await t.api.get(`/images/${name}/json`)).error(404);
      },
    },
    {
      id: 'dockerfile-absent',
      title: 'a context without a Dockerfile is an error',
      pointer: '+/responses/500',
      why: 'Nothing was built.',
      async check(t) {
        broken(await ask(t, writeTar([['a.txt', Buffer.from('x')]])));
      },
    },
    {
      id: 'context-broken',
      title: 'a context that is no archive is an error',
      pointer: '+/responses/500',
      why: 'Nothing was built.',
      async check(t) {
        broken(await ask(t, Buffer.from('no archive, but long enough to be looked at\n'.repeat(40))));
      },
    },
    {
      id: 'version-unknown',
      title: 'a builder that is none is refused',
      ...asDockerd(['build', 'images'], 'docs/reference/behavior/builder.md#the-classic-builder'),
      pointer: '+/parameters/27',
      why: 'Another builder would build another image.',
      async check(t) {
        (await ask(t, withFile(plain), { version: '3' })).error(400);
      },
    },
    ...unreadable('malformed', 'that is not valid', 'FROM scratch\nNOTHING x\n'),
    ...unreadable('empty', 'without instructions', '# nothing\n'),
    refused('arguments-malformed', 'buildargs that are not JSON are refused', 'The image would have other values.', {
      buildargs: 'bad',
    }),
    refused('labels-malformed', 'labels that are not JSON are refused', 'The image would lack them.', {
      labels: 'bad',
    }),
    {
      id: 'cache-prune',
      title: 'a prune of the build cache that matches nothing removes nothing',
      operationId: 'BuildPrune',
      features: ['build-cache'],
      pointer: `${pointers.buildPrune}/responses/200`,
      why: 'Scripts run it every night.',
      async check(t) {
        const query = { filters: JSON.stringify({ id: ['attestd-none'] }) };
        const body = (await t.api.post('/build/prune', { query })).status(200).mediaType('application/json').json();
        body.at('SpaceReclaimed').is(0);
        const deleted = body.at('CachesDeleted').value ?? [];
        same(deleted, [], 'CachesDeleted');
      },
    },
  ],
);
