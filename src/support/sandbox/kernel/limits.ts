import type { ResourceLimit } from '../types.js';

/** A bound that a process has; undefined is none. */
export interface Limit {
  readonly soft: number | undefined;
  readonly hard: number | undefined;
}

/** A kind of bound: how `ulimit` and /proc/self/limits call it. */
export interface LimitKind {
  /** As in a container's `Ulimits`; none for what these do not have. */
  readonly name: string;
  readonly letter: string;
  /** Size of the `ulimit` unit in kernel units. */
  readonly unit: number;
  readonly label: string;
  /** The kernel's name and unit; empty where it lists none. */
  readonly title: string;
  readonly counted: string;
  readonly default: Limit;
}

const unlimited: Limit = { soft: undefined, hard: undefined };
const at = (soft: number | undefined, hard: number | undefined): Limit => ({ soft, hard });
const kind = (
  name: string,
  letter: string,
  unit: number,
  label: string,
  title: string,
  counted: string,
  usual = unlimited,
): LimitKind => ({ name, letter, unit, label, title, counted, default: usual });

/** In the order of `ulimit -a`; what a container has without bounds of its own. */
export const limitKinds: readonly LimitKind[] = [
  kind('core', 'c', 512, 'core file size (blocks)', 'core file size', 'bytes', at(0, undefined)),
  kind('data', 'd', 1024, 'data seg size (kb)', 'data size', 'bytes'),
  kind('nice', 'e', 1, 'scheduling priority', 'nice priority', '', at(0, 0)),
  kind('fsize', 'f', 512, 'file size (blocks)', 'file size', 'bytes'),
  kind('sigpending', 'i', 1, 'pending signals', 'pending signals', 'signals', at(31_000, 31_000)),
  kind('memlock', 'l', 1024, 'max locked memory (kb)', 'locked memory', 'bytes', at(8_388_608, 8_388_608)),
  kind('rss', 'm', 1024, 'max memory size (kb)', 'resident set', 'bytes'),
  kind('nofile', 'n', 1, 'open files', 'open files', 'files', at(1_048_576, 1_048_576)),
  kind('msgqueue', 'q', 1, 'POSIX message queues (bytes)', 'msgqueue size', 'bytes', at(819_200, 819_200)),
  kind('rtprio', 'r', 1, 'real-time priority', 'realtime priority', '', at(0, 0)),
  kind('stack', 's', 1024, 'stack size (kb)', 'stack size', 'bytes', at(8_388_608, undefined)),
  kind('cpu', 't', 1, 'cpu time (seconds)', 'cpu time', 'seconds'),
  kind('nproc', 'u', 1, 'max user processes', 'processes', 'processes', at(31_000, 31_000)),
  kind('', 'v', 1024, 'virtual memory (kb)', 'address space', 'bytes'),
  kind('locks', 'x', 1, 'file locks', 'file locks', 'locks'),
];

/** A kind by its letter. */
export const limitKind = (letter: string): LimitKind => limitKinds.find((each) => each.letter === letter) as LimitKind;

/** The bounds of a process, by the letter of `ulimit`. */
export type Limits = ReadonlyMap<string, Limit>;

const defaultLimits: Limits = new Map(limitKinds.map(({ letter, default: usual }) => [letter, usual]));

/** Returns the initial limits of a container's processes. */
export function limitsOf(own: readonly ResourceLimit[]): Limits {
  if (own.length === 0) return defaultLimits;
  const number = (value: number): number | undefined => (value < 0 ? undefined : value);
  return new Map(
    limitKinds.map(({ name, letter, default: usual }) => {
      const given = own.find((limit) => limit.name === name);
      return [letter, given === undefined ? usual : { soft: number(given.soft), hard: number(given.hard) }];
    }),
  );
}

/** Lines of /proc/self/limits in the kernel's order. */
const kernelOrder = [...'tfdscmunlvxiqer'];

/** /proc/self/limits */
export function limitsFile(limits: Limits): string {
  const cell = (value: number | undefined): string => String(value ?? 'unlimited').padEnd(21);
  const line = (title: string, soft: string, hard: string, unit: string): string =>
    `${title.padEnd(26)}${soft}${hard}${unit.padEnd(10)}\n`;
  const lines = kernelOrder.map((letter) => {
    const { title, counted } = limitKind(letter);
    const { soft, hard } = limits.get(letter) as Limit;
    return line(`Max ${title}`, cell(soft), cell(hard), counted);
  });
  const head = line('Limit', 'Soft Limit'.padEnd(21), 'Hard Limit'.padEnd(21), 'Units');
  return `${head}${lines.join('')}${line('Max realtime timeout', cell(undefined), cell(undefined), 'us')}`;
}
