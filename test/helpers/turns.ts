/**
 * Do something.
 *
 * @returns how many turns of the event loop others got meanwhile, those less than a millisecond apart counted once
 */
export async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  const others = setInterval(() => turns++, 1);
  try {
    await work();
  } finally {
    clearInterval(others);
  }
  return turns;
}

const now = performance.now.bind(performance);
/** Milliseconds that the machine has stood still. */
let still = 0;

/**
 * Let looks at the time find that much of it has gone by, as on a machine that stands still in between: what gives way where it is
 * due then does so each time.
 *
 * @param stands whether it stood still before a look
 * @returns what ends it; no time is taken back
 */
export function standingStill(stands: () => boolean = () => true): () => void {
  performance.now = () => {
    if (stands()) still += 20;
    return now() + still;
  };
  return () => {
    performance.now = () => now() + still;
  };
}
