import { Connection } from '../client/connection.js';
import { discover } from '../client/discover.js';
import { Api } from './api.js';
import { hasConcurrentChanges } from './concurrent-changes.js';
import { meet } from './daemon.js';
import { Unmet } from './expect.js';
import { kindNames, type LeftoverObject, labelled, removed } from './leftover-objects.js';

/**
 * Finds the objects that runs of the suite left in a daemon, by their label, and removes them.
 *
 * @param options.host address of the daemon. Default: the one that the docker CLI would use
 * @param options.run name of the run to remove; `*` for all, absent to remove nothing
 * @returns the objects found, and those that could not be removed
 * @throws AttestdError UNAVAILABLE if no daemon answers, USAGE if the address cannot be parsed
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
