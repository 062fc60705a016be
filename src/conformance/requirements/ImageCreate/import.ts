import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { type Shape, same } from '../../expect.js';
import { runLabel } from '../../images/kit.js';
import { foreignPlatform } from '../../images/recipe.js';
import { writeTar } from '../../images/tar.js';
import { broken, streamed } from '../../registry/offered.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { asDockerd, familiar, pointers } from '../common.js';

type Query = Readonly<Record<string, string | readonly string[]>>;

/** A tar of files that no other check has. */
function files(t: CheckContext): Buffer {
  return writeTar([
    ['suite/', Buffer.alloc(0)],
    ['suite/imported.txt', Buffer.from(`${t.scratch('import')}\n`)],
  ]);
}

/** The change that makes an imported image one of the run's, so that its remains are found. */
const mark = (t: CheckContext): string => `LABEL ${runLabel}=${t.mark()}`;

/** Import a tar. @returns id of the image, and what inspect says of it */
async function imported(t: CheckContext, query: Query = {}, tar: Buffer = files(t)): Promise<[string, Shape]> {
  const changes = [mark(t), ...[query.changes ?? []].flat()];
  const answer = await t.api.post('/images/create', {
    query: { fromSrc: '-', ...query, changes },
    body: tar,
    headers: { 'Content-Type': 'application/x-tar' },
    alone: true,
  });
  const last = streamed(answer).at(-1);
  const id = String(last?.at('status').value ?? '').trim();
  const found = /sha256:[0-9a-f]{64}/.exec(id)?.[0] ?? id;
  t.own(found);
  return [found, (await t.api.get(`/images/${found}/json`)).status(200).json()];
}

/** Images that are made of a tar of files. */
export const imports: readonly Requirement[] = requirements(
  { operationId: 'ImageCreate', features: ['import', 'images'], pointer: pointers.create },
  [
    {
      id: 'import',
      title: 'an image is made of a tar, and the last message has its id',
      pointer: '+/parameters/1',
      why: 'It is how images are made without a builder.',
      async check(t) {
        const [id, image] = await imported(t);
        image.at('Id').is(id);
        same(image.at('RootFS', 'Layers').array().length, 1, 'number of layers');
      },
    },
    {
      id: 'import-content',
      title: 'its layer is the tar that was sent',
      pointer: '+/parameters/5',
      level: 'SHOULD',
      why: 'What was imported can be told by its digest.',
      async check(t) {
        const tar = files(t);
        const digest = `sha256:${createHash('sha256').update(tar).digest('hex')}`;
        const [, image] = await imported(t, {}, tar);
        image.at('RootFS', 'Layers').is([digest]);
      },
    },
    {
      id: 'import-compressed',
      title: 'a compressed tar is taken too',
      pointer: '+/parameters/5',
      why: 'Root file systems are published so.',
      async check(t) {
        const [, image] = await imported(t, {}, gzipSync(files(t)));
        same(image.at('RootFS', 'Layers').array().length, 1, 'number of layers');
      },
    },
    {
      id: 'import-name',
      title: 'repo and tag name it',
      pointer: '+/parameters/2',
      why: 'Nobody remembers digests.',
      async check(t) {
        const repo = t.scratch('imported');
        const [id] = await imported(t, { repo, tag: 'v1' });
        (await t.api.get(`/images/${t.own(`${repo}:v1`)}/json`)).status(200).json().at('Id').is(id);
      },
    },
    {
      id: 'import-default-tag',
      title: 'without a tag it is latest',
      pointer: '+/parameters/3',
      why: 'It is the default everywhere.',
      async check(t) {
        const repo = t.scratch('imported');
        const [, image] = await imported(t, { repo });
        same(
          image
            .at('RepoTags')
            .array()
            .map(({ value }) => familiar(value)),
          [t.own(`${repo}:latest`)],
          'RepoTags',
        );
      },
    },
    {
      id: 'import-unnamed',
      title: 'without repo it has no name',
      pointer: '+/parameters/2',
      why: 'It is used by its id.',
      async check(t) {
        const [, image] = await imported(t);
        const tags = image.at('RepoTags').value ?? [];
        same(tags, [], 'RepoTags');
      },
    },
    {
      id: 'import-message',
      title: 'the message is its comment',
      pointer: '+/parameters/4',
      why: 'People say where it is from.',
      async check(t) {
        const [, image] = await imported(t, { message: 'from the suite' });
        image.at('Comment').is('from the suite');
      },
    },
    {
      id: 'import-changes',
      title: 'changes are applied to its configuration',
      pointer: '+/parameters/7',
      why: 'A tar says nothing of commands.',
      async check(t) {
        const [, image] = await imported(t, { changes: ['CMD ["echo","x"]', 'ENV MINE=1', 'WORKDIR /suite'] });
        image.at('Config', 'Cmd').is(['echo', 'x']);
        image.at('Config', 'WorkingDir').is('/suite');
        same(
          image
            .at('Config', 'Env')
            .array()
            .some(({ value }) => value === 'MINE=1'),
          true,
          'variable of the change',
        );
      },
    },
    {
      id: 'import-platform',
      title: 'the platform is recorded in it',
      pointer: '+/parameters/8',
      why: 'The daemon cannot guess what the files are for.',
      async check(t) {
        const { os, architecture } = foreignPlatform(t.host);
        const [, image] = await imported(t, { platform: `${os}/${architecture}` });
        image.at('Architecture').is(architecture);
      },
    },
    {
      id: 'import-host-platform',
      title: "without a platform it is the daemon's own",
      level: 'SHOULD',
      pointer: '+/parameters/8',
      why: 'It is to run here.',
      async check(t) {
        const [, image] = await imported(t);
        same([image.at('Os').value, image.at('Architecture').value], [t.host.os, t.host.architecture], 'platform');
      },
    },
    {
      id: 'import-unknown-change',
      title: 'a change that is none is refused',
      ...asDockerd(['import', 'images'], 'docs/reference/behavior/files.md#container-commit'),
      pointer: '+/parameters/7',
      why: 'The image would lack it.',
      async check(t) {
        broken(
          await t.api.post('/images/create', {
            query: { fromSrc: '-', changes: 'NOTHING x' },
            body: files(t),
            headers: { 'Content-Type': 'application/x-tar' },
            alone: true,
          }),
        );
      },
    },
    {
      id: 'import-bad-name',
      title: 'a name with a digest is refused',
      ...asDockerd(['import', 'images'], 'docs/reference/behavior/images.md#image-names'),
      pointer: '+/parameters/2',
      why: 'Nobody can choose the digest of what is made.',
      async check(t) {
        broken(
          await t.api.post('/images/create', {
            query: { fromSrc: '-', repo: `${t.scratch('bad')}@sha256:${'0'.repeat(64)}`, changes: mark(t) },
            body: files(t),
            headers: { 'Content-Type': 'application/x-tar' },
            alone: true,
          }),
        );
      },
    },
  ],
);
