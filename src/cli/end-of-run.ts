import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** Interval of checks for the parent process, milliseconds. */
const parentCheck = 250;

/** State of a process. */
interface Process {
  readonly parent: number;
  readonly command: string;
  /** Whether it is a zombie. */
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

/** Returns the process id of the npx that started this process through a shell, if any. The shell outlives npx. */
function npxBehind(parent: number): number | undefined {
  if (process.env.npm_command !== 'exec') return undefined;
  const found = describe(parent);
  return found !== undefined && /^-?(?:ba|da|z|k)?sh$/.test(found.command) ? found.parent : undefined;
}

/**
 * Resolves at SIGINT or SIGTERM, or when the parent process exits. A second signal exits at once and removes temporary
 * files. SIGHUP, SIGQUIT, SIGUSR1 and SIGUSR2 are ignored.
 *
 * @param withParent resolve when the parent exits. npx counts as the parent of a command that it runs through a shell.
 */
export function endOfRun(withParent: boolean): Promise<void> {
  // Their defaults would end the process or, for SIGUSR1, open Node's inspector.
  for (const signal of ['SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const) process.on(signal, () => undefined);
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
