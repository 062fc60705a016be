import { AttestdError } from '../../support/foundation/errors.js';
import type { ProcessInfo } from '../../support/sandbox/types.js';

/** An output column of `ps`. */
interface Column {
  readonly title: string;
  value(process: ProcessInfo, now: number): string;
}

const hour = 3600;
const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
const seconds = ({ cpu }: ProcessInfo): number => Number(cpu / 1_000_000_000n);
const clockTime = (ms: number, length: number): string => new Date(ms).toISOString().slice(11, 11 + length);
const longTime = (value: number): string => `${two(value / hour)}:${two((value % hour) / 60)}:${two(value % 60)}`;
const shortTime = (value: number): string => `${Math.floor(value / 60)}:${two(value % 60)}`;
const elapsed = (value: number): string => (value < hour ? `${two(value / 60)}:${two(value % 60)}` : longTime(value));
const terminal = ({ tty }: ProcessInfo): string => (tty ? 'pts/0' : '?');
const command = ({ argv }: ProcessInfo): string => argv.join(' ');
const names: Readonly<Record<number, string>> = { 0: 'root', 1: 'daemon', 33: 'www-data', 65534: 'nobody' };
const nameOf = (id: number): string => names[id] ?? String(id);
const letters = { running: 'R', sleeping: 'S', stopped: 'T', paused: 'D' } as const;
const letter = ({ state }: ProcessInfo): string => letters[state];
/** Adds an `s` for a session leader, which PID 1 is. */
const status = (process: ProcessInfo): string => `${letter(process)}${process.containerPid === 1 ? 's' : ''}`;
/** Kilobytes that a process of no size in particular takes. */
const virtualSize = 2632;
const residentSize = 1588;

const column = (title: string, value: Column['value']): Column => ({ title, value });

/** The columns that `-o` knows, by their names. */
const columns: Readonly<Record<string, Column>> = {
  pid: column('PID', ({ pid }) => String(pid)),
  tgid: column('TGID', ({ pid }) => String(pid)),
  ppid: column('PPID', ({ parent }) => String(parent)),
  pgid: column('PGID', ({ pid }) => String(pid)),
  sid: column('SID', ({ pid }) => String(pid)),
  uid: column('UID', ({ uid }) => String(uid)),
  gid: column('GID', ({ gid }) => String(gid)),
  user: column('USER', ({ uid }) => nameOf(uid)),
  euser: column('EUSER', ({ uid }) => nameOf(uid)),
  ruser: column('RUSER', ({ uid }) => nameOf(uid)),
  group: column('GROUP', ({ gid }) => nameOf(gid)),
  tty: column('TT', terminal),
  tt: column('TT', terminal),
  tname: column('TTY', terminal),
  s: column('S', letter),
  state: column('S', letter),
  stat: column('STAT', status),
  time: column('TIME', (process) => longTime(seconds(process))),
  cputime: column('TIME', (process) => longTime(seconds(process))),
  bsdtime: column('TIME', (process) => shortTime(seconds(process))),
  etime: column('ELAPSED', ({ startedAt }, now) => elapsed(Math.max(0, (now - startedAt) / 1000))),
  etimes: column('ELAPSED', ({ startedAt }, now) => String(Math.max(0, Math.floor((now - startedAt) / 1000)))),
  stime: column('STIME', ({ startedAt }) => clockTime(startedAt, 5)),
  bsdstart: column('START', ({ startedAt }) => clockTime(startedAt, 5)),
  start: column('STARTED', ({ startedAt }) => clockTime(startedAt, 8)),
  comm: column('COMMAND', ({ name }) => name),
  ucmd: column('CMD', ({ name }) => name),
  args: column('COMMAND', command),
  command: column('COMMAND', command),
  cmd: column('CMD', command),
  vsz: column('VSZ', () => String(virtualSize)),
  rss: column('RSS', () => String(residentSize)),
  sz: column('SZ', () => String(virtualSize / 4)),
  size: column('SIZE', () => String(virtualSize)),
  '%cpu': column('%CPU', () => '0.0'),
  pcpu: column('%CPU', () => '0.0'),
  '%mem': column('%MEM', () => '0.0'),
  pmem: column('%MEM', () => '0.0'),
  c: column('C', () => '0'),
  f: column('F', () => '4'),
  nlwp: column('NLWP', () => '1'),
  ni: column('NI', () => '0'),
  nice: column('NI', () => '0'),
  pri: column('PRI', () => '19'),
  'pri-l': column('PRI', () => '80'),
  'pri-b': column('PRI', () => '20'),
  psr: column('PSR', () => '0'),
  addr: column('ADDR', () => '-'),
  wchan: column('WCHAN', () => '-'),
};

/** The user's name under the title that `-f` gives it. */
const userColumn = column('UID', ({ uid }) => nameOf(uid));
const of = (...list: readonly string[]): Column[] => list.map((name) => columns[name] as Column);

const plain = of('pid', 'tname', 'time', 'ucmd');
const bsd = of('pid', 'tname', 'stat', 'bsdtime', 'args');
const full = [userColumn, ...of('pid', 'ppid', 'c', 'stime', 'tname', 'time', 'cmd')];
const extraFull = [userColumn, ...of('pid', 'ppid', 'c', 'sz', 'rss', 'psr', 'stime', 'tname', 'time', 'cmd')];
const long = of('f', 's', 'uid', 'pid', 'ppid', 'c', 'pri-l', 'ni', 'addr', 'sz', 'wchan', 'tname', 'time', 'ucmd');
const bsdUser = of('user', 'pid', '%cpu', '%mem', 'vsz', 'rss', 'tname', 'stat', 'bsdstart', 'bsdtime', 'args');
const bsdLong = of('f', 'uid', 'pid', 'ppid', 'pri-b', 'ni', 'vsz', 'rss', 'wchan', 'stat', 'tname', 'bsdtime', 'args');
const jobs = of('pid', 'pgid', 'sid', 'tname', 'time', 'ucmd');

function refuse(reason: string): never {
  throw new AttestdError('INTERNAL', `ps: error: ${reason}`);
}

/** Parses columns with optional titles: `pid,comm=NAME`. */
function chosen(text: string): Column[] {
  const at = text.indexOf('=');
  // Everything after an equals sign is the title.
  const list = (at < 0 ? text : text.slice(0, at)).split(',');
  const found = list.map(
    (name) => columns[name.toLowerCase()] ?? refuse(`unknown user-defined format specifier "${name}"`),
  );
  const last = found.at(-1);
  if (at < 0 || last === undefined) return found;
  return [...found.slice(0, -1), { ...last, title: text.slice(at + 1) }];
}

/** Explicit columns take precedence over an option that only selects processes. */
function mergeColumns(before: Column[] | undefined, requested: Column[]): Column[] {
  return before === undefined || requested !== bsd ? requested : before;
}

/** The effect of the letters of one option. */
interface Letters {
  columns: Column[] | undefined;
  /** Whether the rest of the word, or the next word, lists columns. */
  format: string | undefined;
}

function readLetters(word: string): Letters {
  const dashed = word.startsWith('-');
  const found: Letters = { columns: undefined, format: undefined };
  const letterList = dashed ? word.slice(1) : word;
  for (const [at, option] of [...letterList].entries()) {
    if (option === 'o') return { ...found, format: letterList.slice(at + 1) };
    const result = dashed ? withDash(option) : withoutDash(option);
    if (result !== undefined) found.columns = mergeColumns(found.columns, result);
  }
  return found;
}

function withDash(option: string): Column[] | undefined {
  const known: Readonly<Record<string, Column[] | undefined>> = { f: full, F: extraFull, l: long, j: jobs, x: bsd };
  if (known[option] !== undefined) return known[option];
  return 'eAadNHLwyM'.includes(option) ? undefined : refuse('unsupported SysV option');
}

function withoutDash(option: string): Column[] | undefined {
  const known: Readonly<Record<string, Column[] | undefined>> = { u: bsdUser, l: bsdLong, a: bsd, x: bsd, e: bsd };
  if (known[option] !== undefined) return known[option];
  return 'wrcSnhf'.includes(option) ? bsd : refuse('unsupported option (BSD syntax)');
}

/** The columns that arguments of `ps` ask for. */
function columnsFor(args: readonly string[]): Column[] {
  const custom: Column[] = [];
  let defaults: Column[] | undefined;
  let wantsFormat = false;
  for (const word of args) {
    if (word === '') continue;
    if (wantsFormat) {
      custom.push(...chosen(word));
      wantsFormat = false;
      continue;
    }
    const { columns: requested, format } = readLetters(word);
    if (requested !== undefined) defaults = mergeColumns(defaults, requested);
    if (format === '') wantsFormat = true;
    else if (format !== undefined) custom.push(...chosen(format));
  }
  if (wantsFormat) refuse('list of columns must follow -o');
  return custom.length > 0 ? custom : (defaults ?? plain);
}

/** A table of processes. */
export interface ProcessTable {
  readonly titles: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/**
 * Returns the output of the host's `ps` as a daemon parses it: words, with the rest of the line in the last column.
 *
 * @param args the query value, separated by spaces
 * @param now milliseconds since 1970
 * @throws INTERNAL with the text of ps for invalid arguments
 */
export function processTable(processes: readonly ProcessInfo[], args: string, now: number): ProcessTable {
  const columns = columnsFor(args.split(' '));
  const titles = columns.flatMap(({ title }) => title.split(/\s+/).filter((word) => word !== ''));
  if (!titles.includes('PID')) throw new AttestdError('INTERNAL', "Couldn't find PID field in ps output");
  const rows = processes.map((process) => {
    const words = columns
      .map(({ value }) => value(process, now))
      .join(' ')
      .split(/[ \t\n\f\r]+/)
      .filter((word) => word !== '');
    return [...words.slice(0, titles.length - 1), words.slice(titles.length - 1).join(' ')];
  });
  return { titles, rows };
}
