import { AttestdError } from '../../../support/foundation/errors.js';
import { jsonRecord } from '../../../support/go/json.js';
import { quote } from '../../../support/go/quote.js';
import type { Context } from '../../context.js';
import type { WaitCondition, WaitStatus } from './state.js';

const conditions: readonly string[] = ['not-running', 'next-exit', 'removed'] satisfies WaitCondition[];

/**
 * `POST /containers/{id}/wait` (docs/reference/behavior/containers.md#container-wait). The wait begins with the call.
 *
 * @param condition the query value. Default: `not-running`.
 * @param signal returns the client's abort signal; called only if the wait is needed
 * @returns the single record of the response, once available
 * @throws INVALID_ARGUMENT for an unknown condition; NOT_FOUND
 */
export function waitForContainer(
  context: Context,
  name: string,
  condition: string,
  signal: () => AbortSignal,
): AsyncIterable<string> {
  if (condition !== '' && !conditions.includes(condition))
    throw new AttestdError('INVALID_ARGUMENT', `invalid condition: ${quote(condition)}`);
  const waitCondition = condition === '' ? 'not-running' : (condition as WaitCondition);
  const { state } = context.containers.resolve(name);
  return record(state.wait(waitCondition, state.meets(waitCondition) ? undefined : signal()));
}

async function* record(result: Promise<WaitStatus>): AsyncGenerator<string> {
  const { exitCode, error } = await result;
  yield `${jsonRecord({ Error: error === undefined ? undefined : { Message: error }, StatusCode: exitCode })}\n`;
}
