import { AttestdError } from '../../../support/foundation/errors.js';
import { namedSignal, SIG, signalNames } from '../../../support/sandbox/kernel/signals.js';

const smallestRealTime = 34;
const largestRealTime = 64;

export const sigkill = SIG.KILL;
export const sigterm = SIG.TERM;

/**
 * Parses the signal of a request: a name with or without `SIG`, or any number.
 *
 * @throws INVALID_ARGUMENT for anything else
 */
export function requestedSignal(text: string): number {
  const number = /^[+-]?\d+$/.test(text) ? Number(text) : (namedSignal(text) ?? realTime(text));
  // Shells call 0 EXIT. It cannot be sent.
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

/** Whether the kernel has a signal of that number. */
export function isKnownSignal(number: number): boolean {
  const named = number > 0 && number < signalNames.length;
  return named || (number >= smallestRealTime && number <= largestRealTime);
}
