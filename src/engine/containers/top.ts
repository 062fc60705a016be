import { AttestdError } from '../../support/foundation/errors.js';
import type { Context } from '../context.js';
import type { AnswerOf } from '../wire.js';
import { logContainerEvent } from './events.js';
import { processTable } from './ps.js';
import { isRestarting, notRunning } from './run/active.js';

/** A column that another one poses as. */
const replacePid = /(?<!\s)\s+([^\s]*)=\s*(PID[^\s]*)/g;

/**
 * `GET /containers/{id}/top` (docs/reference/behavior/containers.md#container-top).
 *
 * @param psArgs arguments of `ps`. Default: `-ef`.
 * @throws NOT_FOUND; CONFLICT if it is stopped or restarting; INTERNAL for invalid arguments of `ps`
 */
export function containerTop(context: Context, name: string, psArgs: string): AnswerOf<'ContainerTop'> {
  const args = psArgs === '' ? '-ef' : psArgs;
  for (const [, key, value] of args.matchAll(replacePid))
    if (key !== 'pid') throw new AttestdError('INTERNAL', `specifying "${key}=${value}" is not allowed`);
  const container = context.containers.resolve(name);
  const { sandbox, state } = container;
  if (state.restarting) throw isRestarting(container);
  if (sandbox === undefined) throw notRunning(container);
  const { titles, rows } = processTable(sandbox.processes(), args, context.timers.now());
  logContainerEvent(context, container, 'top');
  return { Processes: rows, Titles: titles };
}
