/** Signals of Linux by number, as on x86-64 and arm64. */
const names = [
  'EXIT',
  'HUP',
  'INT',
  'QUIT',
  'ILL',
  'TRAP',
  'ABRT',
  'BUS',
  'FPE',
  'KILL',
  'USR1',
  'SEGV',
  'USR2',
  'PIPE',
  'ALRM',
  'TERM',
  'STKFLT',
  'CHLD',
  'CONT',
  'STOP',
  'TSTP',
  'TTIN',
  'TTOU',
  'URG',
  'XCPU',
  'XFSZ',
  'VTALRM',
  'PROF',
  'WINCH',
  'POLL',
  'PWR',
  'SYS',
] as const;

/** Numbers of the signals that the runtime itself deals with. */
export const SIG = {
  HUP: 1,
  USR1: 10,
  USR2: 12,
  INT: 2,
  QUIT: 3,
  KILL: 9,
  SEGV: 11,
  PIPE: 13,
  TERM: 15,
  CHLD: 17,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  TTIN: 21,
  TTOU: 22,
  URG: 23,
  WINCH: 28,
} as const;

const highest = 64;
const ignoredByDefault: ReadonlySet<number> = new Set([SIG.CHLD, SIG.CONT, SIG.URG, SIG.WINCH]);
const stopping: ReadonlySet<number> = new Set([SIG.STOP, SIG.TSTP, SIG.TTIN, SIG.TTOU]);
const aliases: Readonly<Record<string, number>> = { IOT: 6, CLD: 17, IO: 29 };

/** All names without SIG, from 0 (EXIT). */
export const signalNames: readonly string[] = names;

/** Returns the default action of a signal. */
export function defaultAction(signal: number): 'end' | 'ignore' | 'stop' {
  if (ignoredByDefault.has(signal)) return 'ignore';
  return stopping.has(signal) ? 'stop' : 'end';
}

/** The name without SIG; the number where it has none. */
export function signalName(signal: number): string {
  return names[signal] ?? String(signal);
}

/** The number of a signal's name, with or without SIG, in any case; undefined when it is none. */
export function namedSignal(text: string): number | undefined {
  const name = text.toUpperCase().replace(/^SIG/, '');
  const found = (names as readonly string[]).indexOf(name);
  if (found >= 0) return found;
  return Object.hasOwn(aliases, name) ? aliases[name] : undefined;
}

/**
 * Read a signal's name or number.
 *
 * @returns 0 to 64, or undefined when it is none
 */
export function parseSignal(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) <= highest ? Number(text) : undefined;
  return namedSignal(text);
}
