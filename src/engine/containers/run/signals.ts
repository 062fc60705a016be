import { AttestdError } from '../../../support/foundation/errors.js';
import { namedSignal, SIG, signalNames } from '../../../support/sandbox/kernel/signals.js';

const smallestRealTime = 34;
const largestRealTime = 64;

export const sigkill = SIG.KILL;
export const sigterm = SIG.TERM;

/**
 * A signal that a request names, with or without `SIG`, or by its number, which need not be one that there is.
 *
 * @throws INVALID_ARGUMENT for what is none
 */
export function requestedSignal(text: string): number {
  const number = /^[+-]?\d+$/.test(text) ? Number(text) : (namedSignal(text) ?? realTime(text));
  // 0 is what a shell calls EXIT, and none that could be sent.
  if (!number) throw new AttestdError('INVALID_ARGUMENT', `invalid signal: ${text}`);
  return number;
}

function realTime(text: string): number | undefined {
  const found = /^(?:SIG)?RT(MIN|MAX)(?:([+-])(\d+))?$/i.exec(text);
  if (found === null) return undefined;
  const base = found[1]?.toUpperCase() === 'MIN' ? smallestRealTime : largestRealTime;
  const number = base + Number(`${found[2] ?? '+'}${found[3] ?? 0}`);
  return number >= smallestRealTime && number <= largestRealTime ? number : undefined;
}

/** Whether the kernel knows a signal of that number. */
export function isKnownSignal(number: number): boolean {
  const named = number > 0 && number < signalNames.length;
  return named || (number >= smallestRealTime && number <= largestRealTime);
}
