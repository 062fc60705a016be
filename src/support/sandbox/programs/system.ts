import { mounts } from '../kernel/proc.js';
import { SIG } from '../kernel/signals.js';
import type { Task } from '../kernel/task.js';
import { groups, passwd } from '../users.js';
import { complain, write } from './io.js';
import { hostsOf } from './names.js';
import { parseOptions, withUsage } from './options.js';

const userName = (task: Task, uid: number): string | undefined =>
  passwd(task.machine.fileSystem).find((entry) => entry.uid === uid)?.name;
const groupName = (task: Task, gid: number): string | undefined =>
  groups(task.machine.fileSystem).find((entry) => entry.gid === gid)?.name;

/** `id [-ugGnr] [USER]` */
export const id = withUsage(async (task, argv) => {
  const { words, has } = parseOptions(argv, 'ugGnr');
  const [name] = words;
  const entry =
    name === undefined
      ? undefined
      : passwd(task.machine.fileSystem).find((found) => found.name === name || String(found.uid) === name);
  if (name !== undefined && entry === undefined) {
    await complain(task, `id: unknown user ${name}`);
    return 1;
  }
  const { uid, gid } = entry ?? task.credentials;
  const further =
    entry === undefined
      ? task.credentials.groups
      : groups(task.machine.fileSystem)
          .filter(({ members }) => members.includes(entry.name))
          .map((group) => group.gid);
  const all = [...new Set([gid, ...further])];
  if (has('u')) await write(task, `${has('n') ? (userName(task, uid) ?? uid) : uid}\n`);
  else if (has('g')) await write(task, `${has('n') ? (groupName(task, gid) ?? gid) : gid}\n`);
  else if (has('G'))
    await write(task, `${all.map((group) => (has('n') ? (groupName(task, group) ?? group) : group)).join(' ')}\n`);
  else {
    const shown = (number: number, known: string | undefined): string =>
      known === undefined ? String(number) : `${number}(${known})`;
    // Of the process itself, all are shown as the kernel has them.
    const listed = entry === undefined && further.length > 0 ? further : all;
    const list = listed.map((group) => shown(group, groupName(task, group))).join(',');
    await write(
      task,
      `uid=${shown(uid, userName(task, uid))} gid=${shown(gid, groupName(task, gid))} groups=${list}\n`,
    );
  }
  return 0;
});

export async function whoami(task: Task): Promise<number> {
  const { uid } = task.credentials;
  const name = userName(task, uid);
  if (name === undefined) {
    await complain(task, `whoami: unknown uid ${uid}`);
    return 1;
  }
  await write(task, `${name}\n`);
  return 0;
}

/** `hostname [NAME]`, as root. */
export const hostname = withUsage(async (task, argv) => {
  const { words, has } = parseOptions(argv, 'sfdiIF:');
  const { machine } = task;
  const [name] = words;
  if (name !== undefined) {
    await complain(task, 'hostname: sethostname: Operation not permitted');
    return 1;
  }
  const full = machine.domainname === '' ? machine.hostname : `${machine.hostname}.${machine.domainname}`;
  if (has('i') || has('I')) {
    const line = hostsOf(task).find(([, ...names]) => names.includes(machine.hostname));
    await write(task, `${line?.[0] ?? '127.0.0.1'}${has('I') ? ' ' : ''}\n`);
  } else
    await write(
      task,
      `${has('d') ? machine.domainname : has('f') ? full : has('s') ? (machine.hostname.split('.')[0] as string) : machine.hostname}\n`,
    );
  return 0;
});

const machines: Readonly<Record<string, string>> = {
  amd64: 'x86_64',
  arm64: 'aarch64',
  arm: 'armv7l',
  '386': 'i686',
  ppc64le: 'ppc64le',
  s390x: 's390x',
  riscv64: 'riscv64',
};
const release = '6.1.0';

/** The name of the processor, as uname has it. */
export const machineOf = (task: Task): string =>
  machines[task.machine.image.architecture] ?? task.machine.image.architecture;

/** `uname [-asnrvmpio]` */
export const uname = withUsage(async (task, argv) => {
  const { has } = parseOptions(argv, 'asnrvmpio');
  const parts: readonly (readonly [string, string])[] = [
    ['s', 'Linux'],
    ['n', task.machine.hostname],
    ['r', release],
    ['v', '#1 SMP'],
    ['m', machineOf(task)],
    ['o', 'GNU/Linux'],
  ];
  const given = argv.length > 1;
  await write(
    task,
    `${parts
      .filter(([letter]) => (given ? has('a') || has(letter) : letter === 's'))
      .map(([, text]) => text)
      .join(' ')}\n`,
  );
  return 0;
});

export async function pwd(task: Task): Promise<number> {
  await write(task, `${task.cwd}\n`);
  return 0;
}

/** `printenv [NAME]…` */
export async function printenv(task: Task, argv: readonly string[]): Promise<number> {
  if (argv.length === 1) {
    await write(task, [...task.env].map(([name, value]) => `${name}=${value}\n`).join(''));
    return 0;
  }
  let status = 0;
  for (const name of argv.slice(1)) {
    const value = task.env.get(name);
    if (value === undefined) status = 1;
    else await write(task, `${value}\n`);
  }
  return status;
}

/** `ps [-o LIST]`: what busybox shows of every process. */
export const ps = withUsage(async (task, argv) => {
  // Words without a dash, as of `ps aux`, mean nothing to busybox.
  const { values } = parseOptions(
    argv.filter((word, index) => index === 0 || word.startsWith('-') || argv[index - 1] === '-o'),
    'o:TAefwla',
  );
  const columns = values('o').flatMap((list) => list.split(','));
  const shown = columns.length === 0 ? ['pid', 'user', 'time', 'args'] : columns;
  const known: Readonly<Record<string, readonly [string, number, (about: Task) => string]>> = {
    pid: ['PID', -5, (about) => String(about.pid)],
    ppid: ['PPID', -5, (about) => String(about.parent?.pid ?? 0)],
    pgid: ['PGID', -5, (about) => String(about.group)],
    user: ['USER', 8, (about) => userName(task, about.credentials.uid) ?? String(about.credentials.uid)],
    group: ['GROUP', 8, (about) => groupName(task, about.credentials.gid) ?? String(about.credentials.gid)],
    time: ['TIME', -5, (about) => timeOf(about.cpu)],
    comm: ['COMMAND', 16, (about) => (about.argv[0] ?? '').split('/').at(-1)?.slice(0, 15) ?? ''],
    args: ['COMMAND', 0, (about) => about.argv.join(' ')],
    tty: ['TT', 6, (about) => (about.terminal === undefined ? '?' : '136,0')],
    stat: ['STAT', 4, (about) => (about.state === 'running' ? 'R' : about.state === 'stopped' ? 'T' : 'S')],
    vsz: ['VSZ', 4, () => '1296'],
    rss: ['RSS', 4, () => '4'],
    nice: ['NI', -5, () => '0'],
    etime: ['ELAPSED', 7, (about) => elapsed(task.machine.clock.now() - about.startedAt)],
  };
  const bad = shown.find((column) => known[column.split('=')[0] as string] === undefined);
  if (bad !== undefined) {
    await complain(
      task,
      `ps: bad -o argument '${bad}', supported arguments: user,group,comm,args,pid,ppid,pgid,etime,nice,time,tty,stat,vsz,rss`,
    );
    return 1;
  }
  const line = (cell: (column: string) => string, heads: boolean): string =>
    shown
      .map((column, index) => {
        const width = known[column.split('=')[0] as string]?.[1] ?? 0;
        const text = cell(column);
        if (width < 0 && !heads) return text.padStart(-width);
        return index === shown.length - 1 ? text : text.padEnd(Math.abs(width));
      })
      .join(' ');
  const head = line((column) => column.split('=')[1] ?? known[column]?.[0] ?? '', true);
  const rows = task.machine
    .tasks()
    .map((row) => line((column) => known[column.split('=')[0] as string]?.[2](row) ?? '', false));
  await write(task, `${[head, ...rows].join('\n')}\n`);
  return 0;
});

const timeOf = (milliseconds: number): string => {
  const seconds = Math.floor(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
};

const elapsed = (milliseconds: number): string => timeOf(milliseconds).padStart(5, '0');

/** `nproc`, `arch`, `uptime`, `free` and the like say what a small machine would. */
export async function nproc(task: Task): Promise<number> {
  await write(task, '1\n');
  return 0;
}

export async function arch(task: Task): Promise<number> {
  await write(task, `${machineOf(task)}\n`);
  return 0;
}

/** `mount` without anything to mount: the list of what is. */
export async function mount(task: Task, argv: readonly string[]): Promise<number> {
  if (argv.length > 1) {
    await complain(task, 'mount: permission denied (are you root?)');
    return 1;
  }
  const lines = mounts(task.machine.fileSystem).trimEnd().split('\n');
  for (const line of lines) {
    const [source, path, type, options] = line.split(' ');
    await write(task, `${source} on ${path} type ${type} (${options})\n`);
  }
  return 0;
}

export async function tty(task: Task, argv: readonly string[]): Promise<number> {
  const on = task.fds.get(0)?.terminal === true;
  if (!argv.includes('-s')) await write(task, on ? '/dev/pts/0\n' : 'not a tty\n');
  return on ? 0 : 1;
}

/** `stty size`, `stty [-]echo`, `stty raw`, `stty sane` */
export async function stty(task: Task, argv: readonly string[]): Promise<number> {
  const terminal = task.fds.get(0)?.terminal === true ? task.terminal : undefined;
  if (terminal === undefined) {
    await complain(task, 'stty: standard input: Inappropriate ioctl for device');
    return 1;
  }
  const { height, width } = terminal.size;
  const words = argv.slice(1);
  if (words.length === 0 || words.includes('-a'))
    await write(task, `speed 38400 baud; rows ${height}; columns ${width}; line = 0;\n`);
  for (const word of words) {
    if (word === 'size') await write(task, `${height} ${width}\n`);
    else if (word === 'echo' || word === '-echo') terminal.echo = word === 'echo';
    else if (word === 'raw' || word === '-icanon' || word === 'cbreak') terminal.canonical = false;
    else if (word === 'sane' || word === 'cooked' || word === 'icanon') {
      terminal.canonical = true;
      if (word === 'sane') terminal.echo = true;
    }
  }
  return 0;
}

const topEnds = [SIG.HUP, SIG.INT, SIG.QUIT, SIG.TERM, SIG.PIPE, SIG.USR1, SIG.USR2];

/** `top`: shows the processes now and then, until it is stopped. */
export async function top(task: Task, argv: readonly string[]): Promise<number> {
  const batch = argv.indexOf('-n');
  // It puts its terminal right before it ends by a signal, and so ends as PID 1 too.
  for (const signal of topEnds) task.handlers.set(signal, () => task.end(signal));
  let left = batch < 0 ? Number.POSITIVE_INFINITY : Number(argv[batch + 1]) || 1;
  for (;;) {
    const rows = task.machine.tasks().map((about) => {
      const user = (userName(task, about.credentials.uid) ?? String(about.credentials.uid)).padEnd(8);
      return `${String(about.pid).padStart(5)} ${String(about.parent?.pid ?? 0).padStart(5)} ${user} S     1296   0%   0   0% ${about.argv.join(' ')}`;
    });
    const head = `Mem: 4194304K used, 4194304K free, 0K shrd, 0K buff, 0K cached\nCPU:   0% usr   0% sys   0% nic 100% idle   0% io   0% irq   0% sirq\nLoad average: 0.00 0.00 0.00 1/${rows.length} ${task.pid}\n`;
    await write(
      task,
      `${task.terminal === undefined ? '' : '\x1b[H\x1b[J'}${head}  PID  PPID USER     STAT   VSZ %VSZ CPU %CPU COMMAND\n${rows.join('\n')}\n`,
    );
    if (--left <= 0) return 0;
    await task.sleep(5000);
  }
}
