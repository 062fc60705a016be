import { Readable } from 'node:stream';
import { createContainer } from '../../src/engine/containers/create/create.js';
import { readCreateRequest } from '../../src/engine/containers/create/create-request.js';
import { extractArchive } from '../../src/engine/containers/io/archive.js';
import { removeByName } from '../../src/engine/containers/remove.js';
import { startContainer } from '../../src/engine/containers/run/start.js';
import type { Context } from '../../src/engine/context.js';
import { createNetworkType } from '../../src/engine/networks/network.js';
import { createNetwork, removeNetwork } from '../../src/engine/networks/operations.js';
import type { StateKeeper } from '../../src/engine/state/keeper.js';
import { createVolume, removeVolume } from '../../src/engine/volumes/operations.js';
import { createVolumeType } from '../../src/engine/volumes/store.js';
import { decodeJson } from '../../src/support/go/json.js';
import type { FileSystem } from '../../src/support/sandbox/fs/types.js';
import type { Random } from '../helpers/random.js';
import { archiveOf } from './images.js';

/** Containers, each with the volume that it mounts at /data. */
const containers = { one: 'va', two: 'vb' } as const;
const networks = ['na', 'nb'] as const;
const there = 'there';
const version = '1.51';

/** Something that is done to a daemon's state, and what is then to be found. */
export interface StateAct {
  readonly changes: Readonly<Record<string, string | undefined>>;
  run(): Promise<void>;
}

let values = 0;

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** What clients do. */
export const stateKinds = [
  'create',
  'file',
  'data',
  'start',
  'remove',
  'volume',
  'no volume',
  'network',
  'no network',
] as const;
export type StateKind = (typeof stateKinds)[number];

/** What one of the clients does. @param image of which containers are made, whether it is there or not */
export function stateAct(
  context: Context,
  keeper: StateKeeper,
  random: Random,
  image: string,
  kind: StateKind,
): StateAct {
  const name = random.pick(['one', 'two'] as const);
  const volume = containers[name];
  const network = random.pick(networks);
  const value = `value ${++values}`;
  const kept = async (act: unknown): Promise<void> => {
    await act;
    keeper.markContainer(name);
    await keeper.flush();
  };
  const extract = (path: string): Promise<void> =>
    extractArchive(context, name, path, Readable.from([archiveOf('value', value)]), {
      copyUidGid: false,
      noOverwriteDirNonDir: false,
    });
  const acts: Readonly<Record<StateKind, StateAct>> = {
    create: {
      changes: { [`container ${name}`]: value, [`file ${name}`]: undefined, [`volume ${volume}`]: there },
      run: async () => {
        const body = {
          Image: image,
          Cmd: ['sleep', '1000'],
          Labels: { value },
          HostConfig: { Binds: [`${volume}:/data`] },
        };
        const made = createContainer(context, readCreateRequest(json(body), version), { name, platform: undefined });
        // Where its image goes meanwhile it is not made, but its volume may be.
        await kept(made.catch((cause: unknown) => Promise.reject(new Error('not made, or in part', { cause }))));
      },
    },
    file: { changes: { [`file ${name}`]: value }, run: () => kept(extract('/')) },
    data: { changes: { [`data ${volume}`]: value }, run: () => kept(extract('/data')) },
    start: { changes: {}, run: () => kept(startContainer(context, name)) },
    remove: {
      changes: { [`container ${name}`]: undefined, [`file ${name}`]: undefined },
      run: () => kept(removeByName(context, name, { force: true })),
    },
    volume: {
      changes: { [`volume ${volume}`]: there },
      run: async () => {
        createVolume(context, decodeJson(json({ Name: volume }), createVolumeType), version);
        await kept(undefined);
      },
    },
    'no volume': {
      changes: { [`volume ${volume}`]: undefined, [`data ${volume}`]: undefined },
      run: async () => {
        removeVolume(context, volume, false);
        await kept(undefined);
      },
    },
    network: {
      changes: { [`network ${network}`]: value },
      run: async () => {
        createNetwork(context, decodeJson(json({ Name: network, Labels: { value } }), createNetworkType), version);
        await kept(undefined);
      },
    },
    'no network': {
      changes: { [`network ${network}`]: undefined },
      run: async () => {
        removeNetwork(context, network);
        await kept(undefined);
      },
    },
  };
  return acts[kind];
}

/** What a daemon's state consists of, in the words of the acts. */
export function stateFound(context: Context): Map<string, string> {
  const found = new Map<string, string>();
  const note = (what: string, value: string | undefined): unknown => value !== undefined && found.set(what, value);
  for (const { plainName, config, fileSystem } of context.containers.list()) {
    note(`container ${plainName}`, config.Labels?.value);
    note(`file ${plainName}`, fileSystem && valueIn(fileSystem));
  }
  for (const { name, fileSystem } of context.volumes.list()) {
    note(`volume ${name}`, there);
    note(`data ${name}`, valueIn(fileSystem));
  }
  for (const { name, labels } of context.networks.list()) note(`network ${name}`, labels.value);
  return found;
}

/** What the file of an archive holds, where it is. */
function valueIn(fileSystem: FileSystem): string | undefined {
  for (const { name, content } of fileSystem.layer())
    if (/^(?:\.?\/)?value$/.test(name)) return Buffer.concat([...(content as Iterable<Uint8Array>)]).toString();
  return undefined;
}
