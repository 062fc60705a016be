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

/** What the swarm has of a kind; nothing without a swarm. */
export function swarmObjects({ swarm }: Context, name: string): readonly SwarmObject<unknown>[] {
  const kind = swarmKinds.find((one) => one.name === name);
  return (kind && swarm.current?.store(kind).list()) ?? [];
}

/** What is written of a thing of the swarm; undefined for one that is gone. @param name `KIND-ID` */
export function swarmText({ swarm }: Context, name: string): string | undefined {
  const [kindName, id = ''] = name.split('-');
  const kind = swarmKinds.find((one) => one.name === kindName);
  const object = kind && swarm.current?.store(kind).byId(id);
  return kind && object && encodeRecord(recordOfSwarmObject(object), swarmRecordType(kind.record));
}

/** Bring back the swarm of an earlier daemon. What is left of one that is not whole was being left, or is set aside. */
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
