import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** How often to look whether the parent is still there, milliseconds. */
const parentCheck = 250;

/** What the system tells of a process; undefined when it is gone. */
interface Process {
  readonly parent: number;
  readonly command: string;
  /** Whether it has ended, and is only to be waited for. */
  readonly ended: boolean;
}

function describe(pid: number): Process | undefined {
  try {
    const text =
      process.platform === 'linux'
        ? readFileSync(`/proc/${pid}/stat`, 'latin1')
        : execFileSync('ps', ['-o', 'pid=,comm=,stat=,ppid=', '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' });
    const [, command, state, parent] = /^\s*\d+\s+\(?(.*?)\)?\s+([A-Z])\S*\s+(\d+)/s.exec(text) ?? [];
    return command === undefined
      ? undefined
      : { command: basename(command), ended: state === 'Z', parent: Number(parent) };
  } catch {
    return undefined;
  }
}

/** The npx that started this process through a shell, which outlives it. */
function npxBehind(parent: number): number | undefined {
  if (process.env.npm_command !== 'exec') return undefined;
  const found = describe(parent);
  return found !== undefined && /^-?(?:ba|da|z|k)?sh$/.test(found.command) ? found.parent : undefined;
}

/**
 * Resolves when the user or the system asks the process to end, or, where wanted, when the parent has gone. From then on
 * a further signal ends the process at once; what is temporary goes with it.
 *
 * @param withParent whether the parent's end is the end; npx counts as the parent of what it runs through a shell
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
    const npx = npxBehind(parent);
    const timer = setInterval(() => {
      if (process.ppid === parent && (npx === undefined || describe(npx)?.ended === false)) return;
      clearInterval(timer);
      ending = true;
      resolve();
    }, parentCheck);
    timer.unref();
  });
}
