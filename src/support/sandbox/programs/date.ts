import type { Task } from '../kernel/task.js';
import { at } from './files.js';
import { complain, write } from './io.js';
import { parseOptions, withUsage } from './options.js';

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** `date [-u] [-d TIME] [-r FILE] [+FORMAT]`; the time zone is UTC. */
export const date = withUsage(async (task, argv) => {
  const { words, has, value } = parseOptions(argv, 'uRd:r:s:D:I', { long: { utc: 'u', date: 'd' } });
  const given = value('d');
  const file = value('r');
  let when = task.machine.clock.now();
  if (given !== undefined) when = parse(given, when);
  if (file !== undefined) when = Number(task.fs.stat(at(task, file)).mtime / 1_000_000n);
  if (Number.isNaN(when)) {
    await complain(task, `date: invalid date '${given}'`);
    return 1;
  }
  if (has('s')) {
    await complain(task, "date: can't set date: Operation not permitted");
    return 1;
  }
  const format =
    words.find((word) => word.startsWith('+'))?.slice(1) ??
    (has('R') ? '%a, %d %b %Y %T %z' : has('I') ? '%F' : '%a %b %e %T UTC %Y');
  await write(task, `${formatDate(format, when)}\n`);
  return 0;
});

function parse(text: string, now: number): number {
  if (/^@-?\d+$/.test(text)) return Number(text.slice(1)) * 1000;
  if (text === 'now') return now;
  const iso = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d)?))?Z?$/.exec(text);
  return iso === null ? Date.parse(text) : Date.parse(`${iso[1]}T${iso[2] ?? '00:00:00'}Z`);
}

function formatDate(format: string, when: number): string {
  const date = new Date(when);
  const two = (number: number): string => String(number).padStart(2, '0');
  const [year, month, day, hour] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate(), date.getUTCHours()];
  const dayOfYear = Math.floor((Date.UTC(year, month, day) - Date.UTC(year, 0, 1)) / 86_400_000) + 1;
  const values: Readonly<Record<string, () => string>> = {
    Y: () => String(year),
    y: () => two(year % 100),
    C: () => two(Math.floor(year / 100)),
    m: () => two(month + 1),
    d: () => two(day),
    e: () => String(day).padStart(2),
    H: () => two(hour),
    I: () => two(hour % 12 || 12),
    M: () => two(date.getUTCMinutes()),
    S: () => two(date.getUTCSeconds()),
    N: () => String(Math.floor((when % 1000) * 1e6)).padStart(9, '0'),
    s: () => String(Math.floor(when / 1000)),
    a: () => (days[date.getUTCDay()] as string).slice(0, 3),
    A: () => days[date.getUTCDay()] as string,
    b: () => (months[month] as string).slice(0, 3),
    h: () => (months[month] as string).slice(0, 3),
    B: () => months[month] as string,
    j: () => String(dayOfYear).padStart(3, '0'),
    u: () => String(date.getUTCDay() || 7),
    w: () => String(date.getUTCDay()),
    p: () => (hour < 12 ? 'AM' : 'PM'),
    Z: () => 'UTC',
    z: () => '+0000',
    n: () => '\n',
    t: () => '\t',
    '%': () => '%',
    T: () => formatDate('%H:%M:%S', when),
    R: () => formatDate('%H:%M', when),
    F: () => formatDate('%Y-%m-%d', when),
    D: () => formatDate('%m/%d/%y', when),
    c: () => formatDate('%a %b %e %T %Y', when),
    x: () => formatDate('%m/%d/%y', when),
    X: () => formatDate('%T', when),
  };
  return format.replace(/%(.)/g, (all, letter: string) => values[letter]?.() ?? all);
}

/** Seconds since the container's start, as `uptime` shows them. */
export async function uptime(task: Task): Promise<number> {
  const now = task.machine.clock.now();
  const minutes = Math.floor((now - task.machine.startedAt) / 60_000);
  await write(task, ` ${formatDate('%T', now)} up ${minutes} min,  0 users,  load average: 0.00, 0.00, 0.00\n`);
  return 0;
}
