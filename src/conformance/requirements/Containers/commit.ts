import { at, type Dock } from '../../containers/dock.js';
import { containers, operationPointer } from '../../containers/family.js';
import { type Shape, same } from '../../expect.js';
import type { Requirement } from '../../requirement.js';

type Query = Readonly<Record<string, string | readonly string[]>>;

/** Commit a container. @returns the image's name and what inspect says of it */
async function commit(d: Dock, container: string, query: Query = {}, body: object = {}): Promise<[string, Shape]> {
  const repo = d.t.scratch('committed');
  const answer = await d.post('/commit', body, { query: { container, repo, tag: 'v1', ...query } });
  answer
    .status(201)
    .json()
    .at('Id')
    .matches(/^(sha256:)?[0-9a-f]{64}$/);
  const name = d.t.own(`${repo}:v1`);
  return [name, (await d.api.get(`/images/${name}/json`)).status(200).json()];
}

/** Images of containers. */
export const commits: readonly Requirement[] = containers(
  { operationId: 'ImageCommit', pointer: operationPointer('POST', '/commit'), features: ['containers', 'commit'] },
  [
    {
      id: 'runs',
      title: 'the image has what the container wrote, and runs',
      pointer: '+/responses/201',
      why: 'It is what the operation is for.',
      async check(d) {
        const { id } = await d.ran(['sh', '-c', 'echo kept > /kept']);
        const [name] = await commit(d, id);
        same(await d.printed(['cat', '/kept', '/files/a.txt'], { Image: name }), 'kept\ncontent of a\n', 'output');
      },
    },
    {
      id: 'configuration',
      title: "the image has the container's configuration",
      why: 'It runs as the container did.',
      async check(d) {
        const { id } = await d.create({ Cmd: ['echo', 'x'], Env: ['MINE=1'], WorkingDir: '/files', User: '1000' });
        const [, image] = await commit(d, id);
        const config = image.at('Config');
        config.at('Cmd').is(['echo', 'x']);
        config.at('WorkingDir').is('/files');
        config.at('User').is('1000');
        same(
          config
            .at('Env')
            .array()
            .some(({ value }) => value === 'MINE=1'),
          true,
          'variable of the container',
        );
      },
    },
    {
      id: 'comment-and-author',
      title: 'comment and author are in the image',
      pointer: '+/parameters/4',
      why: 'People say what they did.',
      async check(d) {
        const [, image] = await commit(d, (await d.fresh()).id, { comment: 'a word', author: 'Someone' });
        image.at('Comment').is('a word');
        image.at('Author').is('Someone');
      },
    },
    {
      id: 'changes',
      title: 'changes are applied to the configuration',
      pointer: '+/parameters/7',
      why: 'Images are made by hand so.',
      async check(d) {
        const changes = ['CMD ["echo","y"]', 'ENV MORE=2', 'LABEL of=mine'].join('\n');
        const [, image] = await commit(d, (await d.fresh()).id, { changes });
        image.at('Config', 'Cmd').is(['echo', 'y']);
        image.at('Config', 'Labels', 'of').is('mine');
        same(
          image
            .at('Config', 'Env')
            .array()
            .some(({ value }) => value === 'MORE=2'),
          true,
          'variable of the change',
        );
      },
    },
    {
      id: 'changes-unknown',
      title: 'a change that is none is refused',
      observed: true,
      why: 'The image would lack it.',
      async check(d) {
        const query = { container: (await d.fresh()).id, repo: d.t.scratch('none'), changes: 'NOTHING x' };
        (await d.post('/commit', {}, { query })).error(400);
      },
    },
    {
      id: 'running',
      title: 'a container that runs is committed, and runs on',
      pointer: '+/parameters/6',
      why: 'It is kept for a look while it goes wrong.',
      async check(d) {
        const { id } = await d.running();
        await commit(d, id);
        (await d.inspect(id)).at('State', 'Status').is('running');
      },
    },
    {
      id: 'absent',
      title: 'a container that is not there is answered 404',
      pointer: '+/responses/404',
      why: 'Clients make it then.',
      async check(d) {
        (await d.post('/commit', {}, { query: { container: d.unique('none') } })).error(404);
      },
    },
    {
      id: 'name-malformed',
      title: 'a name that is none is refused',
      observed: true,
      why: 'Nobody would find the image.',
      async check(d) {
        const query = { container: (await d.fresh()).id, repo: 'UPPER/Case' };
        (await d.post('/commit', {}, { query })).error(400);
      },
    },
    {
      id: 'container-stays',
      title: 'the container is as it was',
      why: 'An image is a copy.',
      async check(d) {
        const { id } = await d.create();
        const before = (await d.inspect(id)).at('Config').value;
        await commit(d, id, { changes: 'CMD ["echo","y"]' });
        (await d.inspect(id)).at('Config').is(before);
        (await d.api.get(at(id, '/json'))).status(200);
      },
    },
  ],
);
