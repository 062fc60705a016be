import { expect } from 'chai';
import { pauseContainer, unpauseContainer } from '../../../../src/engine/containers/run/stop.js';
import { type ContainerEngine, openContainers, run, type ScriptedProcess, settled, watchEvents } from '../support.js';

const second = 1e9;

describe('health checks', () => {
  let engine: ContainerEngine;
  /** The checks that were started. */
  let probes: ScriptedProcess[];
  /** What each check ends with; it goes on without. */
  let exitCode: number | undefined;

  beforeEach(async () => {
    engine = await openContainers();
    probes = [];
    exitCode = 0;
    engine.model.begin = (process) => {
      if (process.spec.purpose !== 'health') return;
      probes.push(process);
      if (exitCode !== undefined) process.end(exitCode);
    };
  });

  afterEach(() => engine.close());

  const check = { Test: ['CMD', 'check', 'me'], Interval: 2 * second, Timeout: second, Retries: 2 };

  it('come after each interval, and one that succeeds makes healthy', async () => {
    const events = watchEvents(engine.context);
    const { state } = await run(engine.context, { Healthcheck: check });
    expect(state.health?.status).to.equal('starting');
    await engine.clock.advance(1999);
    expect(probes).to.deep.equal([]);
    await engine.clock.advance(1);
    expect(probes.map(({ argv }) => argv)).to.deep.equal([['check', 'me']]);
    expect(state.health?.status).to.equal('healthy');
    await engine.clock.advance(2000);
    await settled();
    expect(events).to.deep.equal([
      'create',
      'start',
      'exec_create: check me',
      'exec_start: check me',
      'exec_die exitCode=0',
      'health_status: healthy',
      'exec_create: check me',
      'exec_start: check me',
      'exec_die exitCode=0',
    ]);
  });

  it('make unhealthy by failures in a row, and are remembered five at most', async () => {
    const { state } = await run(engine.context, { Healthcheck: check });
    exitCode = 1;
    await engine.clock.advance(2000);
    expect(state.health).to.include({ status: 'starting', failingStreak: 1 });
    await engine.clock.advance(2000);
    expect(state.health).to.include({ status: 'unhealthy', failingStreak: 2 });
    exitCode = 0;
    await engine.clock.advance(10_000);
    expect(state.health).to.include({ status: 'healthy', failingStreak: 0 });
    expect(state.health?.log.map((result) => result.exitCode)).to.deep.equal([0, 0, 0, 0, 0]);
  });

  it('do not count against a container that starts, and come faster then', async () => {
    const starting = { ...check, StartPeriod: 10 * second, StartInterval: second };
    const { state } = await run(engine.context, { Healthcheck: starting });
    exitCode = 1;
    await engine.clock.advance(5000);
    expect(probes.length).to.equal(5);
    expect(state.health).to.include({ status: 'starting', failingStreak: 0 });
    exitCode = 0;
    await engine.clock.advance(1000);
    expect(state.health?.status).to.equal('healthy');
    await engine.clock.advance(1999);
    expect(probes.length).to.equal(6);
  });

  it('are killed when they take too long, and say so', async () => {
    const { state } = await run(engine.context, { Healthcheck: check });
    exitCode = undefined;
    await engine.clock.advance(2000);
    probes[0]?.print('so far');
    await engine.clock.advance(1000);
    expect(probes[0]?.signals).to.deep.equal([9]);
    expect(state.health?.log).to.have.length(1);
    expect(state.health?.log[0]).to.include({
      exitCode: -1,
      output: 'Health check exceeded timeout (1s): so far',
    });
  });

  it('keep the beginning of what was written', async () => {
    const { state } = await run(engine.context, { Healthcheck: check });
    exitCode = undefined;
    await engine.clock.advance(2000);
    probes[0]?.print('x'.repeat(4000));
    probes[0]?.print('y'.repeat(4000), 'stderr');
    probes[0]?.end(0);
    await settled();
    expect(state.health?.log[0]?.output).to.equal(`${'x'.repeat(4000)}${'y'.repeat(96)}...`);
  });

  it('that cannot be started fail with the reason', async () => {
    const { state } = await run(engine.context, { Healthcheck: check });
    engine.model.refuse = () => ({ reason: 'not-found', message: 'exec: "check": not found', exitCode: 127 });
    await engine.clock.advance(2000);
    expect(state.health?.log[0]?.exitCode).to.equal(-1);
    expect(state.health?.log[0]?.output).to.match(/^OCI runtime exec failed: .*: exec: "check": not found$/);
  });

  it('run in the shell of the container with CMD-SHELL', async () => {
    const shell = { ...check, Test: ['CMD-SHELL', 'a && b'] };
    await run(engine.context, { Healthcheck: shell });
    await run(engine.context, { Healthcheck: shell, Shell: ['bash', '-c'] });
    await engine.clock.advance(2000);
    expect(probes.map(({ argv }) => argv)).to.deep.equal([
      ['/bin/sh', '-c', 'a && b'],
      ['bash', '-c', 'a && b'],
    ]);
  });

  it('are none with NONE, and without a test', async () => {
    const none = await run(engine.context, { Healthcheck: { Test: ['NONE'] } });
    const without = await run(engine.context);
    expect([none.state.health, without.state.health]).to.deep.equal([undefined, undefined]);
    expect(engine.clock.waiting).to.equal(0);
  });

  it('stop while a container is paused, and with it', async () => {
    const { id } = await run(engine.context, { Healthcheck: check });
    const init = engine.model.last;
    await pauseContainer(engine.context, id);
    await engine.clock.advance(10_000);
    expect(probes.length).to.equal(0);
    await unpauseContainer(engine.context, id);
    await engine.clock.advance(2000);
    expect(probes.length).to.equal(1);
    init.end(0);
    await settled();
    expect(engine.clock.waiting).to.equal(0);
  });
});
