/** What the gate keeps of clients that leave at any moment, before daemons of every kind: its memory after thousands of them. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startGate } from '../src/gate/index.js';
import { daemonThat, digest, visitAll } from '../test/gate/leaving.js';
import { listAudit } from '../test/gate/support.js';
import { readTool } from '../test/helpers/options.js';
import { load } from './result.js';

/** What the gate's process holds after a collection, bytes. */
interface Held {
  readonly heap: number;
  readonly external: number;
}

/** Milliseconds that the daemon's connections may take to be let go of. */
const patience = 30_000;

const mebi = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1);

function resident(pid: number): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return (Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024).toFixed(1);
}

async function main(): Promise<number> {
  const { values } = readTool({
    name: 'gate-leaving',
    help: `usage: npx tsx bench/gate-leaving.ts [OPTIONS]

Lets 576 clients a round leave the gate at any moment, before daemons that stall, die and pour, and tells after each round what
the gate's process holds: resident memory, and after a collection the heap and what is beside it.

  --rounds N  10 without it

example: npx tsx bench/gate-leaving.ts --rounds 3
`,
    options: { rounds: { type: 'number', whole: true, default: 10 } },
  });
  const folder = mkdtempSync(join(tmpdir(), 'attestd-bench-leaving-'));
  const path = join(folder, 'gate.sock');
  const held = new Map<net.Socket, string>();
  const daemon = daemonThat(held).listen(`${path}.daemon`);
  await once(daemon, 'listening');
  const child = fork(fileURLToPath(import.meta.url), [], { env: { ...process.env, LEAVING_SOCKET: path } });
  await once(child, 'message');
  const look = async (came: number): Promise<void> => {
    const answer = once(child, 'message');
    child.send('look');
    const [{ heap, external }] = (await answer) as [Held];
    process.stdout.write(
      `| ${came} | ${resident(Number(child.pid))} | ${mebi(heap)} | ${mebi(external)} | ${held.size} |\n`,
    );
  };
  try {
    process.stdout.write(
      `load ${load()}\n\n| clients | resident, MiB | heap | external | connections held |\n|---|---|---|---|---|\n`,
    );
    await look(0);
    let came = 0;
    for (let round = 0; round < values.rounds; round++) {
      came += await visitAll(path);
      // What was under way when the last one left comes to the daemon yet.
      await sleep(500);
      const until = performance.now() + patience;
      while (held.size > 0 && performance.now() < until) await sleep(50);
      await look(came);
    }
  } finally {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    daemon.close();
    for (const socket of held.keys()) socket.destroy();
    rmSync(folder, { recursive: true, force: true });
  }
  return 0;
}

const { LEAVING_SOCKET: socket } = process.env;
if (socket === undefined) process.exitCode = await main();
else {
  process.once('disconnect', () => process.exit());
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const { decisions, ...audit } = listAudit();
  const judge = async () => ({ allowed: true, reasons: [], warnings: [], image: digest });
  await startGate({ listen: [`unix://${socket}`], host: `unix://${socket}.daemon`, judge: () => judge, audit });
  process.on('message', async () => {
    // What a test keeps of decisions is nothing of the gate's.
    decisions.length = 0;
    // Twice, for what the first one finalizes.
    for (let i = 0; i < 2; i++) {
      collect();
      await sleep(20);
    }
    const { heapUsed, external } = process.memoryUsage();
    process.send?.({ heap: heapUsed, external } satisfies Held);
  });
  process.send?.('begun');
}
