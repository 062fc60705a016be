import { at, type Dock } from '../../containers/dock.js';
import { containers, operationPointer } from '../../containers/family.js';
import { framed, type Output, streamTypes } from '../../containers/stream.js';
import { demand, type Shape, same, Unmet } from '../../expect.js';
import type { Requirement } from '../../requirement.js';
import { pause } from '../common.js';
import { givesBackMuch } from './attach.js';

/** Features that exec requirements need. */
export const features = ['containers', 'exec'] as const;

/**
 * Inspects an exec.
 * @throws Unmet if it does not exist
 */
export const inspectExec = async (d: Dock, id: string): Promise<Shape> =>
  (await d.api.get(`/exec/${id}/json`)).status(200).json();

/** Runs a command in the shared container and returns its output. */
export async function said(d: Dock, command: readonly string[], more: object = {}): Promise<Output> {
  const id = await d.exec((await d.sleeper()).id, command, { ...more });
  return framed(await (await d.startExec(id)).is(101, 200).ended());
}

/** Wait for the end of an exec. @returns its exit code */
async function ended(d: Dock, id: string): Promise<number> {
  for (let tries = 0; tries < 500; tries += 1) {
    const found = await inspectExec(d, id);
    if (found.at('Running').value === false && found.at('ExitCode').value !== null)
      return found.at('ExitCode').number();
    await pause(20);
  }
  throw new Unmet(`exec ${id}`, 'an end', 'still running after 10 s');
}

const started = containers(
  { operationId: 'ExecStart', pointer: operationPointer('POST', '/exec/{id}/start'), features },
  [
    {
      id: 'output',
      title: 'what the command writes comes in frames, and the stream ends with it',
      pointer: '+/responses/200',
      why: 'It is what the operation is for.',
      async check(d) {
        same(await said(d, ['sh', '-c', 'echo out; echo err >&2']), { stdout: 'out\n', stderr: 'err\n' }, 'output');
      },
    },
    {
      id: 'upgraded',
      title: 'a request to upgrade is answered 101 UPGRADED, tcp',
      observed: true,
      why: 'Proxies pass on both ways only then.',
      async check(d) {
        const stream = (await d.startExec(await d.exec((await d.sleeper()).id, ['true']))).is(101);
        same(stream.header('Upgrade'), 'tcp', 'Upgrade');
      },
    },
    {
      id: 'not-upgraded',
      title: 'without one it is answered 200, and the connection is the stream all the same',
      pointer: '+/responses/200',
      why: 'Older clients do not ask.',
      async check(d) {
        const id = await d.exec((await d.sleeper()).id, ['echo', 'hello']);
        const stream = (await d.startExec(id, {}, { upgrade: false })).is(200);
        same(framed(await stream.ended()).stdout, 'hello\n', 'output');
      },
    },
    {
      id: 'media-type',
      title: 'the media type says that the stream is multiplexed',
      since: '1.42',
      why: 'Clients need not ask for the configuration first.',
      async check(d) {
        const stream = await d.startExec(await d.exec((await d.sleeper()).id, ['true']));
        same(stream.is(101).header('Content-Type'), streamTypes.multiplexed, 'Content-Type');
      },
    },
    {
      id: 'terminal',
      title: 'with a terminal the bytes come as they are',
      why: 'A terminal has one stream.',
      async check(d) {
        const id = await d.exec((await d.sleeper()).id, ['sh', '-c', 'echo out; echo err >&2'], { Tty: true });
        const stream = (await d.startExec(id, { Tty: true })).is(101, 200);
        same((await stream.ended()).toString(), 'out\r\nerr\r\n', 'bytes');
      },
    },
    {
      id: 'input',
      title: 'what the client sends is the input of the command, and so is its end',
      why: 'Archives are copied in so.',
      async check(d) {
        const id = await d.exec((await d.sleeper()).id, ['sh', '-c', 'cat; echo after'], { AttachStdin: true });
        const stream = (await d.startExec(id)).is(101, 200);
        stream.write('before\n');
        stream.end();
        same(framed(await stream.ended()).stdout, 'before\nafter\n', 'output');
      },
    },
    {
      id: 'input-not-upgraded',
      title: 'the same without an upgrade',
      pointer: '+/responses/200',
      why: 'Older clients do not ask.',
      async check(d) {
        const id = await d.exec((await d.sleeper()).id, ['cat'], { AttachStdin: true });
        const stream = (await d.startExec(id, {}, { upgrade: false })).is(200);
        stream.write('given\n');
        stream.end();
        same(framed(await stream.ended()).stdout, 'given\n', 'output');
      },
    },
    {
      id: 'input-much',
      title: 'much input comes back whole and in order',
      why: 'Archives are copied in so.',
      async check(d) {
        const id = await d.exec((await d.sleeper()).id, ['cat'], { AttachStdin: true });
        const stream = (await d.startExec(id)).is(101, 200);
        await givesBackMuch(stream);
      },
    },
    {
      id: 'streams-left-out',
      title: 'a stream that was not asked for is left out',
      why: 'Programs read the output.',
      async check(d) {
        const command = ['sh', '-c', 'echo err >&2; echo out'];
        same(await said(d, command, { AttachStderr: false }), { stdout: 'out\n', stderr: '' }, 'output');
      },
    },
    {
      id: 'detached',
      title: 'with Detach the answer comes at once, and the command runs',
      pointer: '+/responses/200',
      why: 'Services are started so.',
      async check(d) {
        const { id: container } = await d.running();
        const id = await d.exec(container, ['sh', '-c', 'echo done > /tmp/done; exit 9']);
        (await d.post(`/exec/${id}/start`, { Detach: true })).status(200);
        same(await ended(d, id), 9, 'exit code');
        const read = await d.exec(container, ['cat', '/tmp/done']);
        same(framed(await (await d.startExec(read)).ended()).stdout, 'done\n', 'what the command wrote');
      },
    },
    {
      id: 'twice',
      title: 'starting an exec again is refused',
      observed: true,
      why: 'It would do its work twice.',
      async check(d) {
        const id = await d.exec((await d.sleeper()).id, ['true']);
        await (await d.startExec(id)).ended();
        await ended(d, id);
        (await d.post(`/exec/${id}/start`, { Detach: true })).error(409);
      },
    },
    {
      id: 'stopped',
      title: 'an exec whose container was paused is answered 409',
      features: ['containers', 'exec', 'pausing'],
      pointer: '+/responses/409',
      why: 'It could not begin.',
      async check(d) {
        const { id } = await d.running();
        const exec = await d.exec(id, ['true']);
        (await d.api.post(at(id, '/pause'))).status(204);
        (await d.post(`/exec/${exec}/start`, { Detach: true })).error(409);
      },
    },
    {
      id: 'detach-keys',
      title: 'DetachKeys end the stream',
      why: 'People look in and leave again.',
      async check(d) {
        const more = { AttachStdin: true, Tty: true, DetachKeys: 'ctrl-a,x' };
        const id = await d.exec((await d.running()).id, ['cat'], more);
        const stream = (await d.startExec(id, { Tty: true })).is(101, 200);
        stream.write('here\n');
        await stream.untilText('here\r\nhere\r\n');
        stream.write('\u0001x');
        await stream.ended();
      },
    },
    {
      id: 'detach-keys-goes-on',
      level: 'SHOULD',
      title: 'whoever leaves by DetachKeys leaves a process that goes on, as inspect tells',
      why: 'What is taken for ended is neither looked for nor stopped.',
      async check(d) {
        const more = { AttachStdin: true, Tty: true, DetachKeys: 'ctrl-a,x' };
        const { id: container } = await d.running();
        const id = await d.exec(container, ['cat'], more);
        const stream = (await d.startExec(id, { Tty: true })).is(101, 200);
        stream.write('here\n');
        await stream.untilText('here\r\nhere\r\n');
        stream.write('\u0001x');
        await stream.ended();
        (await d.api.get(`/exec/${id}/json`)).status(200).json().at('Running').is(true);
      },
    },
    {
      id: 'program-absent',
      title: 'a program that is not there leaves exit code 127',
      observed: true,
      why: 'Shells and CI tell the causes apart by it.',
      async check(d) {
        const id = await d.exec((await d.sleeper()).id, ['/no/such/program']);
        const stream = await d.startExec(id);
        await stream.ended();
        same(await ended(d, id), 127, 'exit code');
      },
    },
  ],
);

const inspected = containers(
  { operationId: 'ExecInspect', pointer: operationPointer('GET', '/exec/{id}/json'), features },
  [
    {
      id: 'exit-code',
      title: 'ExitCode is what the command ended with',
      pointer: '+/responses/200',
      why: 'Health checks and CI pass or fail by it.',
      async check(d) {
        const id = await d.exec((await d.sleeper()).id, ['sh', '-c', 'exit 11']);
        await (await d.startExec(id)).ended();
        same(await ended(d, id), 11, 'exit code');
      },
    },
    {
      id: 'fields',
      title: 'an answer has the command and its streams',
      pointer: '+/responses/200',
      why: 'People see what runs.',
      async check(d) {
        const id = await d.exec((await d.sleeper()).id, ['echo', 'a', 'b'], { AttachStdin: true });
        const found = await inspectExec(d, id);
        found.at('ID').is(id);
        found.at('ProcessConfig', 'entrypoint').is('echo');
        found.at('ProcessConfig', 'arguments').is(['a', 'b']);
        found.at('ProcessConfig', 'tty').is(false);
        found.at('OpenStdin').is(true);
        found.at('OpenStdout').is(true);
        found.at('OpenStderr').is(true);
      },
    },
    {
      id: 'running',
      title: 'Running is true while the command runs',
      pointer: '+/responses/200',
      why: 'Clients wait for its end.',
      async check(d) {
        const id = await d.exec((await d.running()).id, ['sleep', '60']);
        (await d.post(`/exec/${id}/start`, { Detach: true })).status(200);
        const found = await inspectExec(d, id);
        found.at('Running').is(true);
        demand(found.at('Pid').number() > 0, 'Pid', 'a process', found.at('Pid').value);
      },
    },
  ],
);

const resized = containers(
  { operationId: 'ExecResize', pointer: operationPointer('POST', '/exec/{id}/resize'), features },
  [
    {
      id: 'size',
      title: 'the terminal has the size that was asked for',
      pointer: '+/responses/200',
      why: 'Programs draw by it.',
      async check(d) {
        const id = await d.exec((await d.sleeper()).id, ['sh', '-c', 'echo ready; sleep 0.4; stty size'], {
          Tty: true,
        });
        const stream = (await d.startExec(id, { Tty: true })).is(101, 200);
        await stream.untilText('ready');
        (await d.api.post(`/exec/${id}/resize`, { query: { h: '19', w: '91' } })).status(200);
        await stream.untilText('19 91\r\n');
      },
    },
    {
      id: 'console-size',
      title: 'ConsoleSize of the start is the size of the terminal',
      since: '1.42',
      pointer: '/paths/~1exec~1{id}~1start/post',
      why: 'Programs draw by it from their first line on.',
      async check(d) {
        const id = await d.exec((await d.sleeper()).id, ['stty', 'size'], { Tty: true });
        const stream = (await d.startExec(id, { Tty: true, ConsoleSize: [21, 81] })).is(101, 200);
        same((await stream.ended()).toString(), '21 81\r\n', 'size');
      },
    },
    {
      id: 'malformed',
      title: 'a height that is no number is answered 400',
      pointer: '+/responses/400',
      why: 'A terminal of no size shows nothing.',
      async check(d) {
        const id = await d.exec((await d.sleeper()).id, ['sleep', '60'], { Tty: true });
        (await d.api.post(`/exec/${id}/resize`, { query: { h: 'x', w: '1' } })).error(400);
      },
    },
  ],
);

/** Commands in containers. */
export const execs: readonly Requirement[] = [started, inspected, resized].flat();
