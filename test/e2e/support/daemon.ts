import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

/** A daemon under test. */
export interface Daemon {
  /** Its address as DOCKER_HOST takes it. */
  readonly host: string;
  /** The path of its unix socket. */
  readonly socket: string;
  /** The folder of its image store; undefined for a daemon that the tests did not start. */
  readonly store: string | undefined;
  /** Ends it as Ctrl-C does; resolves with its exit code. */
  stop(): Promise<number | null>;
}

/** Waits for the line that says that the server listens. */
function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let printed = '';
    const collect = (chunk: Buffer): void => {
      printed += chunk.toString();
      if (printed.includes('DOCKER_HOST=')) resolve();
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`attestd serve ended with ${code}: ${printed}`)));
  });
}

/**
 * Starts the built `attestd serve` on a store that is kept, or with an empty store of its own.
 *
 * With ATTESTD_E2E_HOST=unix://PATH the tests run against that daemon instead, to see that what they expect is what a
 * real one does. It should be an empty one: the tests prune.
 *
 * @param args further options of `attestd serve`
 * @param kept the folder of a store that is there already, and stays
 */
export async function startDaemon(args: readonly string[] = [], kept?: string): Promise<Daemon> {
  const given = process.env.ATTESTD_E2E_HOST;
  if (given !== undefined && given !== '' && kept === undefined) {
    return { host: given, socket: given.replace(/^unix:\/\//, ''), store: undefined, stop: async () => 0 };
  }
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: run 'make build' first`);
  const folder = await mkdtemp(join(tmpdir(), 'attestd-e2e-'));
  const socket = join(folder, 'docker.sock');
  const store = kept ?? join(folder, 'store');
  const child = spawn(process.execPath, [MAIN, 'serve', '--listen', `unix://${socket}`, '--store', store, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  try {
    await ready(child);
  } catch (error) {
    child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  return {
    host: `unix://${socket}`,
    socket,
    store,
    stop: async () => {
      child.kill('SIGINT');
      const code = await ended;
      const left = existsSync(socket);
      await rm(folder, { recursive: true, force: true });
      if (left) throw new Error(`the server left its socket ${socket} behind`);
      return code;
    },
  };
}
