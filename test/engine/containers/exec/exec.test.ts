import { expect } from 'chai';
import { attachExec } from '../../../../src/engine/containers/exec/exec-attach.js';
import { createExec, type ExecCreateRequest } from '../../../../src/engine/containers/exec/exec-create.js';
import { inspectExec, resizeExec } from '../../../../src/engine/containers/exec/exec-inspect.js';
import { findExec, startExec } from '../../../../src/engine/containers/exec/exec-start.js';
import { frame } from '../../../../src/engine/containers/io/frame.js';
import { pauseContainer, unpauseContainer } from '../../../../src/engine/containers/run/stop.js';
import { parsed, refusal } from '../../support.js';
import { type ContainerEngine, connect, openContainers, received, run, settled, watchEvents } from '../support.js';

describe('exec', () => {
  let engine: ContainerEngine;
  let containerId: string;

  beforeEach(async () => {
    engine = await openContainers();
    containerId = (await run(engine.context, { Env: ['A=1', 'B=2'], WorkingDir: '/w', User: 'me' }, 'web')).id;
  });

  afterEach(() => engine.close());

  function make(more: Partial<ExecCreateRequest> = {}): string {
    const request: ExecCreateRequest = {
      User: '',
      Privileged: false,
      Tty: false,
      AttachStdin: false,
      AttachStdout: true,
      AttachStderr: true,
      DetachKeys: '',
      Env: undefined,
      WorkingDir: '',
      Cmd: ['tool', 'x'],
      ...more,
    };
    return createExec(engine.context, containerId, request, '1.55');
  }

  function start(id: string): void {
    const { exec, container } = findExec(engine.context, id);
    startExec(engine.context, container, exec);
  }

  it('runs with the environment, the folder and the user of the container', async () => {
    start(make({ Env: ['B=3', 'A', 'C=4'] }));
    const { spec } = engine.model.last;
    expect(spec).to.include({ purpose: 'exec', cwd: '/w', user: 'me', tty: false });
    expect(spec.env.filter((value) => /^[ABC]=/.test(value))).to.deep.equal(['B=3', 'C=4']);
    expect(spec.env).to.include(`HOSTNAME=${containerId.slice(0, 12)}`);
  });

  it('is told of by events, and inspected before, while and after it runs', async () => {
    const events = watchEvents(engine.context);
    const id = make({ AttachStdin: true, DetachKeys: 'a' });
    const look = () => parsed(inspectExec(engine.context, id));
    expect(look()).to.deep.equal({
      ID: id,
      Running: false,
      ExitCode: null,
      ProcessConfig: { tty: false, entrypoint: 'tool', arguments: ['x'], privileged: false, user: 'me' },
      OpenStdin: true,
      OpenStderr: true,
      OpenStdout: true,
      CanRemove: false,
      ContainerID: containerId,
      DetachKeys: 'YQ==',
      Pid: 0,
    });
    start(id);
    const { pid } = engine.model.last;
    expect(look()).to.include({ Running: true, ExitCode: null, Pid: pid });
    engine.model.last.end(7);
    await settled();
    expect(look()).to.include({ Running: false, ExitCode: 7, Pid: pid });
    expect(events).to.deep.equal(['exec_create: tool x', 'exec_start: tool x', 'exec_die exitCode=7']);
  });

  it('is forgotten ten minutes after its end', async () => {
    const id = make();
    start(id);
    engine.model.last.end(0);
    await settled();
    await engine.clock.advance(5 * 60_000);
    expect(parsed(inspectExec(engine.context, id)).CanRemove).to.equal(true);
    await engine.clock.advance(5 * 60_000);
    expect((await refusal(() => inspectExec(engine.context, id)))[0]).to.equal('NOT_FOUND');
  });

  it('is started once', async () => {
    const id = make();
    start(id);
    expect(await refusal(() => start(id))).to.deep.equal(['CONFLICT', `exec command ${id} is already running`]);
    engine.model.last.end(0);
    await settled();
    expect(await refusal(() => start(id))).to.deep.equal(['CONFLICT', `exec command ${id} has already run`]);
  });

  it('needs a command before a container, and one that runs', async () => {
    expect(await refusal(() => make({ Cmd: [] }))).to.deep.equal(['INVALID_ARGUMENT', 'No exec command specified']);
    const id = make();
    await pauseContainer(engine.context, 'web');
    const paused = `Container ${containerId} is paused, unpause the container before exec`;
    expect(await refusal(() => make())).to.deep.equal(['CONFLICT', paused]);
    expect(await refusal(() => start(id))).to.deep.equal(['CONFLICT', paused]);
    await unpauseContainer(engine.context, 'web');
    engine.model.last.end(0);
    await settled();
    expect(await refusal(() => make())).to.deep.equal(['CONFLICT', `container ${containerId} is not running`]);
    expect((await refusal(() => start(id)))[0]).to.equal('NOT_FOUND');
  });

  it('refuses users that nobody is, and keys that are none', async () => {
    expect(await refusal(() => make({ User: 'nobody-here' }))).to.deep.equal([
      'INVALID_ARGUMENT',
      'unable to find user nobody-here: no matching entries in passwd file',
    ]);
    expect(await refusal(() => make({ DetachKeys: 'odd' }))).to.deep.equal([
      'INTERNAL',
      'Invalid escape keys (odd) provided',
    ]);
  });

  for (const [message, exitCode, code] of [
    ['exec: "tool": executable file not found in $PATH', 127, 'INVALID_ARGUMENT'],
    ['exec: "tool": permission denied', 126, 'INVALID_ARGUMENT'],
    ['chdir to cwd ("/w") set in config.json failed: no such file or directory', 127, 'INVALID_ARGUMENT'],
    ['something else', 128, 'INTERNAL'],
  ] as const) {
    it(`that cannot be started has the exit code ${exitCode}: ${message}`, async () => {
      const events = watchEvents(engine.context);
      engine.model.refuse = () => ({ reason: 'not-found', message, exitCode: 1 });
      const id = make();
      const text = `OCI runtime exec failed: exec failed: unable to start container process: ${message}`;
      expect(await refusal(() => start(id))).to.deep.equal([code, text]);
      await settled();
      expect(parsed(inspectExec(engine.context, id))).to.include({ Running: false, ExitCode: exitCode });
      expect(events).to.deep.equal(['exec_create: tool x', 'exec_start: tool x']);
    });
  }

  it('tells a client that is attached why it could not be started', async () => {
    engine.model.refuse = () => ({ reason: 'not-found', message: 'exec: no', exitCode: 127 });
    const { exec, container } = findExec(engine.context, make());
    const { server, client } = connect();
    const output = received(client);
    await attachExec(engine.context, container, exec, { multiplexed: true, size: undefined }, server);
    await settled();
    const text = 'OCI runtime exec failed: exec failed: unable to start container process: exec: no\r\n';
    expect(output.text).to.equal(frame('stdout', Buffer.from(text)).toString('latin1'));
  });

  it('carries input and output of a client, whose end is the end of the input', async () => {
    const { exec, container } = findExec(engine.context, make({ AttachStdin: true }));
    const { server, client } = connect();
    const output = received(client);
    const over = attachExec(engine.context, container, exec, { multiplexed: false, size: undefined }, server);
    client.end('in');
    await settled();
    expect(engine.model.last.input).to.deep.equal(['in']);
    expect(engine.model.last.inputEnded).to.equal(true);
    engine.model.last.print('out');
    engine.model.last.end(0);
    await over;
    await settled();
    expect(output.text).to.equal('out');
  });

  it('goes on after the keys that part a client from it', async () => {
    const events = watchEvents(engine.context);
    const { exec, container } = findExec(engine.context, make({ AttachStdin: true, Tty: true }));
    const { server, client } = connect();
    const over = attachExec(engine.context, container, exec, { multiplexed: false, size: undefined }, server);
    client.write('\x10\x11');
    await over;
    expect(exec.running).to.equal(true);
    await settled();
    expect(events.at(-1)).to.equal('exec_detach');
  });

  it('ends with its container, before that', async () => {
    const events = watchEvents(engine.context);
    const id = make();
    const unused = make();
    const init = engine.model.last;
    start(id);
    init.end(0);
    await settled();
    expect(events.slice(-2)).to.deep.equal(['exec_die exitCode=137', 'die execDuration=0 exitCode=0']);
    expect(parsed(inspectExec(engine.context, id)).ExitCode).to.equal(137);
    expect((await refusal(() => inspectExec(engine.context, unused)))[0]).to.equal('NOT_FOUND');
  });

  it('is resized when it runs', async () => {
    const id = make({ Tty: true });
    expect((await refusal(() => resizeExec(engine.context, id, { height: 1, width: 2 })))[0]).to.equal('INTERNAL');
    start(id);
    resizeExec(engine.context, id, { height: 10, width: 20 });
    expect(engine.model.last.sizes).to.deep.equal(['10x20']);
  });
});
