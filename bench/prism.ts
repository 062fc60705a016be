/** Prism, a generic mock of a description, in a process of its own; it is installed by `npm ci --prefix bench/prism`. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('prism/node_modules/@stoplight/prism-cli/dist/index.js', import.meta.url));
const description = fileURLToPath(new URL('../api/swagger.yaml', import.meta.url));

/**
 * Start Prism.
 *
 * @returns what ends it; undefined where it is not installed
 */
export async function prism(port: number): Promise<(() => void) | undefined> {
  if (!existsSync(program)) return undefined;
  const child = spawn(process.execPath, [program, 'mock', '--port', String(port), '--host', '127.0.0.1', description], {
    stdio: 'ignore',
  });
  const until = Date.now() + 60_000;
  for (;;) {
    const up = await fetch(`http://127.0.0.1:${port}/v1.55/_ping`).catch(() => undefined);
    await up?.arrayBuffer();
    if (up !== undefined) return () => void child.kill();
    if (child.exitCode !== null || Date.now() > until) {
      child.kill();
      throw new Error('Prism did not start');
    }
    await sleep(100);
  }
}
