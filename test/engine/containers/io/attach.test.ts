import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { type AttachOptions, attachContainer } from '../../../../src/engine/containers/io/attach.js';
import { frame } from '../../../../src/engine/containers/io/frame.js';
import { startContainer } from '../../../../src/engine/containers/run/start.js';
import { pauseContainer } from '../../../../src/engine/containers/run/stop.js';
import { refusal } from '../../support.js';
import {
  type ContainerEngine,
  connect,
  create,
  openContainers,
  received,
  run,
  settled,
  watchEvents,
} from '../support.js';

const all: AttachOptions = {
  stdin: true,
  stdout: true,
  stderr: true,
  logs: false,
  stream: true,
  detachKeys: '',
  multiplexed: true,
};

describe('attaching to a container', () => {
  let engine: ContainerEngine;

  beforeEach(async () => {
    engine = await openContainers();
  });

  afterEach(() => engine.close());

  /** Attach to a container with a new connection. */
  function attach(name: string, more: Partial<AttachOptions> = {}) {
    const { server, client } = connect();
    const output = received(client);
    let over = false;
    const attachment = attachContainer(engine.context, name, { ...all, ...more });
    void attachment.run(server).then(() => {
      over = true;
      server.end();
    });
    return { client, output, isOver: () => over };
  }

  it('frames what the process writes from then on, until it ends', async () => {
    const { id } = await run(engine.context);
    engine.model.last.print('before');
    const { output, isOver } = attach(id);
    await settled();
    engine.model.last.print('out\n');
    engine.model.last.print('err\n', 'stderr');
    await settled();
    expect(isOver()).to.equal(false);
    engine.model.last.end(0);
    await settled();
    expect(isOver()).to.equal(true);
    const expected = Buffer.concat([frame('stdout', Buffer.from('out\n')), frame('stderr', Buffer.from('err\n'))]);
    expect(output.text).to.equal(expected.toString('latin1'));
  });

  it('loses nothing that is written before the connection is there', async () => {
    const { id } = await run(engine.context);
    const attachment = attachContainer(engine.context, id, all);
    engine.model.last.print('early');
    const { server, client } = connect();
    const output = received(client);
    void attachment.run(server);
    await settled();
    expect(output.text).to.equal(frame('stdout', Buffer.from('early')).toString('latin1'));
  });

  it('begins with the log when it is asked to, and ends there without a stream', async () => {
    const { id } = await run(engine.context, { Tty: true });
    engine.model.last.print('one\r\n');
    const { output, isOver } = attach(id, { logs: true, stream: false });
    await settled();
    expect(output.text).to.equal('one\r\n');
    expect(isOver()).to.equal(true);
  });

  const unread = { 'gelf-address': 'udp://127.0.0.1:9', 'cache-disabled': 'true' };
  for (const [log, text] of [
    [{ Type: 'gelf', Config: unread }, 'Error attaching: configured logging driver does not support reading\n'],
    [{ Type: 'none' }, ''],
  ] as const)
    it(`ends where there is no log to begin with, of the driver ${log.Type} ${text === '' ? 'without a word' : 'with words'}`, async () => {
      const { id } = await run(engine.context, { Tty: true, HostConfig: { LogConfig: log } });
      const { output, isOver } = attach(id, { logs: true });
      await settled();
      expect(output.text).to.equal(text);
      expect(isOver()).to.equal(true);
    });

  for (const leaves of [true, false])
    it(`${leaves ? 'keeps' : 'does not keep'} the answer to its input from a client that ${leaves ? 'leaves with it' : 'stays'}`, async () => {
      const { id } = await run(engine.context, { OpenStdin: true });
      const process = engine.model.last;
      const asked: string[] = [];
      Object.assign(process.stdin, {
        write: (bytes: Uint8Array) => {
          asked.push(Buffer.from(bytes).toString());
          return process.print('answer');
        },
      });
      const { client, output, isOver } = attach(id, { stdin: true });
      if (leaves) client.end('question');
      else client.write('question');
      // Whether the client stays shows after some milliseconds, not after some turns: a quick machine does many in one.
      for (let waits = 0; waits < 1000 && asked.length === 0; waits++) await sleep(1);
      await settled();
      expect([asked, isOver()]).to.deep.equal([['question'], leaves]);
      expect(output.text).to.equal(leaves ? '' : frame('stdout', Buffer.from('answer')).toString('latin1'));
    });

  it('passes input on, also what comes before the start, and ends it with the client when that is so', async () => {
    const { id } = await create(engine.context, { OpenStdin: true, StdinOnce: true });
    const { client, isOver } = attach(id);
    client.end('hello');
    await settled();
    await startContainer(engine.context, id);
    await settled();
    expect(engine.model.last.input).to.deep.equal(['hello']);
    expect(engine.model.last.inputEnded).to.equal(true);
    expect(isOver()).to.equal(false);
    engine.model.last.end(0);
    await settled();
    expect(isOver()).to.equal(true);
  });

  it('ends with the client where its end is not the end of the input', async () => {
    const { id } = await run(engine.context, { OpenStdin: true });
    const { client, isOver } = attach(id);
    client.end('x');
    await settled();
    expect(isOver()).to.equal(true);
    expect(engine.model.last.input).to.deep.equal(['x']);
    expect(engine.model.last.inputEnded).to.equal(false);
  });

  it('passes no input to a container that takes none', async () => {
    const { id } = await run(engine.context);
    const { client, isOver } = attach(id);
    client.end('x');
    await settled();
    expect(engine.model.last.input).to.deep.equal([]);
    expect(isOver()).to.equal(false);
  });

  it('reads no more of the client than the process takes', async () => {
    const { id } = await run(engine.context, { OpenStdin: true });
    let read: () => void = () => undefined;
    engine.model.last.reading = new Promise((resolve) => {
      read = resolve;
    });
    const { client } = attach(id);
    for (let piece = 0; piece < 50; piece++) client.write(Buffer.alloc(16 * 1024));
    await settled();
    expect(engine.model.last.input.length).to.equal(1);
    engine.model.last.reading = undefined;
    read();
    await settled();
    expect(engine.model.last.input.length).to.be.greaterThan(1);
  });

  it('holds the process back while the client does not read', async () => {
    const { id } = await run(engine.context);
    const { server, client } = connect();
    void attachContainer(engine.context, id, all).run(server);
    await settled();
    let held: Promise<void> | undefined;
    for (let piece = 0; piece < 50 && held === undefined; piece++)
      held = engine.model.last.print('x'.repeat(16 * 1024)) ?? undefined;
    expect(held).to.be.instanceOf(Promise);
    client.resume();
    await held;
  });

  it('frees the process when the client goes away', async () => {
    const container = await run(engine.context);
    const { server, client } = connect();
    void attachContainer(engine.context, container.id, all).run(server);
    await settled();
    let held: Promise<void> | undefined;
    for (let piece = 0; piece < 50 && held === undefined; piece++)
      held = engine.model.last.print('x'.repeat(16 * 1024)) ?? undefined;
    client.destroy();
    await held;
    await settled();
    expect(container.streams.listeners).to.equal(0);
  });

  it('frees the process when there never is a connection', async () => {
    const container = await run(engine.context);
    const attachment = attachContainer(engine.context, container.id, all);
    const held = engine.model.last.print('x') ?? undefined;
    attachment.abandon();
    await held;
    expect(container.streams.listeners).to.equal(0);
  });

  it('ends by keys with a terminal, which the process goes on without', async () => {
    const events = watchEvents(engine.context);
    const { id } = await run(engine.context, { Tty: true, OpenStdin: true });
    const { client, isOver } = attach(id, { detachKeys: 'a,b' });
    client.write('xab!');
    await settled();
    expect(isOver()).to.equal(true);
    expect(engine.model.last.input).to.deep.equal(['x']);
    expect(engine.model.last.inputEnded).to.equal(false);
    expect(events).to.deep.equal(['create', 'start', 'attach', 'detach']);
  });

  it('waits with a client that gives a container its only input until that has ended', async () => {
    const { id } = await run(engine.context, { OpenStdin: true, StdinOnce: true });
    const { client, isOver } = attach(id, { stdout: false, stderr: false });
    client.end();
    await settled();
    expect(isOver()).to.equal(false);
    engine.model.last.end(0);
    await settled();
    expect(isOver()).to.equal(true);
  });

  it('is refused for bad keys before anything else, for no container, and for one that is paused', async () => {
    expect(await refusal(() => attachContainer(engine.context, 'nope', { ...all, detachKeys: 'zz' }))).to.deep.equal([
      'INVALID_ARGUMENT',
      'Invalid detach keys (zz) provided',
    ]);
    expect(await refusal(() => attachContainer(engine.context, 'nope', all))).to.deep.equal([
      'NOT_FOUND',
      'No such container: nope',
    ]);
    await run(engine.context, {}, 'web');
    await pauseContainer(engine.context, 'web');
    expect(await refusal(() => attachContainer(engine.context, 'web', all))).to.deep.equal([
      'CONFLICT',
      'container web is paused, unpause the container before attach',
    ]);
  });
});
