import { openPath } from '../kernel/open.js';
import type { Task } from '../kernel/task.js';
import { parseSize } from './files.js';
import { complain, reason } from './io.js';

/** Largest block that is held in memory. */
const largestBlock = 16 * 1024 * 1024;

/** `dd [if=FILE] [of=FILE] [bs=N] [count=N] [skip=N] [seek=N] [conv=notrunc]` */
export async function dd(task: Task, argv: readonly string[]): Promise<number> {
  const given = new Map(
    argv.slice(1).map((word) => [word.split('=', 1)[0] as string, word.slice(word.indexOf('=') + 1)]),
  );
  const number = (name: string, otherwise: number): number =>
    given.has(name) ? (parseSize(given.get(name) as string) ?? Number.NaN) : otherwise;
  const size = Math.min(number('bs', number('ibs', 512)), largestBlock);
  const [limit, skip, seek] = [number('count', Number.POSITIVE_INFINITY), number('skip', 0), number('seek', 0)];
  if ([size, limit, skip, seek].some(Number.isNaN) || size === 0) {
    await complain(task, 'dd: invalid number');
    return 1;
  }
  const [source, target] = [given.get('if'), given.get('of')];
  let path = source;
  try {
    const input = source === undefined ? task.fds.need(0) : await openPath(task, source, { read: true });
    path = target;
    const truncate = !(given.get('conv') ?? '').includes('notrunc') && seek === 0;
    const output =
      target === undefined ? task.fds.need(1) : await openPath(task, target, { write: true, create: true, truncate });
    input.retain();
    output.retain();
    try {
      output.file?.seek(seek * size);
      for (let left = skip; left > 0; left--) await input.read(task, size);
      await copy(
        task,
        { input, output, name: target ?? 'standard output' },
        size,
        limit,
        given.get('status') === 'none',
      );
    } finally {
      input.release();
      output.release();
    }
    return 0;
  } catch (error) {
    await complain(task, `dd: ${path === undefined ? '' : `can't open '${path}': `}${reason(error)}`);
    return 1;
  }
}

type End = ReturnType<Task['fds']['need']>;

interface Ends {
  readonly input: End;
  readonly output: End;
  /** The name of the output in messages. */
  readonly name: string;
}

async function copy(task: Task, ends: Ends, size: number, limit: number, silent: boolean): Promise<void> {
  const { input, output, name } = ends;
  let [whole, part, total] = [0, 0, 0];
  try {
    while (whole + part < limit) {
      const bytes = await input.read(task, size);
      if (bytes.length === 0) break;
      if (bytes.length === size) whole++;
      else part++;
      await output.write(task, bytes);
      total += bytes.length;
      // A block may be large, so that few of them take long.
      const turn = task.longStep();
      if (turn !== undefined) await turn;
    }
  } catch (error) {
    await complain(task, `dd: error writing '${name}': ${reason(error)}`);
  }
  if (silent) return;
  const records = `${whole}+${part} records`;
  await complain(
    task,
    `${records} in\n${records} out\n${total} bytes (${human(total)}) copied, 0.000000 seconds, 0B/s`,
  );
}

function human(size: number): string {
  const power = size < 1024 ? 0 : Math.min(Math.floor(Math.log2(size) / 10), 3);
  return `${(size / 1024 ** power).toFixed(1)}${['B', 'KB', 'MB', 'GB'][power]}`;
}
