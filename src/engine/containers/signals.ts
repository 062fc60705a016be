import { AttestdError } from '../../errors.js';

/** Linux's signals by their names without `SIG`. */
const numbers: Readonly<Record<string, number>> = {
  ABRT: 6,
  ALRM: 14,
  BUS: 7,
  CHLD: 17,
  CLD: 17,
  CONT: 18,
  FPE: 8,
  HUP: 1,
  ILL: 4,
  INT: 2,
  IO: 29,
  IOT: 6,
  KILL: 9,
  PIPE: 13,
  POLL: 29,
  PROF: 27,
  PWR: 30,
  QUIT: 3,
  SEGV: 11,
  STKFLT: 16,
  STOP: 19,
  SYS: 31,
  TERM: 15,
  TRAP: 5,
  TSTP: 20,
  TTIN: 21,
  TTOU: 22,
  URG: 23,
  USR1: 10,
  USR2: 12,
  VTALRM: 26,
  WINCH: 28,
  XCPU: 24,
  XFSZ: 25,
};

const smallestRealTime = 34;
const largestRealTime = 64;

export const sigkill = 9;
export const sigterm = 15;

/**
 * A signal by its name, with or without `SIG`, or by its number.
 *
 * @throws INVALID_ARGUMENT for what is none
 */
export function parseSignal(text: string): number {
  const invalid = (): AttestdError => new AttestdError('INVALID_ARGUMENT', `invalid signal: ${text}`);
  if (/^[+-]?\d+$/.test(text)) {
    const number = Number(text);
    if (number === 0) throw invalid();
    return number;
  }
  const name = text.toUpperCase().replace(/^SIG/, '');
  const number = Object.hasOwn(numbers, name) ? numbers[name] : realTime(name);
  if (number === undefined) throw invalid();
  return number;
}

function realTime(name: string): number | undefined {
  const found = /^RT(MIN|MAX)(?:([+-])(\d+))?$/.exec(name);
  if (found === null) return undefined;
  const base = found[1] === 'MIN' ? smallestRealTime : largestRealTime;
  const number = base + Number(`${found[2] ?? '+'}${found[3] ?? 0}`);
  return number >= smallestRealTime && number <= largestRealTime ? number : undefined;
}

/** Whether the kernel knows a signal of that number. */
export function isKnownSignal(number: number): boolean {
  return Object.values(numbers).includes(number) || (number >= smallestRealTime && number <= largestRealTime);
}
