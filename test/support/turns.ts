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
