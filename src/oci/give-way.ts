/** Milliseconds that long work takes at a time before requests that came meanwhile have their turn. */
const slice = 10;

let began = 0;

/** Those whose turn is to come, the first from `next` on. */
let waiting: (() => void)[] = [];
let next = 0;

/**
 * Called in each round of a loop that may be long: lets others have their turn when it is due. What reads small files does
 * so on the spot, so that nothing else in such a loop waits.
 *
 * Of many such loops at the same time one goes on in each turn of the event loop: all of them together would be as long as
 * if none had given way.
 *
 * @returns undefined while it is not due
 */
export function giveWay(): Promise<void> | undefined {
  if (performance.now() - began < slice) return undefined;
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length - next === 1) setImmediate(goOn);
  });
}

function goOn(): void {
  const resume = waiting[next++] as () => void;
  if (next < waiting.length) setImmediate(goOn);
  else {
    waiting = [];
    next = 0;
  }
  began = performance.now();
  resume();
}
