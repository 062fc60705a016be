import { expect } from 'chai';
import type { Context } from '../../../src/engine/context.js';
import type { ContainerEngine, ScriptedProcess } from '../containers/support.js';
import { calm, create, inspected, openSwarm, pass, states, update } from './services-support.js';

const replicas = (count: number): object => ({ Replicated: { Replicas: count } });
const next = { Env: ['A=b'] };

describe('Updates of services', () => {
  let engine: ContainerEngine;
  let context: Context;
  beforeEach(async () => {
    engine = await openSwarm();
    ({ context } = engine);
  });
  afterEach(() => engine.close());

  const state = (): string => inspected(context, 'web').UpdateStatus?.State;
  const count = (what: string): number => states(context).filter((one) => one.endsWith(what)).length;
  /** Whatever starts from now on ends when it is told to. */
  const end = (process: ScriptedProcess): void => {
    process.deadly.set(15, 0);
  };
  /** Whatever starts from now on ends at once. */
  const breakPrograms = (): void => {
    engine.model.begin = (process) => void setImmediate(() => process.end(3));
  };

  it('leave tasks alone whose template is the same', async () => {
    await create(context, 'web');
    const before = states(context);
    await update(context, 'web', { Labels: { a: 'b' } });
    expect([states(context), state()]).to.deep.equal([before, undefined]);
    expect(inspected(context, 'web').PreviousSpec.Labels).to.deep.equal({});
  });

  it('replace one slot after the other, and are complete after a while in which nothing failed', async () => {
    engine.model.begin = () => undefined;
    await create(context, 'web', { Mode: replicas(2) });
    await update(context, 'web', { Mode: replicas(2), container: next });
    expect(states(context)).to.deep.equal(['1 ready→ready', '1 running→shutdown', '2 running→running']);
    // The old ones do not end when they are told to.
    await pass(engine, 10_000);
    expect(states(context)).to.include.members(['1 running→running', '1 shutdown→shutdown', '2 ready→ready']);
    await pass(engine, 10_000);
    expect([count('running→running'), state()]).to.deep.equal([2, 'updating']);
    await pass(engine, 4999);
    expect(state()).to.equal('updating');
    await pass(engine, 1);
    expect(state()).to.equal('completed');
  });

  it('wait between slots as long as is said, and work on as many at a time', async () => {
    const UpdateConfig = { Parallelism: 2, Delay: 3e9 };
    await create(context, 'web', { Mode: replicas(4) });
    await update(context, 'web', { Mode: replicas(4), container: next, UpdateConfig });
    expect(count('shutdown→shutdown')).to.equal(2);
    await pass(engine, 3000);
    expect(count('shutdown→shutdown')).to.equal(4);
  });

  it('start the new task first where that is said', async () => {
    engine.model.begin = () => undefined;
    await create(context, 'web');
    await update(context, 'web', { container: next, UpdateConfig: { Order: 'start-first' } });
    expect(states(context)).to.deep.equal(['1 running→running', '1 running→shutdown']);
  });

  it('pause when a new task fails, and leave the other slots', async () => {
    await create(context, 'web', { Mode: replicas(3) });
    breakPrograms();
    const UpdateConfig = { Parallelism: 1, Delay: 1e9 };
    await update(context, 'web', { Mode: replicas(3), container: next, UpdateConfig });
    await calm();
    const { UpdateStatus } = inspected(context, 'web');
    expect(UpdateStatus.State).to.equal('paused');
    expect(UpdateStatus.Message).to.match(/^update paused due to failure or early termination of task [0-9a-z]{25}$/);
    await pass(engine, 4000);
    expect(count('running→running')).to.equal(2);
  });

  it('go on over failures where that is said, and over as many as may be', async () => {
    for (const UpdateConfig of [{ FailureAction: 'continue' }, { MaxFailureRatio: 1 }]) {
      await create(context, `web${Object.keys(UpdateConfig)[0]}`, { Mode: replicas(2) });
      breakPrograms();
      const name = `web${Object.keys(UpdateConfig)[0]}`;
      await update(context, name, { Mode: replicas(2), container: next, UpdateConfig });
      await pass(engine, 5000);
      expect(inspected(context, name).UpdateStatus.State).to.equal('completed');
      engine.model.begin = end;
    }
  });

  it('roll back by themselves where that is said', async () => {
    await create(context, 'web', { Mode: replicas(2) });
    const { Spec } = inspected(context, 'web');
    engine.model.begin = (process) => void (process.spec.env.includes('A=b') && setImmediate(() => process.end(3)));
    await update(context, 'web', { Mode: replicas(2), container: next, UpdateConfig: { FailureAction: 'rollback' } });
    await calm();
    expect(state()).to.equal('rollback_started');
    await pass(engine, 10_000);
    const service = inspected(context, 'web');
    expect([service.UpdateStatus.State, service.Spec]).to.deep.equal(['rollback_completed', Spec]);
    expect(service).not.to.have.property('PreviousSpec');
    expect(count('running→running')).to.equal(2);
  });

  it('are taken back by hand, and the two specifications change places', async () => {
    await create(context, 'web');
    await update(context, 'web', { Mode: replicas(2) });
    await update(context, 'web', {}, 'previous');
    const { Spec, PreviousSpec, UpdateStatus } = inspected(context, 'web');
    expect([Spec.Mode, PreviousSpec.Mode]).to.deep.equal([replicas(1), replicas(2)]);
    expect(UpdateStatus).to.deep.include({ State: 'rollback_completed', Message: 'rollback completed' });
    expect(states(context)).to.deep.equal(['1 running→running']);
  });

  it('end where another begins', async () => {
    engine.model.begin = () => undefined;
    await create(context, 'web', { Mode: replicas(2) });
    await update(context, 'web', { Mode: replicas(2), container: next });
    engine.model.begin = end;
    await update(context, 'web', { Mode: replicas(2), container: { Env: ['A=c'] } });
    await pass(engine, 30_000);
    expect(state()).to.equal('completed');
    expect(count('running→running')).to.equal(2);
  });
});
