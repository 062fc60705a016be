import { at, type Dock } from '../../containers/dock.js';
import { containers, operationPointer } from '../../containers/family.js';
import { clientFrame, handshake, messages, openWebSocket, serverFrames } from '../../containers/websocket.js';
import { same } from '../../expect.js';
import type { Requirement } from '../../requirement.js';
import { all, out } from './attach.js';

const socket = containers(
  {
    operationId: 'ContainerAttachWebsocket',
    pointer: operationPointer('GET', '/containers/{id}/attach/ws'),
    features: ['containers', 'websockets'],
  },
  [
    {
      id: 'output',
      title: 'what the process writes comes in messages',
      pointer: '+/responses/101',
      why: 'Browsers have no other connection.',
      async check(d) {
        const { id } = await d.create({ Cmd: ['sh', '-c', 'echo out; sleep 1'] });
        const stream = await openWebSocket(d, at(id, '/attach/ws'), out);
        await d.start(id);
        await stream.until((bytes) => messages(bytes).includes('out\n'), 'a message with out');
      },
    },
    {
      id: 'binary',
      title: 'messages are binary',
      observed: true,
      why: 'Output need not be text.',
      async check(d) {
        const { id } = await d.create({ Cmd: ['sh', '-c', 'echo out; sleep 1'] });
        const stream = await openWebSocket(d, at(id, '/attach/ws'), out);
        await d.start(id);
        await stream.until((bytes) => messages(bytes).includes('out\n'), 'a message with out');
        same(serverFrames(stream.received)[0]?.opcode, 2, 'opcode of the message');
      },
    },
    {
      id: 'input',
      since: '1.42',
      title: 'messages are the input of the process',
      pointer: '+/parameters/4',
      why: 'People type in browsers.',
      async check(d) {
        const { id } = await d.running({ Cmd: ['cat'], OpenStdin: true });
        const stream = await openWebSocket(d, at(id, '/attach/ws'), all);
        stream.write(clientFrame(2, Buffer.from('typed\n')));
        await stream.until((bytes) => messages(bytes).includes('typed\n'), 'what was typed');
      },
    },
    {
      id: 'logs',
      title: 'logs=1 gives what was written before',
      pointer: '+/parameters/2',
      why: 'Who comes late sees everything.',
      async check(d) {
        const { id } = await d.ran(['sh', '-c', 'echo one; echo two']);
        const stream = await openWebSocket(d, at(id, '/attach/ws'), { logs: '1', stdout: '1' });
        await stream.until((bytes) => messages(bytes).includes('two\n'), 'what was written');
      },
    },
    {
      id: 'detach-keys',
      title: 'the keys of detachKeys close the connection, and the process goes on',
      pointer: '+/parameters/1',
      why: 'It is the way out of a container.',
      async check(d) {
        const { id } = await d.running({ Cmd: ['cat'], OpenStdin: true, Tty: true });
        const stream = await openWebSocket(d, at(id, '/attach/ws'), { ...all, detachKeys: 'ctrl-a,b' });
        stream.write(clientFrame(2, Buffer.from('\x01b')));
        await stream.until((bytes) => serverFrames(bytes).some(({ opcode }) => opcode === 8), 'a frame that closes');
        (await d.inspect(id)).at('State', 'Running').is(true);
      },
    },
    {
      id: 'detach-keys-malformed',
      title: 'detachKeys that name no keys are answered 400',
      pointer: '+/responses/400',
      why: 'There would be no way out of the container.',
      async check(d) {
        const { id } = await d.sleeper();
        await refused(d, at(id, '/attach/ws'), { ...out, detachKeys: 'no-such-key' }, 400);
      },
    },
    {
      id: 'absent',
      title: 'attaching to what is not there is answered 404',
      pointer: '+/responses/404',
      why: 'A stream that never comes would hold the client.',
      check: (d) => refused(d, at(d.unique('none'), '/attach/ws'), out, 404),
    },
  ],
);

/** Ask for a WebSocket that is not opened. @throws Unmet when it is answered otherwise */
async function refused(d: Dock, path: string, query: Readonly<Record<string, string>>, status: number): Promise<void> {
  const headers = { ...handshake, 'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==' };
  (await d.hijack(path, { method: 'GET', query, headers, upgrade: false })).is(status);
}

const resize = containers(
  { operationId: 'ContainerResize', pointer: operationPointer('POST', '/containers/{id}/resize') },
  [
    {
      id: 'size',
      title: 'the terminal has the size that was asked for',
      features: ['containers', 'exec'],
      pointer: '+/responses/200',
      why: 'Programs draw by it.',
      async check(d) {
        const { id } = await d.running({ Cmd: ['sh', '-c', 'sleep 0.4; stty size'], Tty: true });
        (await d.api.post(at(id, '/resize'), { query: { h: '17', w: '71' } })).status(200);
        await d.wait(id);
        const answer = await d.api.get(at(id, '/logs'), { query: { stdout: '1' } });
        same(answer.status(200).text, '17 71\r\n', 'size');
      },
    },
    {
      id: 'malformed',
      title: 'a height that is no number is refused',
      observed: true,
      why: 'A terminal of no size shows nothing.',
      async check(d) {
        (await d.api.post(at((await d.sleeper()).id, '/resize'), { query: { h: 'x', w: '1' } })).error(400);
      },
    },
    {
      id: 'stopped',
      title: 'a container that does not run is refused',
      observed: true,
      why: 'It has no terminal.',
      async check(d) {
        (await d.api.post(at((await d.fresh()).id, '/resize'), { query: { h: '1', w: '1' } })).error(409);
      },
    },
  ],
);

/** Attaching by WebSocket, and the size of terminals. */
export const terminals: readonly Requirement[] = [socket, resize].flat();
