import { at, type Dock } from '../../containers/dock.js';
import { containers, operationPointer } from '../../containers/family.js';
import { framed, type Output, outputOf, streamTypes } from '../../containers/stream.js';
import { demand, same } from '../../expect.js';
import type { Requirement } from '../../requirement.js';

type Query = Readonly<Record<string, string>>;

const both = { stdout: '1', stderr: '1' };

async function logs(d: Dock, id: string, query: Query = both): Promise<Output> {
  return outputOf(await d.api.get(at(id, '/logs'), { query }));
}

/** Output of the container that several checks read. */
async function spoken(d: Dock, query: Query): Promise<Output> {
  return logs(d, (await d.spoken()).id, query);
}

/** A timestamp in front of a line. No published text fixes its precision or zone. */
const stamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d) /;

/**
 * Demands that a time bound splits the log: between its lines if the daemon distinguishes their times, otherwise by
 * whole seconds, which is all that the description promises.
 *
 * @param name the bound
 * @param kept lines that remain under a bound between the lines
 */
async function cutsIn(d: Dock, name: 'since' | 'until', kept: string): Promise<void> {
  const { stdout } = await spoken(d, { stdout: '1', timestamps: '1' });
  const [first = 0, second = 0] = stdout.split('\n').map((line) => Date.parse(line.split(' ')[0] ?? ''));
  const output = async (bound: string): Promise<string> => (await spoken(d, { stdout: '1', [name]: bound })).stdout;
  if (/\.\d/.test(stdout) && second > first)
    return same(await output(((second - 20) / 1000).toFixed(3)), kept, 'output');
  const whole = Math.floor(first / 1000);
  const all = 'one\ntwo\n';
  same(
    [await output(String(whole - 1)), await output(String(whole + 2))],
    name === 'since' ? [all, ''] : ['', all],
    'output',
  );
}

/** Reading what containers wrote. */
export const containerLogs: readonly Requirement[] = containers(
  { operationId: 'ContainerLogs', pointer: operationPointer('GET', '/containers/{id}/logs') },
  [
    {
      id: 'both',
      title: 'both streams come in frames that tell them apart',
      pointer: '+/responses/200',
      why: 'Errors are shown otherwise.',
      async check(d) {
        same(await spoken(d, both), { stdout: 'one\ntwo\n', stderr: 'bad\n' }, 'output');
      },
    },
    {
      id: 'order',
      title: 'frames come in the order in which they were written',
      why: 'An error belongs to what was said before it.',
      async check(d) {
        const answer = (await d.api.get(at((await d.spoken()).id, '/logs'), { query: both })).status(200);
        const places = ['one', 'bad', 'two'].map((word) => answer.text.indexOf(word));
        same(
          [...places].sort((a, b) => a - b),
          places,
          'places of the lines',
        );
      },
    },
    {
      id: 'stdout',
      title: 'stdout alone leaves the other out',
      pointer: '+/parameters/2',
      why: 'Programs read it.',
      async check(d) {
        same(await spoken(d, { stdout: '1' }), { stdout: 'one\ntwo\n', stderr: '' }, 'output');
      },
    },
    {
      id: 'stderr',
      title: 'stderr alone leaves the other out',
      pointer: '+/parameters/3',
      why: 'People look for what went wrong.',
      async check(d) {
        same(await spoken(d, { stderr: '1' }), { stdout: '', stderr: 'bad\n' }, 'output');
      },
    },
    {
      id: 'neither',
      title: 'neither of them is refused',
      observed: true,
      why: 'Nothing would come, and the client would not know why.',
      async check(d) {
        (await d.api.get(at((await d.spoken()).id, '/logs'))).error(400);
      },
    },
    {
      id: 'media-type',
      title: 'the media type says that the stream is multiplexed',
      since: '1.42',
      pointer: '+/responses/200',
      why: 'Clients need not ask for the configuration first.',
      async check(d) {
        const answer = await d.api.get(at((await d.spoken()).id, '/logs'), { query: both });
        answer.status(200).mediaType(streamTypes.multiplexed);
      },
    },
    {
      id: 'terminal',
      title: 'with a terminal the bytes come as they are',
      pointer: '+/responses/200',
      why: 'A terminal has one stream.',
      async check(d) {
        const { id } = await d.ran(['sh', '-c', 'echo out; echo err >&2'], { Tty: true });
        const answer = (await d.api.get(at(id, '/logs'), { query: both })).status(200);
        same(answer.text, 'out\r\nerr\r\n', 'bytes');
      },
    },
    {
      id: 'terminal-media-type',
      title: 'with a terminal the media type is that of raw streams',
      since: '1.42',
      pointer: '+/responses/200',
      why: 'Clients need not ask for the configuration first.',
      async check(d) {
        const { id } = await d.ran(['echo', 'out'], { Tty: true });
        (await d.api.get(at(id, '/logs'), { query: both })).status(200).mediaType(streamTypes.raw);
      },
    },
    {
      id: 'tail',
      title: 'tail gives so many lines from the end',
      pointer: '+/parameters/7',
      why: 'Logs are long.',
      async check(d) {
        same(await spoken(d, { stdout: '1', tail: '1' }), { stdout: 'two\n', stderr: '' }, 'output');
      },
    },
    {
      id: 'tail-all',
      title: 'tail=all gives everything',
      pointer: '+/parameters/7',
      why: 'It is the default, and clients send it.',
      async check(d) {
        same((await spoken(d, { ...both, tail: 'all' })).stdout, 'one\ntwo\n', 'output');
      },
    },
    {
      id: 'tail-zero',
      title: 'tail=0 gives nothing',
      pointer: '+/parameters/7',
      why: 'Clients follow from now on.',
      async check(d) {
        same(await spoken(d, { ...both, tail: '0' }), { stdout: '', stderr: '' }, 'output');
      },
    },
    {
      id: 'timestamps',
      title: 'timestamps puts a time before each line',
      pointer: '+/parameters/6',
      why: 'Incidents are put together from several logs.',
      async check(d) {
        const { stdout } = await spoken(d, { stdout: '1', timestamps: '1' });
        const lines = stdout.split('\n').slice(0, -1);
        same(
          lines.map((line) => line.replace(stamp, '')),
          ['one', 'two'],
          'lines without their times',
        );
        demand(
          lines.every((line) => stamp.test(line)),
          'lines',
          'a time and a space first',
          lines,
        );
      },
    },
    {
      id: 'since',
      title: 'since leaves out what was written before',
      pointer: '+/parameters/4',
      why: 'Collectors go on where they stopped.',
      check: (d) => cutsIn(d, 'since', 'two\n'),
    },
    {
      id: 'until',
      title: 'until leaves out what was written after',
      since: '1.35',
      pointer: '+/parameters/5',
      why: 'Incidents have an end.',
      check: (d) => cutsIn(d, 'until', 'one\n'),
    },
    {
      id: 'follow',
      title: 'follow sends what is written as it comes, and ends with the container',
      pointer: '+/parameters/1',
      why: 'People watch.',
      async check(d) {
        const { id } = await d.running({ Cmd: ['sh', '-c', 'echo first; sleep 0.3; echo second'] });
        const stream = (await d.follow('GET', at(id, '/logs'), { ...both, follow: '1' })).is(200);
        await stream.untilText('first');
        same(framed(await stream.ended()).stdout, 'first\nsecond\n', 'output');
      },
    },
    {
      id: 'follow-stopped',
      title: 'what does not run is not followed: the stream ends',
      pointer: '+/parameters/1',
      why: 'The client would wait for ever.',
      async check(d) {
        const stream = await d.follow('GET', at((await d.spoken()).id, '/logs'), { stdout: '1', follow: '1' });
        same(framed(await stream.is(200).ended()).stdout, 'one\ntwo\n', 'output');
      },
    },
    {
      id: 'created',
      title: 'what was never started has an empty log',
      why: 'It is no error to look early.',
      async check(d) {
        same(await logs(d, (await d.fresh()).id), { stdout: '', stderr: '' }, 'output');
      },
    },
    {
      id: 'partial-line',
      title: 'a last line without an end comes without one',
      observed: true,
      why: 'Prompts are such lines.',
      async check(d) {
        const { id } = await d.ran(['sh', '-c', 'echo -n open']);
        same((await logs(d, id)).stdout, 'open', 'output');
      },
    },
    {
      id: 'much',
      title: 'much output comes whole and in order',
      why: 'Lost lines are the ones that matter.',
      async check(d) {
        const { id } = await d.ran(['seq', '20000']);
        const { stdout } = await logs(d, id);
        const wanted = `${Array.from({ length: 20_000 }, (_, i) => i + 1).join('\n')}\n`;
        demand(stdout === wanted, 'output', `${wanted.length} characters, 1 to 20000`, `${stdout.length} characters`);
      },
    },
    {
      id: 'driver-none',
      title: 'the driver none keeps nothing to read',
      observed: true,
      why: 'An empty answer would look like silence.',
      async check(d) {
        const { id } = await d.ran(['echo', 'x'], { HostConfig: { LogConfig: { Type: 'none' } } });
        (await d.api.get(at(id, '/logs'), { query: both })).error(501);
      },
    },
  ],
);
