import { isIP } from 'node:net';
import type { Task } from '../kernel/task.js';

/** The addresses that a program finds for a name: its own if it is one, those in /etc/hosts, then the daemon's. */
export function addressesOf(task: Task, name: string): readonly string[] {
  if (isIP(name) !== 0) return [name];
  const known = hostsOf(task).flatMap(([address = '', ...names]) => (names.includes(name) ? [address] : []));
  if (known.length > 0) return known;
  return name === 'localhost' ? ['127.0.0.1'] : task.machine.network.resolve(name);
}

/** The lines of /etc/hosts: an address and its names. */
export function hostsOf(task: Task): string[][] {
  if (task.fs.find('/etc/hosts')?.type !== 'file') return [];
  return task.fs
    .readFile('/etc/hosts')
    .toString()
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().split(/\s+/))
    .filter(([address]) => address !== '');
}
