import type { Context } from '../../../src/engine/context.js';
import { initSwarm, initTypes } from '../../../src/engine/swarm/init-join.js';
import { decodeJson } from '../../../src/support/go/json.js';

/** Found a swarm that is reached on the loopback, with what else is asked for; gives the node's id. */
export function found(context: Context, body: object = {}): string {
  const request = { ListenAddr: '127.0.0.1:2377', AdvertiseAddr: '127.0.0.1', ...body };
  return initSwarm(context, decodeJson(Buffer.from(JSON.stringify(request)), initTypes.init));
}
