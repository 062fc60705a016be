import { isIP } from 'node:net';
import type { Task } from '../kernel/task.js';
import { nslookupTimeoutMs } from '../limits.js';
import { daemonResolver } from '../resolvers.js';
import { complain, write } from './io.js';

const silence = ';; connection timed out; no servers could be reached\n\n';

/** `nslookup [-type=TYPE] NAME [SERVER]`: only the daemon's own server answers, and it knows containers alone. */
export async function nslookup(task: Task, argv: readonly string[]): Promise<number> {
  const words = argv.slice(1).filter((word) => !word.startsWith('-'));
  const type = argv
    .find((word) => /^-(query)?type=/.test(word))
    ?.split('=')[1]
    ?.toLowerCase();
  const { network } = task.machine;
  const [name, server = network.resolver] = words;
  if (name === undefined) {
    await complain(task, 'Usage: nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]');
    return 1;
  }
  if (server !== daemonResolver || network.resolver !== daemonResolver) {
    if (network.interfaces().length === 0) {
      await complain(task, `nslookup: can't connect to remote host (${server}): Network is unreachable`);
      return 1;
    }
    await task.sleep(nslookupTimeoutMs);
    await write(task, silence);
    return 1;
  }
  await write(task, `Server:\t\t${server}\nAddress:\t${server}:53\n\n`);
  return isIP(name) === 4 ? printName(task, name) : printAddresses(task, name, type);
}

const answer = 'Non-authoritative answer:\n';

async function printName(task: Task, address: string): Promise<number> {
  const reversed = `${address.split('.').reverse().join('.')}.in-addr.arpa`;
  const found = task.machine.network.nameOf(address);
  await write(
    task,
    found === undefined
      ? `** server can't find ${reversed}: NXDOMAIN\n\n`
      : `${answer}${reversed}\tname = ${found}\n\n`,
  );
  return found === undefined ? 1 : 0;
}

async function printAddresses(task: Task, name: string, type: string | undefined): Promise<number> {
  const found = task.machine.network.resolve(name);
  const asked = type === undefined ? [6, 4] : type === 'aaaa' ? [6] : [4];
  if (found.length === 0) {
    await write(task, asked.map(() => `** server can't find ${name}: SERVFAIL\n\n`).join(''));
    return 1;
  }
  for (const family of asked) {
    const lines = found
      .filter((address) => isIP(address) === family)
      .map((address) => `Name:\t${name}\nAddress: ${address}\n`);
    await write(task, `${answer}${lines.join('')}\n`);
  }
  return 0;
}
