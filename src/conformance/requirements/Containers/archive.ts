import { gzipSync } from 'node:zlib';
import type { Answer } from '../../api.js';
import { at, type Dock } from '../../containers/dock.js';
import { containers, operationPointer } from '../../containers/family.js';
import { demand, type Shape, same, Unmet, Shape as Value } from '../../expect.js';
import { readTar, writeTar } from '../../images/tar.js';
import type { Requirement } from '../../requirement.js';

const path = '/containers/{id}/archive';
const header = 'X-Docker-Container-Path-Stat';

function statOf(answer: Answer): Shape {
  const text = Buffer.from(answer.header(header) ?? '', 'base64').toString('utf8');
  try {
    return new Value(JSON.parse(text), header);
  } catch {
    throw new Unmet(header, 'JSON in base64', text);
  }
}

const look = async (d: Dock, id: string, of: string): Promise<Answer> =>
  d.api.send('HEAD', at(id, '/archive'), { query: { path: of } });

const fetchFiles = async (d: Dock, id: string, of: string): Promise<Map<string, Buffer>> =>
  readTar((await d.api.get(at(id, '/archive'), { query: { path: of } })).status(200).body);

const put = (
  d: Dock,
  id: string,
  to: string,
  tar: Buffer,
  more: Readonly<Record<string, string>> = {},
): Promise<Answer> =>
  d.api.send('PUT', at(id, '/archive'), {
    query: { path: to, ...more },
    body: tar,
    headers: { 'Content-Type': 'application/x-tar' },
  });

const one = writeTar([['put.txt', Buffer.from('was put\n')]]);

/** Bit of Go's file mode that says directory. */
const directory = 2 ** 31;
/** Bit of Go's file mode that says symbolic link. */
const symlink = 2 ** 27;

const info = containers({ operationId: 'ContainerArchiveInfo', pointer: operationPointer('HEAD', path) }, [
  {
    id: 'file',
    title: 'a file has name, size and mode',
    pointer: '+/responses/200',
    why: 'Clients decide by it what to copy where.',
    async check(d) {
      const stat = statOf((await look(d, (await d.fresh()).id, '/files/a.txt')).status(200));
      stat.at('name').is('a.txt');
      stat.at('size').is('content of a\n'.length);
      same(stat.at('mode').number() % 0o1000, 0o644, 'permissions');
      demand(!Number.isNaN(Date.parse(stat.at('mtime').string())), 'mtime', 'a time', stat.at('mtime').value);
    },
  },
  {
    id: 'directory',
    title: 'a directory is told by its mode',
    pointer: '+/responses/200',
    why: 'Clients copy into it, or over a file.',
    async check(d) {
      const mode = statOf((await look(d, (await d.fresh()).id, '/files')).status(200))
        .at('mode')
        .number();
      demand(Math.floor(mode / directory) % 2 === 1, 'mode', 'the bit of directories', mode);
    },
  },
  {
    id: 'link',
    title: 'a symbolic link is told, with its target',
    pointer: '+/responses/200',
    why: 'Clients follow it if they are told to.',
    async check(d) {
      const stat = statOf((await look(d, (await d.fresh()).id, '/files/link')).status(200));
      const mode = stat.at('mode').number();
      demand(Math.floor(mode / symlink) % 2 === 1, 'mode', 'the bit of symbolic links', mode);
      stat.at('linkTarget').matches(/a\.txt$/);
    },
  },
  {
    id: 'path-absent',
    title: 'a path that is not there is answered 404',
    pointer: '+/responses/404',
    why: 'Clients make it then.',
    async check(d) {
      (await look(d, (await d.fresh()).id, '/files/none')).status(404);
    },
  },
  {
    id: 'pathless',
    title: 'no path is answered 400',
    pointer: '+/responses/400',
    why: 'It is not the root.',
    async check(d) {
      (await d.api.send('HEAD', at((await d.fresh()).id, '/archive'))).status(400);
    },
  },
]);

const get = containers({ operationId: 'ContainerArchive', pointer: operationPointer('GET', path) }, [
  {
    id: 'file',
    title: 'a file comes as a tar with its name, and the header of the look-up',
    pointer: '+/responses/200',
    why: 'It is what the operation is for.',
    async check(d) {
      const answer = await d.api.get(at((await d.fresh()).id, '/archive'), { query: { path: '/files/a.txt' } });
      answer.status(200).mediaType('application/x-tar');
      same(
        [...readTar(answer.body)].map(([name, bytes]) => [name, bytes.toString()]),
        [['a.txt', 'content of a\n']],
        'tar',
      );
      statOf(answer).at('name').is('a.txt');
    },
  },
  {
    id: 'directory',
    title: 'a directory comes with all below it, under its name',
    pointer: '+/responses/200',
    why: 'It is what the operation is for.',
    async check(d) {
      const files = await fetchFiles(d, (await d.fresh()).id, '/files');
      same(files.get('files/a.txt')?.toString(), 'content of a\n', 'files/a.txt');
      same([...files.keys()].sort(), ['files/a.txt', 'files/plain'], 'plain files');
    },
  },
  {
    id: 'contents',
    title: 'a path that ends in /. gives what is in the directory',
    pointer: '+/parameters/1',
    observed: true,
    why: 'Clients copy contents into another directory.',
    async check(d) {
      const files = await fetchFiles(d, (await d.fresh()).id, '/files/.');
      same([...files.keys()].map((name) => name.replace(/^\.\//, '')).sort(), ['a.txt', 'plain'], 'plain files');
    },
  },
  {
    id: 'written',
    title: 'what the container wrote is there, while it runs too',
    why: 'Results are fetched so.',
    async check(d) {
      const { id } = await d.running({ Cmd: ['sh', '-c', 'echo result > /tmp/result; echo ready; sleep 60'] });
      await d.says(id, 'ready');
      same((await fetchFiles(d, id, '/tmp/result')).get('result')?.toString(), 'result\n', 'content');
    },
  },
  {
    id: 'path-absent',
    title: 'a path that is not there is answered 404',
    pointer: '+/responses/404',
    why: 'An empty tar would look like success.',
    async check(d) {
      (await d.api.get(at((await d.fresh()).id, '/archive'), { query: { path: '/none' } })).error(404);
    },
  },
  {
    id: 'pathless',
    title: 'no path is answered 400',
    pointer: '+/responses/400',
    why: 'It is not the root.',
    async check(d) {
      (await d.api.get(at((await d.fresh()).id, '/archive'))).error(400);
    },
  },
]);

const putIn = containers({ operationId: 'PutContainerArchive', pointer: operationPointer('PUT', path) }, [
  {
    id: 'unpacked',
    title: 'a tar is unpacked in the directory',
    pointer: '+/responses/200',
    why: 'It is what the operation is for.',
    async check(d) {
      const { id } = await d.create({ Cmd: ['cat', '/files/put.txt', '/files/a.txt'], Tty: true });
      (await put(d, id, '/files', one)).status(200);
      await d.start(id);
      same(await d.wait(id), 0, 'exit code');
      const text = (await d.api.get(at(id, '/logs'), { query: { stdout: '1' } })).status(200).text;
      same(text, 'was put\r\ncontent of a\r\n', 'what the container reads');
    },
  },
  {
    id: 'running',
    title: 'a tar is unpacked in a container that runs',
    features: ['containers', 'exec'],
    why: 'Configuration is changed so.',
    async check(d) {
      const { id } = await d.running();
      (await put(d, id, '/tmp', one)).status(200);
      const exec = await d.exec(id, ['cat', '/tmp/put.txt'], { Tty: true });
      same((await (await d.startExec(exec, { Tty: true })).ended()).toString(), 'was put\r\n', 'what an exec reads');
    },
  },
  {
    id: 'compressed',
    title: 'a tar may be compressed with gzip',
    pointer: '+/parameters/4',
    why: 'Networks are slow.',
    async check(d) {
      const { id } = await d.create();
      (await put(d, id, '/', gzipSync(one))).status(200);
      same((await fetchFiles(d, id, '/put.txt')).get('put.txt')?.toString(), 'was put\n', 'content');
    },
  },
  {
    id: 'modes',
    title: 'permissions and links come as they were',
    why: 'Programs must run.',
    async check(d) {
      const { id } = await d.create();
      const tar = writeTar([
        ['run', Buffer.from('x'), { mode: 0o750 }],
        ['to-run', Buffer.alloc(0), { mode: 0o777, link: 'run' }],
      ]);
      (await put(d, id, '/tmp', tar)).status(200);
      same(
        statOf((await look(d, id, '/tmp/run')).status(200))
          .at('mode')
          .number() % 0o1000,
        0o750,
        'permissions',
      );
      statOf((await look(d, id, '/tmp/to-run')).status(200))
        .at('linkTarget')
        .matches(/run$/);
    },
  },
  {
    id: 'path-absent',
    title: 'a directory that is not there is answered 404',
    pointer: '+/responses/404',
    why: 'Clients make it then.',
    async check(d) {
      (await put(d, (await d.create()).id, '/none', one)).error(404);
    },
  },
  {
    id: 'path-file',
    title: 'a path that is no directory is answered 400',
    pointer: '+/responses/400',
    why: 'Nothing can be unpacked in a file.',
    async check(d) {
      (await put(d, (await d.create()).id, '/files/a.txt', one)).error(400);
    },
  },
  {
    id: 'pathless',
    title: 'no path is answered 400',
    pointer: '+/responses/400',
    why: 'It is not the root.',
    async check(d) {
      const answer = await d.api.send('PUT', at((await d.create()).id, '/archive'), { body: one });
      answer.error(400);
    },
  },
  {
    id: 'read-only',
    title: 'a root file system that is read-only is refused',
    pointer: '+/responses/403',
    why: 'It is a safeguard.',
    async check(d) {
      const { id } = await d.create({ HostConfig: { ReadonlyRootfs: true } });
      (await put(d, id, '/files', one)).error(400, 403);
    },
  },
  {
    id: 'no-overwrite',
    title: 'with noOverwriteDirNonDir a file does not replace a directory',
    pointer: '+/parameters/2',
    why: 'A slip must not delete a tree.',
    async check(d) {
      const { id } = await d.create();
      const tar = writeTar([['files', Buffer.from('a file\n')]]);
      const answer = await put(d, id, '/', tar, { noOverwriteDirNonDir: '1' });
      demand(answer.exchange.status >= 400, 'status', 'a refusal', answer.exchange.status);
      (await look(d, id, '/files/a.txt')).status(200);
    },
  },
  {
    id: 'broken',
    title: 'a tar that is cut short is refused',
    observed: true,
    why: 'Half of the files would look like all.',
    async check(d) {
      const answer = await put(d, (await d.create()).id, '/tmp', one.subarray(0, 515));
      demand(answer.exchange.status >= 400, 'status', 'a refusal', answer.exchange.status);
    },
  },
]);

/** Copying files in and out. */
export const archive: readonly Requirement[] = [info, get, putIn].flat();
