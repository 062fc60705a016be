/**
 * The processor time that a server's main thread takes before it looks at what else there is to do: what others have to wait
 * for, whatever else the machine does.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** Milliseconds between two looks. */
const pace = 5;

/** In the server: look at the clock of the main thread in a steady rhythm, and tell the parent what it asks for. */
export function tellTurns(): void {
  let before = spent();
  let longest = 0;
  setInterval(() => {
    const now = spent();
    longest = Math.max(longest, now - before);
    before = now;
  }, pace).unref();
  process.on('message', () => {
    process.send?.(longest);
    longest = 0;
  });
}

/** Milliseconds of the longest turn since this was asked last; undefined where no such server is asked. */
export async function turnsOf(child: ChildProcess | undefined): Promise<number | undefined> {
  if (child === undefined) return undefined;
  const answer = once(child, 'message');
  child.send('turns');
  const [longest] = await answer;
  return longest as number;
}

/** Milliseconds that the main thread was on a processor so far (proc(5), schedstat). */
function spent(): number {
  return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1').split(' ', 1)[0]) / 1e6;
}
