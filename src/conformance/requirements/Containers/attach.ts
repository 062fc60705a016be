import { at, type Dock, type Made } from '../../containers/dock.js';
import { containers, operationPointer } from '../../containers/family.js';
import { framed, type Stream, streamTypes } from '../../containers/stream.js';
import { demand, same } from '../../expect.js';
import type { Requirement } from '../../requirement.js';
import { pause } from '../common.js';

/** Every stream, both ways. */
export const all = { stream: '1', stdin: '1', stdout: '1', stderr: '1' };
/** Both outputs. */
export const out = { stream: '1', stdout: '1', stderr: '1' };

/** A container that gives back what it is given. */
const echoes = { Cmd: ['cat'], OpenStdin: true, StdinOnce: true };

/** Attach first, then start, so that nothing is missed. */
async function attached(d: Dock, spec: object, query: Readonly<Record<string, string>> = all): Promise<[Made, Stream]> {
  const made = await d.create({ ...spec });
  const stream = await d.hijack(at(made.id, '/attach'), { query });
  stream.is(101, 200);
  await d.start(made.id);
  return [made, stream];
}

/** Demand that much input comes back whole. @throws Unmet */
export async function givesBackMuch(stream: Stream): Promise<void> {
  const sent = Buffer.alloc(300_000, 'abcdefghijklmnopqrstuvwxyz0123456789\n');
  stream.write(sent);
  stream.end();
  const { stdout } = framed(await stream.ended());
  const whole = stdout === sent.toString();
  demand(whole, 'output', `the ${sent.length} bytes that were sent`, `${stdout.length} characters`);
}

const wanted = (text: string) => (bytes: Buffer) => bytes.includes(text);

/** Attaching to containers. */
export const attach: readonly Requirement[] = containers(
  { operationId: 'ContainerAttach', pointer: operationPointer('POST', '/containers/{id}/attach') },
  [
    {
      id: 'upgraded',
      title: 'a request to upgrade is answered 101 UPGRADED, tcp',
      pointer: '+/responses/101',
      why: 'Proxies pass on both ways only then.',
      async check(d) {
        const stream = (await d.hijack(at((await d.sleeper()).id, '/attach'), { query: out })).is(101);
        same(stream.header('Connection')?.toLowerCase(), 'upgrade', 'Connection');
        same(stream.header('Upgrade'), 'tcp', 'Upgrade');
      },
    },
    {
      id: 'not-upgraded',
      title: 'without one it is answered 200, and the connection is the stream all the same',
      pointer: '+/responses/200',
      why: 'Older clients do not ask.',
      async check(d) {
        const made = await d.create({ Cmd: ['echo', 'hello'] });
        const stream = (await d.hijack(at(made.id, '/attach'), { query: out, upgrade: false })).is(200);
        same(stream.header('Content-Length'), undefined, 'Content-Length');
        await d.start(made.id);
        same(framed(await stream.ended()).stdout, 'hello\n', 'output');
      },
    },
    {
      id: 'media-type',
      title: 'the media type says that the stream is multiplexed',
      pointer: '+/responses/101',
      since: '1.42',
      why: 'Clients need not ask for the configuration first.',
      async check(d) {
        const stream = await d.hijack(at((await d.sleeper()).id, '/attach'), { query: out });
        same(stream.is(101).header('Content-Type'), streamTypes.multiplexed, 'Content-Type');
      },
    },
    {
      id: 'media-type-terminal',
      title: 'with a terminal the media type is that of raw streams',
      pointer: '+/responses/101',
      since: '1.42',
      why: 'Clients need not ask for the configuration first.',
      async check(d) {
        const { id } = await d.running({ Tty: true });
        same(
          (await d.hijack(at(id, '/attach'), { query: out })).is(101).header('Content-Type'),
          streamTypes.raw,
          'Content-Type',
        );
      },
    },
    {
      id: 'output',
      title: 'what the process writes comes in frames, and the stream ends with it',
      why: 'It is what the operation is for.',
      async check(d) {
        const [, stream] = await attached(d, { Cmd: ['sh', '-c', 'echo out; echo err >&2'] }, out);
        same(framed(await stream.ended()), { stdout: 'out\n', stderr: 'err\n' }, 'output');
      },
    },
    {
      id: 'stdout-only',
      title: 'without stderr its frames are left out',
      pointer: '+/parameters/6',
      why: 'Programs read the output.',
      async check(d) {
        const Cmd = ['sh', '-c', 'echo err >&2; echo out'];
        const [, stream] = await attached(d, { Cmd }, { stream: '1', stdout: '1' });
        same(framed(await stream.ended()), { stdout: 'out\n', stderr: '' }, 'output');
      },
    },
    {
      id: 'stderr-only',
      title: 'without stdout its frames are left out',
      pointer: '+/parameters/5',
      why: 'People look for what went wrong.',
      async check(d) {
        const Cmd = ['sh', '-c', 'echo out; echo err >&2'];
        const [, stream] = await attached(d, { Cmd }, { stream: '1', stderr: '1' });
        same(framed(await stream.ended()), { stdout: '', stderr: 'err\n' }, 'output');
      },
    },
    {
      id: 'input',
      title: 'what the client sends is the input of the process',
      pointer: '+/parameters/4',
      why: 'People type.',
      async check(d) {
        const [, stream] = await attached(d, echoes);
        stream.write('typed\n');
        await stream.until(wanted('typed\n'), 'what was typed');
        same(framed(stream.received).stdout, 'typed\n', 'output');
      },
    },
    {
      id: 'input-end',
      title: 'the end of the input reaches the process, and its output still comes',
      pointer: '+/parameters/4',
      why: 'Filters write when they have read everything.',
      async check(d) {
        const [made, stream] = await attached(d, { ...echoes, Cmd: ['sh', '-c', 'cat; echo after; exit 4'] });
        stream.write('before\n');
        stream.end();
        same(framed(await stream.ended()).stdout, 'before\nafter\n', 'output');
        same(await d.wait(made.id), 4, 'exit code');
      },
    },
    {
      id: 'input-end-not-upgraded',
      title: 'the same without an upgrade',
      pointer: '+/responses/200',
      why: 'Older clients do not ask.',
      async check(d) {
        const made = await d.create(echoes);
        const stream = (await d.hijack(at(made.id, '/attach'), { query: all, upgrade: false })).is(200);
        await d.start(made.id);
        stream.write('given\n');
        stream.end();
        same(framed(await stream.ended()).stdout, 'given\n', 'output');
      },
    },
    {
      id: 'input-much',
      title: 'much input comes back whole and in order',
      why: 'Archives are sent so.',
      async check(d) {
        const [, stream] = await attached(d, echoes);
        await givesBackMuch(stream);
      },
    },
    {
      id: 'terminal',
      title: 'with a terminal the bytes come as they are, and what is typed is echoed',
      why: 'A terminal has one stream.',
      async check(d) {
        const [, stream] = await attached(d, { Cmd: ['cat'], OpenStdin: true, Tty: true });
        stream.write('typed\n');
        await stream.untilText('typed\r\ntyped\r\n');
      },
    },
    {
      id: 'detach',
      title: 'ctrl-p ctrl-q ends the stream, and the container runs on',
      pointer: '+/parameters/1',
      why: 'People look in and leave again.',
      async check(d) {
        const [made, stream] = await attached(d, { Cmd: ['cat'], OpenStdin: true, Tty: true });
        stream.write('here\n');
        await stream.untilText('here\r\nhere\r\n');
        stream.write('\u0010\u0011');
        await stream.ended();
        (await d.inspect(made.id)).at('State', 'Running').is(true);
      },
    },
    {
      id: 'detach-keys',
      title: 'detachKeys gives other keys',
      pointer: '+/parameters/1',
      why: 'Editors need ctrl-p for themselves.',
      async check(d) {
        const query = { ...all, detachKeys: 'ctrl-a,x' };
        const [made, stream] = await attached(d, { Cmd: ['cat'], OpenStdin: true, Tty: true }, query);
        stream.write('here\n');
        await stream.untilText('here\r\nhere\r\n');
        stream.write('\u0001x');
        await stream.ended();
        (await d.inspect(made.id)).at('State', 'Running').is(true);
      },
    },
    {
      id: 'detach-keys-malformed',
      title: 'keys that are none are answered 400',
      pointer: '+/responses/400',
      why: 'Nobody could leave by them.',
      async check(d) {
        const query = { ...all, detachKeys: 'shift-q' };
        (await d.hijack(at((await d.sleeper()).id, '/attach'), { query })).is(400);
      },
    },
    {
      id: 'logs',
      title: 'logs=1 gives what was written before',
      pointer: '+/parameters/2',
      why: 'Who comes late sees everything.',
      async check(d) {
        // Uses a container of its own: on some daemons, attaching changes an exited container.
        const { id } = await d.ran(['sh', '-c', 'echo one; echo bad >&2; echo two']);
        const stream = await d.hijack(at(id, '/attach'), { query: { logs: '1', stdout: '1', stderr: '1' } });
        same(framed(await stream.is(101).ended()), { stdout: 'one\ntwo\n', stderr: 'bad\n' }, 'output');
      },
    },
    {
      id: 'logs-and-stream',
      title: 'logs=1 and stream=1 give what was written before and what comes',
      pointer: '+/parameters/2',
      why: 'Nothing is missed between the two.',
      async check(d) {
        const { id } = await d.running({ ...echoes, Cmd: ['sh', '-c', 'echo early; cat'] });
        await d.says(id, 'early');
        const stream = (await d.hijack(at(id, '/attach'), { query: { ...all, logs: '1' } })).is(101);
        await stream.untilText('early');
        stream.write('late\n');
        await stream.untilText('late');
        same(framed(stream.received).stdout, 'early\nlate\n', 'output');
      },
    },
    {
      id: 'two',
      title: 'two clients see the same output',
      why: 'People look together.',
      async check(d) {
        const [made, first] = await attached(d, echoes);
        const second = (await d.hijack(at(made.id, '/attach'), { query: out })).is(101);
        first.write('to both\n');
        for (const stream of [first, second]) await stream.untilText('to both\n');
      },
    },
    {
      id: 'client-gone',
      title: 'a client that goes without a word does not end the container',
      why: 'Networks break.',
      async check(d) {
        const [made, stream] = await attached(d, { Cmd: ['cat'], OpenStdin: true });
        stream.write('x\n');
        await stream.untilText('x\n');
        stream.close();
        await pause(100);
        (await d.inspect(made.id)).at('State', 'Running').is(true);
      },
    },
    {
      id: 'paused',
      title: 'attaching to a paused container is answered 409',
      features: ['containers', 'pausing'],
      observed: true,
      why: 'Nothing would come.',
      async check(d) {
        const { id } = await d.running();
        (await d.api.post(at(id, '/pause'))).status(204);
        (await d.hijack(at(id, '/attach'), { query: out })).is(409);
      },
    },
  ],
);
