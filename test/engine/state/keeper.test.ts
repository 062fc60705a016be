import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import type { Container } from '../../../src/engine/containers/container.js';
import { ContainerLog, type RetainedLog } from '../../../src/engine/containers/logs/log.js';
import type { Context } from '../../../src/engine/context.js';
import { closeContext, createContext } from '../../../src/engine/engine.js';
import { StateFiles } from '../../../src/engine/state/files.js';
import type { StateKeeper } from '../../../src/engine/state/keeper.js';
import { LogFile, readLog } from '../../../src/engine/state/log-file.js';
import { openState } from '../../../src/engine/state/restore.js';
import { createVolume } from '../../../src/engine/volumes/operations.js';
import { createVolumeType } from '../../../src/engine/volumes/store.js';
import { openLayout } from '../../../src/oci/layout.js';
import { decodeJson } from '../../../src/support/go/json.js';
import { realClock } from '../../../src/support/sandbox/clock.js';
import { Random } from '../../helpers/random.js';
import { rejected } from '../../oci/support/rejected.js';
import { SimulatedDisk, systemError, type Weather } from '../../soak/disk.js';
import { calm, PowerLoss } from '../../soak/weather.js';

const root = '/srv/state';

/** A daemon's state on a disk. */
interface Daemon {
  readonly context: Context;
  readonly keeper: StateKeeper;
  readonly warnings: readonly string[];
  close(): Promise<void>;
}

async function start(disk: SimulatedDisk, weather: Weather = calm): Promise<Daemon> {
  const store = await openLayout('/srv/store', { files: disk.mount(calm), lock: async () => async () => undefined });
  const context = createContext({ store, host: { os: 'linux', architecture: 'amd64' }, channel: 'standard' });
  const warnings: string[] = [];
  const close = async (): Promise<void> => {
    await closeContext(context);
    await store.close();
  };
  try {
    const warn = (message: string): unknown => warnings.push(message);
    const keeper = await openState(context, { root, warn, files: disk.mount(weather) });
    const end = async (): Promise<void> => {
      await keeper.abandon();
      await close();
    };
    return { context, keeper, warnings, close: end };
  } catch (error) {
    await close();
    throw error;
  }
}

const make = (context: Context, name: string): unknown =>
  createVolume(context, decodeJson(Buffer.from(JSON.stringify({ Name: name })), createVolumeType), '1.51');

/** Put a file into a volume. */
async function write(context: Context, name: string, text: string): Promise<void> {
  await context.volumes.get(name).fileSystem.writeFile('/file', Buffer.from(text));
  context.events.log('volume', 'mount', { id: name, attributes: {} });
}

function textIn(context: Context, name: string): string | undefined {
  for (const entry of context.volumes.get(name).fileSystem.layer())
    if (entry.name.endsWith('file')) return Buffer.concat([...(entry.content as Iterable<Uint8Array>)]).toString();
  return undefined;
}

/** A disk with a volume that has a file, all of it synced. */
async function diskWithVolume(): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk();
  const { context, keeper, close } = await start(disk);
  make(context, 'vol');
  await write(context, 'vol', 'text');
  await keeper.flush();
  await close();
  return disk;
}

/** Fails an operation, the first times that it comes. */
function failing(operation: string, times = 1): Weather {
  let left = times;
  return {
    step: async (what) => {
      if (what === operation && left-- > 0) throw Object.assign(systemError('EIO', what), { errno: -5 });
    },
  };
}

/** Loses the power after so many operations, counted from when it is armed. */
function losingAfter(lossAt: number): Weather & { arm(): void } {
  let steps = Number.NEGATIVE_INFINITY;
  return {
    arm: () => {
      steps = 0;
    },
    step: async () => {
      if (++steps > lossAt) throw new PowerLoss('the power is lost');
    },
  };
}

function unexpected(message: string): void {
  throw new Error(message);
}

/** What an empty log holds. */
const nothingKept = (): RetainedLog => ({ count: 0, bytes: 0, chunks: [] });

describe('The state on a disk', () => {
  it('has what was flushed', async () => {
    const { context, close } = await start(await diskWithVolume());
    expect(textIn(context, 'vol')).to.equal('text');
    await close();
  });

  it('has a volume of the longest name there is, in files whose names a disk can hold', async () => {
    const disk = new SimulatedDisk();
    const longest = 'v'.repeat(255);
    const first = await start(disk);
    make(first.context, longest);
    await write(first.context, longest, 'text');
    await first.keeper.flush();
    await first.close();
    const names = await disk.mount(calm).readdir(`${root}/volumes`);
    expect(names).to.have.lengthOf(2);
    for (const name of names) expect(name.length).to.be.lessThan(200);
    const { context, keeper, close } = await start(disk);
    expect(textIn(context, longest)).to.equal('text');
    context.volumes.remove(context.volumes.get(longest));
    context.events.log('volume', 'destroy', { id: longest, attributes: {} });
    await keeper.flush();
    expect(await disk.mount(calm).readdir(`${root}/volumes`)).to.deep.equal([]);
    await close();
  });

  it('is told as kept to nobody while something of it could not be written', async () => {
    const disk = await diskWithVolume();
    let fail = false;
    const weather: Weather = {
      step: async (what) => {
        if (fail && what === 'rename') throw systemError('ENOSPC', what);
      },
    };
    const { context, keeper, close } = await start(disk, weather);
    fail = true;
    make(context, 'ab');
    const first = keeper.flush();
    make(context, 'bc');
    const second = keeper.flush();
    const outcomes = await Promise.allSettled([first, second, keeper.flush()]);
    expect(outcomes.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected', 'rejected']);
    fail = false;
    await keeper.flush();
    await close();
    const again = await start(disk);
    expect(again.context.volumes.list().map(({ name }) => name)).to.have.members(['ab', 'bc', 'vol']);
    await again.close();
  });

  it('has a volume that was being removed with its files, or not at all', async () => {
    const found = new Set<string>();
    for (let lossAt = 0; lossAt <= 5; lossAt++)
      for (let seed = 1; seed <= 12; seed++) {
        const disk = await diskWithVolume();
        const storm = losingAfter(lossAt);
        const { context, keeper, close } = await start(disk, storm);
        storm.arm();
        context.volumes.remove(context.volumes.get('vol'));
        await keeper.flush().catch(() => undefined);
        await close();
        disk.afterPowerLoss(new Random(seed * 0x9e3779b9));
        const again = await start(disk);
        const volume = again.context.volumes.find('vol');
        found.add(volume === undefined ? 'gone' : `there with ${textIn(again.context, 'vol')}`);
        await again.close();
      }
    expect([...found].sort()).to.deep.equal(['gone', 'there with text']);
  });

  it('has what went to a volume through a container that was removed meanwhile', async () => {
    const disk = await diskWithVolume();
    const { context, keeper, close } = await start(disk);
    await context.volumes.get('vol').fileSystem.writeFile('/file', Buffer.from('newer'));
    context.events.log('container', 'extract-to-dir', { id: 'c'.repeat(64), attributes: {} });
    await keeper.flush();
    await close();
    const again = await start(disk);
    expect(textIn(again.context, 'vol')).to.equal('newer');
    await again.close();
  });

  it('stays as a daemon found it that came after a kill', async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const disk = new SimulatedDisk();
      const before = await start(disk);
      make(before.context, 'bare');
      await before.keeper.flush();
      await before.close();
      await disk.mount(calm).unlink(`${root}/volumes/bare.json`);
      const { context, keeper, close } = await start(disk);
      expect(context.volumes.find('bare')).to.equal(undefined);
      await keeper.flush();
      await close();
      disk.afterPowerLoss(new Random(seed * 0x9e3779b9));
      const again = await start(disk);
      expect(again.context.volumes.find('bare')).to.equal(undefined);
      await again.close();
    }
  });

  it('gives a volume nothing of one that was removed, wherever the power goes while it is made', async () => {
    for (let lossAt = 0; lossAt <= 6; lossAt++)
      for (let seed = 1; seed <= 12; seed++) {
        const disk = await diskWithVolume();
        const storm = losingAfter(lossAt);
        const { context, keeper, close } = await start(disk, storm);
        context.volumes.remove(context.volumes.get('vol'));
        await keeper.flush();
        storm.arm();
        make(context, 'vol');
        await keeper.flush().catch(() => undefined);
        await close();
        disk.afterPowerLoss(new Random(seed * 0x9e3779b9));
        const again = await start(disk);
        if (again.context.volumes.find('vol') !== undefined) expect(textIn(again.context, 'vol')).to.equal(undefined);
        await again.close();
      }
  });

  it('gives a volume that was removed and made again nothing of the one before', async () => {
    const disk = await diskWithVolume();
    const { context, keeper, close } = await start(disk);
    context.volumes.remove(context.volumes.get('vol'));
    make(context, 'vol');
    await keeper.flush();
    await close();
    const again = await start(disk);
    expect(textIn(again.context, 'vol')).to.equal(undefined);
    await again.close();
  });

  it('keeps the files of what has a record that it cannot read', async () => {
    const disk = await diskWithVolume();
    const record = disk.get(`${root}/volumes/vol.json`);
    record.data = Buffer.from(record.data.toString().replace('"version":1', '"version":99'));
    const { warnings, close } = await start(disk);
    await close();
    expect(warnings).to.have.length(1);
    const aside = [...(disk.get(`${root}/broken`).names?.keys() ?? [])].map((name) => name.replace(/\.\d+$/, ''));
    expect(aside).to.have.members(['volumes-vol.json', 'volumes-vol.tar']);
  });

  it('is left as it is when the disk cannot be read', async () => {
    const disk = await diskWithVolume();
    expect(await rejected(start(disk, failing('readFile')))).to.have.property('code', 'EIO');
    const { context, close } = await start(disk);
    expect(textIn(context, 'vol')).to.equal('text');
    await close();
  });

  it('holds a program back that writes more than the disk takes', async () => {
    const disk = await diskWithVolume();
    const log = new LogFile(new StateFiles(root, disk.mount(calm)), 'containers/x.log', nothingKept, unexpected);
    const entry = { stream: 'stdout' as const, time: 1n, bytes: Buffer.alloc(16_000, 'x') };
    let added = 0;
    let wait: Promise<void> | undefined;
    for (; wait === undefined && added < 1000; added++) wait = log.add(entry);
    expect(added).to.be.below(100);
    await log.flush();
    await wait;
    expect(log.add(entry)).to.equal(undefined);
  });

  it('has the lines of a log after one that was cut', async () => {
    const disk = await diskWithVolume();
    const files = new StateFiles(root, disk.mount(calm));
    const entry = (text: string) => ({ stream: 'stdout' as const, time: 1n, bytes: Buffer.from(text) });
    const path = 'containers/x.log';
    const first = new LogFile(files, path, nothingKept, unexpected);
    first.add(entry('one'));
    first.add(entry('cut'));
    await first.flush();
    const node = disk.get(`${root}/${path}`);
    node.data = node.data.subarray(0, -10);
    const second = new LogFile(files, path, nothingKept, unexpected);
    second.add(entry('two'));
    await second.flush();
    expect((await readLog(files, path)).map(({ bytes }) => bytes.toString())).to.deep.equal(['one', 'two']);
  });

  it('is told as kept while a program writes to its log without end', async () => {
    const disk = await diskWithVolume();
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let writing = false;
    const weather: Weather = {
      step: async (what) => {
        // Nothing else is appended to.
        if (what !== 'open a') return;
        writing = true;
        await held;
      },
    };
    const { context, keeper, close } = await start(disk, weather);
    const log = new ContainerLog(realClock, { fileSize: 1000, files: 2 });
    keeper.follow({ id: 'c'.repeat(64), log } as Container);
    log.write('stdout', Buffer.from('y\n'));
    while (!writing) await nextTurn();
    make(context, 'other');
    await keeper.flush();
    goOn();
    await close();
    const again = await start(disk);
    expect(again.context.volumes.find('other')).not.to.equal(undefined);
    await again.close();
  });

  it('has each line of a log once that was written anew while more came', async () => {
    const log = new ContainerLog(realClock, { fileSize: 10_000, files: 1 });
    let began = false;
    const weather: Weather = {
      step: async (what) => {
        if (what !== 'open a' || began) return;
        began = true;
        for (let i = 0; i < 10; i++) log.write('stdout', Buffer.from(`late ${i}\n`));
      },
    };
    const files = new StateFiles(root, (await diskWithVolume()).mount(weather));
    const file = new LogFile(files, 'containers/x.log', () => log.retained(), unexpected);
    log.observe((entry) => file.add(entry));
    for (let i = 0; i < 20_000; i++) log.write('stdout', Buffer.from(`${i}\n`));
    await file.flush();
    await file.close();
    const texts = (await readLog(files, 'containers/x.log')).map(({ bytes }) => bytes.toString());
    expect(texts.filter((text) => text.startsWith('late'))).to.deep.equal(
      Array.from({ length: 10 }, (_, i) => `late ${i}\n`),
    );
  });

  it('is written to no more once its keeper was closed, though something changed and something failed meanwhile', async () => {
    let closing = false;
    let failed = false;
    let steps = 0;
    const { context, keeper, close } = await start(await diskWithVolume(), {
      step: async (operation) => {
        steps++;
        for (let turns = 0; turns < 3; turns++) await nextTurn();
        if (!closing || failed || operation !== 'rename') return;
        failed = true;
        make(context, 'late');
        await nextTurn();
        throw systemError('EIO', operation);
      },
    });
    make(context, 'early');
    closing = true;
    expect(await rejected(keeper.close())).to.have.property('code', 'EIO');
    const before = steps;
    for (let turns = 0; turns < 100; turns++) await nextTurn();
    expect(steps).to.equal(before);
    await close();
  });

  it('is told as kept to nobody once its keeper was closed', async () => {
    const { context, keeper, close } = await start(await diskWithVolume());
    await keeper.close();
    make(context, 'late');
    expect(await rejected(keeper.flush())).to.have.property('code', 'UNAVAILABLE');
    await close();
  });

  it('gets nothing more of a log that was closed', async () => {
    const files = new StateFiles(root, (await diskWithVolume()).mount(calm));
    const entry = { stream: 'stdout' as const, time: 1n, bytes: Buffer.from('late') };
    const log = new LogFile(files, 'containers/x.log', nothingKept, unexpected);
    log.add(entry);
    await log.close();
    await files.discard('containers/x.log');
    log.add(entry);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(files.has('containers/x.log')).to.equal(false);
  });

  it('gets no line of a log any more once that was closed, though lines came while it was', async () => {
    let steps = 0;
    const disk = await diskWithVolume();
    const entry = { stream: 'stdout' as const, time: 1n, bytes: Buffer.from('line') };
    const weather: Weather = {
      step: async (operation) => {
        steps++;
        if (operation === 'write' && steps < 5) log.add(entry);
        for (let turns = 0; turns < 3; turns++) await nextTurn();
      },
    };
    const log = new LogFile(new StateFiles(root, disk.mount(weather)), 'containers/x.log', nothingKept, unexpected);
    log.add(entry);
    await log.close();
    const before = steps;
    for (let turns = 0; turns < 20; turns++) await nextTurn();
    expect(steps).to.equal(before);
  });

  it('says that a log could not be written where nobody waits for it', async () => {
    const disk = await diskWithVolume();
    const files = new StateFiles(root, disk.mount(failing('write')));
    const said = new Promise<string>((resolve) => {
      const log = new LogFile(files, 'containers/x.log', nothingKept, resolve);
      log.add({ stream: 'stdout' as const, time: 1n, bytes: Buffer.from('text') });
    });
    expect(await said).to.include('EIO');
  });
});
