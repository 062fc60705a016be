import { expect } from 'chai';
import { createExec } from '../../src/engine/containers/exec/exec-create.js';
import { findExec, startExec } from '../../src/engine/containers/exec/exec-start.js';
import { removeContainer } from '../../src/engine/containers/remove.js';
import { renameContainer } from '../../src/engine/containers/rename.js';
import type { Context } from '../../src/engine/context.js';
import { connectContainer, disconnectContainer } from '../../src/engine/networks/connect.js';
import { emptyEndpoint } from '../../src/engine/networks/endpoint.js';
import { createNetworkType } from '../../src/engine/networks/network.js';
import { estimateBytes, ObjectQuota } from '../../src/engine/object-quota.js';
import { decodeJson } from '../../src/support/go/json.js';
import { type ContainerEngine, create, openContainers, run } from './containers/support.js';
import { refusal } from './support.js';

const long = 'x'.repeat(400_000);

/** How often something can be done until there is no room. */
async function times(act: (i: number) => unknown): Promise<number> {
  for (let i = 0; i < 100; i++) {
    const code = await Promise.resolve(refusalOf(() => act(i)));
    if (code === 'NO_SPACE') return i;
    if (code !== undefined) throw new Error(`${i}: ${code}`);
  }
  return Number.POSITIVE_INFINITY;
}

async function refusalOf(act: () => unknown): Promise<string | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('What clients make', () => {
  let engine: ContainerEngine;
  let context: Context;
  beforeEach(async () => {
    engine = await openContainers();
    ({ context } = engine);
    context.quota.limit = 4 << 20;
  });
  afterEach(() => engine.close());

  const network = (i: number): unknown =>
    context.networks.create(
      decodeJson(
        Buffer.from(
          JSON.stringify({ Name: `net${i}`, Labels: { a: long }, IPAM: { Config: [{ Subnet: `10.${i}.0.0/24` }] } }),
        ),
        createNetworkType,
      ),
    );
  const exec = (container: string, text = long): string =>
    createExec(
      context,
      container,
      {
        User: '',
        Privileged: false,
        Tty: false,
        AttachStdin: false,
        AttachStdout: false,
        AttachStderr: false,
        DetachKeys: '',
        Env: undefined,
        WorkingDir: '',
        Cmd: ['tool', text],
      },
      '1.55',
    );

  it('takes no more memory together than there is room for, and gives it back', async () => {
    const { id } = await run(context, {}, 'web');
    const makers: Readonly<Record<string, (i: number) => unknown>> = {
      containers: (i) => create(context, { Labels: { a: long } }, `c${i}`),
      networks: network,
      volumes: (i) => context.volumes.create({ Name: `vol${i}`, Labels: { a: long } }),
      execs: () => exec(id),
    };
    for (const make of Object.values(makers)) {
      const made = await times(make);
      expect(made).to.be.within(5, 12);
      for (const container of context.containers.list())
        if (container.id !== id) await removeContainer(context, container, { force: true, volumes: true });
      for (const one of context.networks.list()) if (one.name.startsWith('net')) context.networks.remove(one);
      for (const volume of context.volumes.list()) context.volumes.remove(volume);
    }
  });

  it('has no name without room for it, and is not left half made', async () => {
    const before = context.containers.list().length;
    await times((i) => create(context, { Labels: { a: long } }, `c${i}`));
    const there = context.containers.list().length;
    expect((await refusal(() => create(context, { Labels: { a: long } }, 'one-more')))[0]).to.equal('NO_SPACE');
    expect(context.containers.list()).to.have.length(there);
    expect(context.containers.byName('one-more')).to.equal(undefined);
    const [first] = context.containers.list();
    const name = first?.name ?? '';
    const [code] = await refusal(() => renameContainer(context, name, long + long));
    expect([code, first?.name, there > before]).to.deep.equal(['NO_SPACE', name, true]);
  });

  it('is connected to no more than there is room for', async () => {
    const { id } = await run(context, { HostConfig: { NetworkMode: 'bridge' } }, 'web');
    for (let i = 0; i < 20; i++)
      context.networks.create(
        decodeJson(
          Buffer.from(JSON.stringify({ Name: `n${i}`, IPAM: { Config: [{ Subnet: `10.${i}.0.0/24` }] } })),
          createNetworkType,
        ),
      );
    const endpoint = (): ReturnType<typeof emptyEndpoint> => ({ ...emptyEndpoint(), DriverOpts: { a: long } });
    const made = await times((i) => connectContainer(context, `n${i}`, id, endpoint()));
    expect(made).to.be.within(5, 12);
    expect(context.containers.byId(id)?.networks.has(`n${made}`)).to.equal(false);
    disconnectContainer(context, 'n0', id, false);
    connectContainer(context, `n${made}`, id, endpoint());
  });

  it('makes room by execs that have ended, the first of them first', async () => {
    const { id } = await run(context, {}, 'web');
    const first = exec(id);
    startExec(context, findExec(context, first).container, findExec(context, first).exec);
    engine.model.last.end(0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(context.execs.get(first)?.exitCode).to.equal(0);
    await times(() => exec(id));
    expect(context.execs.get(first)).to.equal(undefined);
  });

  it('weighs what its texts and members come to', () => {
    expect(estimateBytes('abc')).to.be.within(3, 100);
    expect(estimateBytes({ a: ['x'.repeat(1000)], b: undefined })).to.be.within(1000, 1300);
    expect(estimateBytes(new Map([['a', { b: 'x'.repeat(1000) }]]))).to.be.within(1000, 1300);
    let nested: unknown = 'x';
    for (let i = 0; i < 100_000; i++) nested = [nested];
    expect(estimateBytes(nested)).to.be.within(100_000, 10_000_000);
  });

  it('comes back whatever room there is', () => {
    const room = new ObjectQuota(1000);
    room.isLenient = true;
    room.reserve('a', 5000);
    room.isLenient = false;
    expect(() => room.reserve('b', 1)).to.throw();
    room.reserve('a', 4000);
    room.release('a');
    room.reserve('b', 1000);
  });
});
