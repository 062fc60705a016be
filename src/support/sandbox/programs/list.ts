import { withDots } from '../fs/names.js';
import { onDisk } from '../fs/node.js';
import { joinPath } from '../fs/paths.js';
import type { Stat } from '../fs/types.js';
import type { Task } from '../kernel/task.js';
import { groups, passwd } from '../users.js';
import { at, lookup } from './files.js';
import { complain, Output, reason } from './io.js';
import { mergeSort } from './merge-sort.js';
import { modeText } from './mode.js';
import { type Options, parseOptions, withUsage } from './options.js';

interface Item {
  readonly name: string;
  readonly path: string;
  readonly stat: Stat;
}

/** `ls`: one name a line, or in long form. */
export const ls = withUsage(async (task, argv) => {
  const options = parseOptions(argv, '1AaCxdLHRFplinshrSXvctukT:w:g', {
    long: { all: 'a', 'full-time': 'l', color: '1' },
  });
  const words = options.words.length === 0 ? ['.'] : options.words;
  const output = new Output(task);
  let status = 0;
  const plain: Item[] = [];
  const directories: Item[] = [];
  for (const word of words) {
    const item = find(task, word, word, options);
    if (item === undefined) {
      await complain(task, `ls: ${word}: ${missingReason(task, word)}`);
      status = 1;
    } else if (item.stat.type === 'directory' && !options.has('d')) directories.push(item);
    else plain.push(item);
  }
  if (plain.length > 0) await show(task, await sorted(task, plain, options), options, output, false);
  let first = plain.length === 0;
  const titles = words.length > 1 || options.has('R');
  const left = (await sorted(task, directories, options)).reverse();
  for (let item = left.pop(); item !== undefined; item = left.pop()) {
    if (titles) await output.add(`${first ? '' : '\n'}${item.name}:\n`);
    first = false;
    let items: Item[];
    try {
      items = await inside(task, item, options);
    } catch (error) {
      await output.flush();
      await complain(task, `ls: can't open '${item.path}': ${reason(error)}`);
      status = 1;
      continue;
    }
    await show(task, items, options, output, true);
    if (options.has('R')) {
      const below = items.filter(({ stat, name }) => stat.type === 'directory' && name !== '.' && name !== '..');
      for (const child of below.reverse()) left.push({ ...child, name: child.path });
    }
    const turn = task.step();
    if (turn !== undefined) await turn;
  }
  await output.flush();
  return status;
});

function missingReason(task: Task, path: string): string {
  try {
    task.fs.lstat(at(task, path));
    return '';
  } catch (error) {
    return reason(error);
  }
}

function find(task: Task, path: string, name: string, options: Options): Item | undefined {
  const own = lookup(task, path);
  if (own === undefined) return undefined;
  const follow =
    options.has('L') || (own.type === 'symlink' && !options.has('l') && !options.has('d') && !options.has('F'));
  const stat = follow || path.endsWith('/') ? (task.fs.find(at(task, path)) ?? own) : own;
  return { name, path, stat };
}

async function inside(task: Task, { path }: Item, options: Options): Promise<Item[]> {
  const hidden = options.has('a') || options.has('A');
  const names = task.fs.names(at(task, path));
  const items: Item[] = [];
  for (const name of options.has('a') ? withDots(names) : names) {
    if (!hidden && name.startsWith('.')) continue;
    await task.step();
    const below = path.endsWith('/') ? `${path}${name}` : joinPath(path, name);
    const stat = options.has('L') ? task.fs.find(at(task, below)) : lookup(task, below);
    if (stat !== undefined) items.push({ name, path: below, stat });
  }
  return sorted(task, items, options);
}

async function sorted(task: Task, items: readonly Item[], options: Options): Promise<Item[]> {
  const all = [...(await mergeSort(task, items, orderOf(options)))];
  return options.has('r') ? all.reverse() : all;
}

function orderOf(options: Options): (a: Item, b: Item) => number {
  if (options.has('t')) return (a, b) => (a.stat.mtime < b.stat.mtime ? 1 : a.stat.mtime > b.stat.mtime ? -1 : 0);
  if (options.has('S')) return (a, b) => b.stat.size - a.stat.size;
  return (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}

async function show(
  task: Task,
  items: readonly Item[],
  options: Options,
  output: Output,
  total: boolean,
): Promise<void> {
  if (!options.has('l') && !options.has('n') && !options.has('g')) {
    for (const item of items) {
      await task.step();
      await output.add(`${prefix(item, options)}${item.name}${typeMark(item, options)}\n`);
    }
    return;
  }
  if (total) await output.add(`total ${items.reduce((sum, { stat }) => sum + blocks(stat), 0)}\n`);
  const users = options.has('n') ? [] : passwd(task.machine.fileSystem);
  const known = options.has('n') ? [] : groups(task.machine.fileSystem);
  for (const item of items) {
    await task.step();
    const { stat } = item;
    const owner = users.find(({ uid }) => uid === stat.uid)?.name ?? String(stat.uid);
    const group = known.find(({ gid }) => gid === stat.gid)?.name ?? String(stat.gid);
    const size = stat.device
      ? `${stat.device.major}, ${String(stat.device.minor).padStart(3)}`
      : options.has('h')
        ? human(stat.size)
        : String(stat.size);
    const link = stat.type === 'symlink' ? ` -> ${stat.target}` : '';
    await output.add(
      `${prefix(item, options)}${modeText(stat.type, stat.mode)} ${String(stat.links).padStart(4)} ${owner.slice(0, 8).padEnd(8)} ${group.slice(0, 8).padEnd(8)} ` +
        `${size.padStart(9)} ${dateOf(stat, task.machine.clock.now())} ${item.name}${link}${typeMark(item, options)}\n`,
    );
  }
}

const prefix = ({ stat }: Item, options: Options): string =>
  (options.has('i') ? `${String(stat.inode).padStart(7)} ` : '') +
  (options.has('s') ? `${String(blocks(stat)).padStart(6)} ` : '');

/** Kilobytes on the disk, in blocks of 4. */
const blocks = ({ size, type }: Stat): number => (type === 'file' || type === 'directory' ? onDisk(size) / 1024 : 0);

function human(size: number): string {
  if (size < 1024) return String(size);
  const power = Math.min(Math.floor(Math.log2(size) / 10), 4);
  return `${(size / 1024 ** power).toFixed(1)}${'KMGT'[power - 1]}`;
}

function typeMark({ stat }: Item, options: Options): string {
  if (options.has('p') || options.has('F')) if (stat.type === 'directory') return '/';
  if (!options.has('F')) return '';
  if (stat.type === 'symlink') return '@';
  if (stat.type === 'fifo') return '|';
  return stat.type === 'file' && (stat.mode & 0o111) !== 0 ? '*' : '';
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const halfYear = 182.5 * 86_400_000;

/** As `ls -l` shows it: with the time of day for the last half year, otherwise with the year. */
function dateOf({ mtime }: Stat, now: number): string {
  const milliseconds = Number(mtime / 1_000_000n);
  const date = new Date(milliseconds);
  const day = `${months[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)}`;
  const recent = Math.abs(now - milliseconds) < halfYear;
  return recent ? `${day} ${date.toISOString().slice(11, 16)}` : `${day}  ${date.getUTCFullYear()}`;
}
