import { expect } from 'chai';
import { startContainer } from '../../../src/engine/containers/run/start.js';
import { refusal } from '../support.js';
import { type ContainerEngine, create, openContainers } from './support.js';

describe('Real-time of a container', () => {
  let engine: ContainerEngine;
  beforeEach(async () => {
    engine = await openContainers();
  });
  afterEach(() => engine.close());

  const wanted = (CpuRealtimeRuntime: number, CpuRealtimePeriod: number): object => ({
    HostConfig: { NetworkMode: 'none', CpuRealtimeRuntime, CpuRealtimePeriod },
  });

  it('is no more than its period has', async () => {
    expect(await refusal(() => create(engine.context, wanted(1000, 10)))).to.deep.equal([
      'INVALID_ARGUMENT',
      'cpu real-time runtime cannot be higher than cpu real-time period',
    ]);
  });

  for (const [runtime, period, file, value] of [
    [1000, 0, 'rt_runtime_us', '1000'],
    [1000, 1000, 'rt_runtime_us', '1000'],
    [-1, 0, 'rt_runtime_us', '-1'],
    [-5, -5, 'rt_period_us', '18446744073709551611'],
  ] as const)
    it(`is not given: ${runtime} of ${period}`, async () => {
      const container = await create(engine.context, wanted(runtime, period));
      const [code, message] = await refusal(() => startContainer(engine.context, container.id));
      expect(code).to.equal('INTERNAL');
      expect(message).to.match(
        new RegExp(
          `unable to apply cgroup configuration: failed to write "${value}": write .*/cpu.${file}: invalid argument$`,
        ),
      );
      expect(container.state.exitCode).to.equal(128);
    });

  it('may have a period alone', async () => {
    const container = await create(engine.context, wanted(0, 1000));
    await startContainer(engine.context, container.id);
    expect(container.state.running).to.equal(true);
  });
});
