import { at, type Dock } from '../../containers/dock.js';
import { containers, operationPointer } from '../../containers/family.js';
import { framed, outputOf } from '../../containers/stream.js';
import { demand, same } from '../../expect.js';
import { writeTar } from '../../images/tar.js';
import type { Requirement } from '../../requirement.js';

/** Standard output of a log. */
async function stdout(d: Dock, id: string, query: Readonly<Record<string, string>> = {}): Promise<string> {
  return outputOf(await d.api.get(at(id, '/logs'), { query: { stdout: '1', ...query } })).stdout;
}

const lines = ['first', 'second', '', 'fourth', 'fifth'];
const printing = ['sh', '-c', lines.map((line) => `echo ${line}`).join('; ')];
const text = (of: readonly string[]): string => of.map((line) => `${line}\n`).join('');

/** Lines of a log: how many, how long, and empty ones. */
export const logLines: readonly Requirement[] = containers(
  { operationId: 'ContainerLogs', pointer: operationPointer('GET', '/containers/{id}/logs') },
  [
    {
      id: 'tail-exact',
      title: 'tail=N gives the last N lines of one stream, no line more and no line less',
      pointer: '+/parameters/7',
      why: 'Tools page through logs by it.',
      async check(d) {
        const { id } = await d.ran(printing);
        for (const tail of [1, 2, 3, 4, 5, 6])
          same(await stdout(d, id, { tail: String(tail) }), text(lines.slice(-tail)), `output of tail=${tail}`);
      },
    },
    {
      id: 'tail-with-since',
      title: 'tail counts lines after since has left out older ones',
      pointer: '+/parameters/7',
      why: 'Tools ask for both.',
      async check(d) {
        const { id } = await d.ran(printing);
        same(await stdout(d, id, { tail: '2', since: '1' }), text(lines.slice(-2)), 'output');
      },
    },
    {
      id: 'empty-lines',
      title: 'empty lines are in the log',
      why: 'Paragraphs and stack traces are told apart by them.',
      async check(d) {
        const { id } = await d.ran(['sh', '-c', 'echo; echo a; echo; echo; echo b; echo']);
        same(await stdout(d, id), '\na\n\n\nb\n\n', 'output');
      },
    },
    {
      id: 'long-line',
      title: 'a line of more than 16 KiB comes whole, and the next line is a line of its own',
      why: 'Structured logs have such lines, and a break makes them unreadable.',
      async check(d) {
        const long = 'abcdefghijklmnopqrstuvwxyz012345'.repeat(1300);
        const { id } = await d.create({ Cmd: ['cat', '/tmp/long'] });
        const body = writeTar([['long', Buffer.from(`${long}\nnext\n`)]]);
        const put = { query: { path: '/tmp' }, body, headers: { 'Content-Type': 'application/x-tar' } };
        await d.t.given('PutContainerArchive.unpacked', async () =>
          (await d.api.send('PUT', at(id, '/archive'), put)).status(200),
        );
        await d.start(id);
        await d.wait(id);
        const output = await stdout(d, id);
        demand(
          output === `${long}\nnext\n`,
          'output',
          `a line of ${long.length} characters, and one of 4`,
          output.split('\n').map(({ length }) => length),
        );
      },
    },
    {
      id: 'follow-head',
      title: 'follow answers with the head before the container has written anything',
      pointer: '+/parameters/1',
      why: 'Clients report an error if no answer comes.',
      async check(d) {
        const { id } = await d.running();
        const stream = await d.follow('GET', at(id, '/logs'), { stdout: '1', stderr: '1', follow: '1' });
        demand(await stream.is(200).quiet(100), 'stream', 'open and silent', stream.text);
      },
    },
    {
      id: 'follow-tail',
      title: 'follow with tail=1 begins with the last line, and goes on',
      pointer: '+/parameters/7',
      why: 'People watch from now on.',
      async check(d) {
        const Cmd = ['sh', '-c', 'echo one; echo two; sleep 0.5; echo three'];
        const { id } = await d.running({ Cmd });
        await d.says(id, 'two');
        const stream = (await d.follow('GET', at(id, '/logs'), { stdout: '1', follow: '1', tail: '1' })).is(200);
        const all = framed(await stream.ended()).stdout;
        // A slow client may come after the third line.
        demand(['two\nthree\n', 'three\n'].includes(all), 'output', '"two" and "three"', all);
      },
    },
    {
      id: 'timestamps-order',
      title: 'timestamps of a stream never go back, and lie between start and end of the container',
      pointer: '+/parameters/6',
      why: 'Logs of several containers are merged by them.',
      async check(d) {
        const { id } = await d.ran(printing);
        const state = (await d.inspect(id)).at('State');
        const bounds = ['StartedAt', 'FinishedAt'].map((member) => Date.parse(state.at(member).string()));
        const times = (await stdout(d, id, { timestamps: '1' }))
          .split('\n')
          .slice(0, -1)
          .map((line) => Date.parse(line.split(' ')[0] ?? ''));
        same(times.length, lines.length, 'number of lines');
        same(
          [...times].sort((a, b) => a - b),
          times,
          'times in order',
        );
        const [from = 0, to = 0] = bounds;
        demand(
          times.every((time) => time >= from - 2000 && time <= to + 2000),
          'times of the lines',
          `between ${state.at('StartedAt').value} and ${state.at('FinishedAt').value}`,
          times.map((time) => (Number.isNaN(time) ? 'not a time' : new Date(time).toISOString())),
        );
      },
    },
  ],
);
