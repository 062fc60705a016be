import { Connection } from '../client/connection.js';
import { discover } from '../client/discover.js';
import { Api } from './api.js';
import { hasConcurrentChanges } from './concurrent-changes.js';
import { meet } from './daemon.js';
import { Unmet } from './expect.js';
import { kindNames, type LeftoverObject, labelled, removed } from './leftover-objects.js';

/**
 * Find what runs of the suite have left in a daemon, by their label, and remove it.
 *
 * @param options.host address of the daemon; found as docker finds it without it
 * @param options.run name of the run whose remains are removed; `*` for all, none to remove nothing
 * @returns what was found, and what of it is still there after the removal
 * @throws AttestdError UNAVAILABLE when no daemon answers, USAGE when its address cannot be parsed
 */
export async function cleanUp(options: {
  readonly host?: string;
  readonly run?: string;
}): Promise<{ readonly found: readonly LeftoverObject[]; readonly left: readonly LeftoverObject[] }> {
  const connection = new Connection(discover(options.host === undefined ? {} : { host: options.host }).target);
  const api = new Api(
    connection,
    null,
    () => undefined,
    undefined,
    (exchange) => hasConcurrentChanges(exchange, new Set()),
  );
  try {
    await meet(api);
    const found: LeftoverObject[] = [];
    for (const kind of kindNames) {
      try {
        found.push(...(await labelled(api, kind)));
      } catch (error) {
        // A daemon whose list is none has nothing of ours that could be found.
        if (!(error instanceof Unmet)) throw error;
      }
    }
    const wanted = found.filter(({ run }) => options.run === '*' || run === options.run);
    const left: LeftoverObject[] = [];
    for (const one of wanted) if (!(await removed(api, one))) left.push(one);
    return { found, left };
  } finally {
    connection.close();
  }
}
