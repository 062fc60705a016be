/**
 * Asks for `/_ping` at a steady pace, in a process of its own, so that what the attacker does in this one does not count.
 * A ping that is late does not keep the next one from being sent.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';

/** Milliseconds between two pings, and that one is waited for. */
const pace = 20;
const patience = 20_000;

/** How long pings took, milliseconds, sorted. */
export interface Pings {
  readonly times: readonly number[];
  /** Those that were not answered with 200. */
  readonly failed: number;
}

/** Begin to ask. @returns stops, and gives what was measured */
export async function startPings(socketPath: string): Promise<() => Promise<Pings>> {
  const child = fork(fileURLToPath(import.meta.url), [], { env: { ...process.env, PINGED_SOCKET: socketPath } });
  await once(child, 'message');
  return async () => {
    const found = once(child, 'message');
    child.send('stop');
    const [pings] = await found;
    if (child.exitCode === null) await once(child, 'exit');
    return pings as Pings;
  };
}

async function pingOnce(agent: Agent, socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ agent, socketPath, path: '/_ping', timeout: patience }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode === 200));
    });
    asked.once('timeout', () => asked.destroy());
    asked.once('error', () => resolve(false));
    asked.end();
  });
}

async function measure(socketPath: string): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const times: number[] = [];
  const underWay = new Set<Promise<void>>();
  let failed = 0;
  const one = async (count: boolean): Promise<void> => {
    const began = performance.now();
    const good = await pingOnce(agent, socketPath);
    if (!count) return;
    if (good) times.push(performance.now() - began);
    else failed++;
  };
  for (let i = 0; i < 5; i++) await one(false);
  const timer = setInterval(() => {
    const ping = one(true).finally(() => underWay.delete(ping));
    underWay.add(ping);
  }, pace);
  process.once('message', async () => {
    clearInterval(timer);
    await Promise.all(underWay);
    agent.destroy();
    process.send?.({ times: times.sort((a, b) => a - b), failed } satisfies Pings, () => process.disconnect());
  });
  process.send?.('begun');
}

const { PINGED_SOCKET: pinged } = process.env;
if (pinged !== undefined) {
  process.once('disconnect', () => process.exit());
  await measure(pinged);
}
