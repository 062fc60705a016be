import { AttestdError } from '../../support/foundation/errors.js';
import type { Context } from '../context.js';
import { swarmKinds } from '../swarm/kinds.js';
import { restoreSwarmNetworks } from '../swarm/networks.js';
import { nodeKind, selfOf } from '../swarm/node.js';
import type { SwarmObject } from '../swarm/objects.js';
import type { StateFiles } from './files.js';
import { encodeRecord, type SwarmRecord, swarmRecordType } from './records.js';
import type { Reader } from './restore.js';
import { recordOfSwarmObject } from './to-records.js';

/** Returns the swarm's objects of a kind. Empty without a swarm. */
export function swarmObjects({ swarm }: Context, name: string): readonly SwarmObject<unknown>[] {
  const kind = swarmKinds.find((one) => one.name === name);
  return (kind && swarm.current?.store(kind).list()) ?? [];
}

/**
 * Returns the persisted form of a swarm object. Undefined if it was removed.
 *
 * @param name `KIND-ID`
 */
export function swarmText({ swarm }: Context, name: string): string | undefined {
  const [kindName, id = ''] = name.split('-');
  const kind = swarmKinds.find((one) => one.name === kindName);
  const object = kind && swarm.current?.store(kind).byId(id);
  return kind && object && encodeRecord(recordOfSwarmObject(object), swarmRecordType(kind.record));
}

/** Restores the swarm of an earlier daemon. An incomplete swarm was being left or had broken records. */
export async function restoreSwarm(context: Context, files: StateFiles, reader: Reader): Promise<void> {
  const whole = (await files.list('swarm')).some((file) => file.startsWith('cluster-'));
  const objects = new Map<string, SwarmObject<unknown>[]>();
  for (const kind of swarmKinds) {
    const found: SwarmObject<unknown>[] = [];
    objects.set(kind.name, found);
    const take = async (record: SwarmRecord<unknown>, name: string): Promise<void> => {
      const { id, index, createdAt, updatedAt } = record;
      if (name !== `${kind.name}-${id}`) throw new AttestdError('CORRUPT', `it is of ${kind.name} ${id}`);
      const data = kind.name === nodeKind.name ? { ...(record.data as object), ...selfOf(context) } : record.data;
      found.push({ id, index, createdAt: Number(createdAt), updatedAt: Number(updatedAt), data });
    };
    await reader.each('swarm', swarmRecordType(kind.record), take, `${kind.name}-`);
  }
  if (context.swarm.restore(objects)) return restoreSwarmNetworks(context);
  for (const file of await files.list('swarm')) {
    if (whole) await files.quarantine(`swarm/${file}`);
    else await files.discard(`swarm/${file}`);
  }
}
