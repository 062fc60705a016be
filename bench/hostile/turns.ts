/**
 * The processor time that a server's main thread takes before it looks at what else there is to do: what others have to wait
 * for, whatever else the machine does.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** Milliseconds between two looks. */
const pace = 5;

/** What became of a server's main thread since it was asked last. */
export interface Turns {
  /** Milliseconds of a processor that its longest turn took. */
  readonly longest: number;
  /** Milliseconds that it was ready to run and others had the processor. */
  readonly waited: number;
}

/** In the server: look at the clock of the main thread in a steady rhythm, and tell the parent what it asks for. */
export function tellTurns(): void {
  let before = clocks();
  let asked = before;
  let longest = 0;
  setInterval(() => {
    const now = clocks();
    longest = Math.max(longest, now.ran - before.ran);
    before = now;
  }, pace).unref();
  process.on('message', () => {
    const now = clocks();
    process.send?.({ longest, waited: now.waited - asked.waited } satisfies Turns);
    asked = now;
    longest = 0;
  });
}

/** What became of a server since this was asked last; undefined where no such server is asked. */
export async function turnsOf(child: ChildProcess | undefined): Promise<Turns | undefined> {
  if (child === undefined) return undefined;
  const answer = once(child, 'message');
  child.send('turns');
  const [turns] = await answer;
  return turns as Turns;
}

/** Milliseconds that the main thread was on a processor so far, and waited for one (proc(5), schedstat). */
function clocks(): { readonly ran: number; readonly waited: number } {
  const [ran, waited] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1').split(' ').map(Number);
  return { ran: (ran ?? 0) / 1e6, waited: (waited ?? 0) / 1e6 };
}
