/** How often to look whether the parent is still there, milliseconds. */
const parentCheck = 250;

/**
 * Resolves when the user or the system asks the process to end, or, where wanted, when the parent has gone. From then on
 * a further signal ends the process at once; what is temporary goes with it.
 *
 * @param withParent whether the parent's end is the end
 */
export function endOfRun(withParent: boolean): Promise<void> {
  return new Promise((resolve) => {
    let ending = false;
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.on(signal, () => {
        if (ending) process.exit(1);
        ending = true;
        resolve();
      });
    if (!withParent) return;
    const parent = process.ppid;
    const timer = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(timer);
      ending = true;
      resolve();
    }, parentCheck);
    timer.unref();
  });
}
