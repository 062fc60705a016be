import { setImmediate as nextTurn } from 'node:timers/promises';

/** Milliseconds that long work takes at a time before requests that came meanwhile have their turn. */
const slice = 10;

let began = 0;

/**
 * Called in each round of a loop that may be long: lets others have their turn when it is due. What reads small files does
 * so on the spot, so that nothing else in such a loop waits.
 *
 * @returns undefined while it is not due
 */
export function giveWay(): Promise<void> | undefined {
  const now = performance.now();
  if (now - began < slice) return undefined;
  return nextTurn().then(() => {
    began = performance.now();
  });
}
