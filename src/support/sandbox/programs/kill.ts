import { parseSignal, SIG, signalName, signalNames } from '../kernel/signals.js';
import type { Task } from '../kernel/task.js';
import { complain, write } from './io.js';

/** `kill [-SIGNAL | -s SIGNAL] PID…` and `kill -l`. */
export async function kill(task: Task, argv: readonly string[]): Promise<number> {
  const words = argv.slice(1);
  const shown = task.argv[0] === argv[0] ? 'kill' : 'sh';
  if (words[0] === '-l') return list(task, words.slice(1));
  let signal: number | undefined = SIG.TERM;
  const option = words[0];
  if (option === '-s' || option === '-n') {
    signal = parseSignal(words[1] ?? '');
    words.splice(0, 2);
  } else if (option !== undefined && /^-./.test(option) && option !== '--') {
    signal = parseSignal(option.slice(1));
    words.shift();
    if (signal === undefined) {
      await complain(task, `${shown}: bad signal name '${option.slice(1)}'`);
      return 1;
    }
  }
  if (words[0] === '--') words.shift();
  if (signal === undefined || words.length === 0) {
    await complain(task, `${shown}: you need to specify whom to kill`);
    return 1;
  }
  let status = 0;
  for (const word of words) {
    const fault = send(task, word, signal);
    if (fault === undefined) continue;
    status = 1;
    await complain(
      task,
      fault === '' ? `${shown}: invalid number '${word}'` : `${shown}: can't kill pid ${word}: ${fault}`,
    );
  }
  await task.yieldNow();
  return status;
}

/** @returns the error text, which is empty for an invalid pid; undefined on success */
function send(task: Task, word: string, signal: number): string | undefined {
  if (!/^-?\d+$/.test(word)) return '';
  const pid = Number(word);
  const { machine } = task;
  if (pid < -1) return machine.signalGroup(-pid, signal) ? undefined : 'No such process';
  if (pid === 0) return machine.signalGroup(task.group, signal) ? undefined : 'No such process';
  if (pid === -1) {
    for (const other of machine.tasks()) if (other.pid !== 1 && other !== task) other.signal(signal);
    return undefined;
  }
  const other = machine.task(pid);
  if (other === undefined) return 'No such process';
  if (task.credentials.uid !== 0 && task.credentials.uid !== other.credentials.uid) return 'Operation not permitted';
  // From inside of the container, its first process is only reached by what it handles.
  if (other.pid !== 1 || (signal !== SIG.KILL && signal !== SIG.STOP)) other.signal(signal);
  return undefined;
}

async function list(task: Task, words: readonly string[]): Promise<number> {
  if (words.length === 0) {
    await write(
      task,
      signalNames
        .slice(1)
        .map((name, index) => `${String(index + 1).padStart(2)}) ${name}\n`)
        .join(''),
    );
    return 0;
  }
  for (const word of words) {
    const signal = /^\d+$/.test(word) ? Number(word) & 0x7f : parseSignal(word);
    if (signal !== undefined) await write(task, `${/^\d+$/.test(word) ? signalName(signal) : signal}\n`);
  }
  return 0;
}
