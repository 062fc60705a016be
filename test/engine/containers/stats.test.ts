import { expect } from 'chai';
import { removeContainer } from '../../../src/engine/containers/remove.js';
import { containerStats } from '../../../src/engine/containers/stats.js';
import { type ContainerEngine, create, openContainers, run, settled } from './support.js';

describe('statistics of a container', () => {
  let engine: ContainerEngine;
  let aborter: AbortController;

  beforeEach(async () => {
    engine = await openContainers();
    aborter = new AbortController();
  });

  afterEach(() => engine.close());

  /** Records as they come, growing. */
  function follow(name: string, stream: boolean, oneShot = false) {
    // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
    const seen: { records: any[]; ended: boolean } = { records: [], ended: false };
    const records = containerStats(engine.context, name, { stream, oneShot }, aborter.signal);
    void (async () => {
      for await (const line of records) seen.records.push(JSON.parse(line));
      seen.ended = true;
    })();
    return seen;
  }

  it('are empty when it does not run', async () => {
    const { id } = await create(engine.context, {}, 'web');
    const seen = follow(id, false);
    await settled();
    expect(seen.records).to.have.length(1);
    expect(seen.records[0]).to.deep.include({
      id,
      name: '/web',
      read: '0001-01-01T00:00:00Z',
      memory_stats: {},
      pids_stats: {},
    });
    expect(seen.records[0].blkio_stats.io_queue_recursive).to.equal(null);
  });

  it('have nothing to compare with in one shot', async () => {
    const { id } = await run(engine.context, { HostConfig: { NetworkMode: 'none', Memory: 64 << 20 } });
    const [sandbox] = engine.model.sandboxes;
    if (sandbox) sandbox.used = { cpu: 90_000_001n, memory: 8192, pids: 3 };
    const seen = follow(id, false, true);
    await settled();
    const [record] = seen.records;
    expect(record.preread).to.equal('0001-01-01T00:00:00Z');
    expect(record.cpu_stats.cpu_usage.total_usage).to.equal(90_000_001);
    const each: number[] = record.cpu_stats.cpu_usage.percpu_usage;
    expect(each.reduce((sum, part) => sum + part, 0)).to.equal(90_000_001);
    expect(record.memory_stats).to.include({ usage: 8192, max_usage: 8192, limit: 64 << 20 });
    expect(record.pids_stats).to.deep.equal({ current: 3 });
    expect(record).not.to.have.property('networks');
  });

  it('are two samples a second apart otherwise', async () => {
    const { id } = await run(engine.context);
    const seen = follow(id, false);
    await settled();
    expect(seen.records).to.have.length(0);
    await engine.clock.advance(1000);
    const [record] = seen.records;
    expect(record).to.include({ preread: '2026-01-01T00:00:00Z', read: '2026-01-01T00:00:01Z' });
    expect(record.cpu_stats.system_cpu_usage).to.be.greaterThan(record.precpu_stats.system_cpu_usage);
    expect(seen.ended).to.equal(true);
  });

  it('come each second as a stream, until the client goes or the container does', async () => {
    const container = await run(engine.context);
    const seen = follow(container.id, true);
    await engine.clock.advance(3000);
    expect(seen.records).to.have.length(4);
    expect(seen.records[3].preread).to.equal(seen.records[2].read);
    await removeContainer(engine.context, container, { force: true });
    await engine.clock.advance(1000);
    expect(seen.ended).to.equal(true);
    expect(engine.clock.waiting).to.equal(0);
  });

  it('of a stream end with the client', async () => {
    const { id } = await run(engine.context);
    const seen = follow(id, true);
    await settled();
    aborter.abort();
    await settled();
    expect(seen.ended).to.equal(true);
    expect(engine.clock.waiting).to.equal(0);
  });
});
