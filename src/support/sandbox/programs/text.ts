import { FileSystemError } from '../fs/errors.js';
import type { Task } from '../kernel/task.js';
import { maxTailBytes, tailTrimBytes } from '../limits.js';
import { eachInput, openInput } from './cat.js';
import { parseSize } from './files.js';
import { blockSize, chunks, complain, lines, Output, storeLines, write } from './io.js';
import { parseOptions, Usage, withUsage } from './options.js';

/** `head -5` is `head -n 5`. */
const oldStyle = (argv: readonly string[]): string[] =>
  argv.map((word, index) => (index > 0 && /^-\d+$/.test(word) ? `-n${word.slice(1)}` : word));

function count(text: string): number {
  const size = parseSize(text.replace(/^[-+]/, ''));
  if (size === undefined) throw new Usage(`invalid number '${text}'`);
  return size;
}

export const head = withUsage(async (task, argv) => {
  const { words, value, has } = parseOptions(oldStyle(argv), 'n:c:qv');
  const bytes = value('c');
  const limit = count(bytes ?? value('n') ?? '10');
  let first = true;
  return eachInput(task, 'head', words, async (input, path) => {
    if (words.length > 1 && !has('q')) await write(task, `${first ? '' : '\n'}==> ${path} <==\n`);
    first = false;
    if (limit === 0) return;
    let left = limit;
    if (bytes !== undefined) {
      while (left > 0) {
        const chunk = await input.read(task, Math.min(left, blockSize));
        if (chunk.length === 0) return;
        await write(task, chunk);
        left -= chunk.length;
      }
      return;
    }
    const output = new Output(task);
    for await (const line of lines(task, input)) {
      await output.add(line);
      if (--left === 0) break;
    }
    await output.flush();
  });
});

const followPause = 1000;

export const tail = withUsage(async (task, argv) => {
  const { words, value, has } = parseOptions(oldStyle(argv), 'n:c:s:qvfF');
  const bytes = value('c');
  const text = bytes ?? value('n') ?? '10';
  const limit = count(text);
  const fromStart = text.startsWith('+');
  const follows = has('f') || has('F');
  let first = true;
  const status = await eachInput(task, 'tail', words, async (input, path) => {
    if (words.length > 1 && !has('q')) await write(task, `${first ? '' : '\n'}==> ${path} <==\n`);
    first = false;
    if (fromStart) {
      let skip = Math.max(0, limit - 1);
      if (bytes === undefined) {
        const output = new Output(task);
        for await (const line of lines(task, input)) if (skip-- <= 0) await output.add(line);
        await output.flush();
      } else {
        for await (const chunk of chunks(task, input)) {
          await write(task, chunk.subarray(Math.min(skip, chunk.length)));
          skip = Math.max(0, skip - chunk.length);
        }
      }
    } else await write(task, await lastPart(chunks(task, input), limit, bytes !== undefined));
  });
  if (follows && (status === 0 || has('F'))) await followFile(task, words.at(-1));
  return status;
});

/** @throws FileSystemError EFBIG when it is longer than what may be kept */
async function lastPart(source: AsyncIterable<Uint8Array>, limit: number, bytes: boolean): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let usedBytes = 0;
  let most = tailTrimBytes;
  const cut = (): Buffer => {
    const all = Buffer.concat(parts);
    const start = bytes ? Math.max(all.length - limit, 0) : startOfLines(all, limit);
    if (all.length - start > maxTailBytes) throw new FileSystemError('EFBIG', '');
    // A part of a large buffer would keep all of it.
    return Buffer.from(all.subarray(start));
  };
  for await (const chunk of source) {
    parts.push(chunk);
    usedBytes += chunk.length;
    if (usedBytes < most) continue;
    const kept = cut();
    parts.splice(0, parts.length, kept);
    usedBytes = kept.length;
    // Twice what is kept, so that each byte is moved a few times only.
    most = 2 * usedBytes + tailTrimBytes;
  }
  return cut();
}

function startOfLines(bytes: Buffer, limit: number): number {
  if (limit === 0) return bytes.length;
  let left = limit + (bytes.at(-1) === 10 ? 1 : 0);
  for (let at = bytes.length - 1; at >= 0; at--) if (bytes[at] === 10 && --left === 0) return at + 1;
  return 0;
}

/** Wait for more, as long as the container runs. */
async function followFile(task: Task, path: string | undefined): Promise<void> {
  if (path === undefined || path === '-' || path === '/dev/null') return task.forever();
  const input = await openInput(task, 'tail', path);
  if (input === undefined) return task.forever();
  input.retain();
  input.file?.seek(input.file.stat().size);
  for (;;) {
    for await (const chunk of chunks(task, input)) await write(task, chunk);
    await task.sleep(followPause);
  }
}

export const wc = withUsage(async (task, argv) => {
  const { words, has } = parseOptions(argv, 'clwLm');
  const all = !['c', 'l', 'w', 'L', 'm'].some(has);
  const totals = [0, 0, 0, 0];
  const show = (counts: readonly number[], path: string): string => {
    const shown = [
      ...(all || has('l') ? [counts[0]] : []),
      ...(all || has('w') ? [counts[1]] : []),
      ...(all || has('c') || has('m') ? [counts[2]] : []),
      ...(has('L') ? [counts[3]] : []),
    ];
    const text =
      shown.length === 1 && words.length < 2
        ? String(shown[0])
        : shown.map((number) => String(number).padStart(9)).join(' ');
    return path === '' ? `${text}\n` : `${text} ${path}\n`;
  };
  const status = await eachInput(task, 'wc', words, async (input, path) => {
    const counts = [0, 0, 0, 0];
    let inWord = false;
    let length = 0;
    for await (const chunk of chunks(task, input)) {
      for (const byte of chunk) {
        const space = byte === 32 || (byte >= 9 && byte <= 13);
        if (byte === 10) {
          counts[0] = (counts[0] as number) + 1;
          counts[3] = Math.max(counts[3] as number, length);
          length = 0;
        } else length++;
        if (!space && !inWord) counts[1] = (counts[1] as number) + 1;
        inWord = !space;
      }
      counts[2] = (counts[2] as number) + chunk.length;
    }
    for (const [index, number] of counts.entries()) totals[index] = (totals[index] as number) + number;
    await write(task, show(counts, words.length === 0 ? '' : path));
  });
  if (words.length > 1) await write(task, show(totals, 'total'));
  return status;
});

export const tac = withUsage((task, argv) =>
  eachInput(task, 'tac', parseOptions(argv, '').words, async (input) => {
    const all: string[] = [];
    await storeLines(task, input, all);
    await write(task, all.reverse().join(''));
  }),
);

export const rev = withUsage((task, argv) =>
  eachInput(task, 'rev', parseOptions(argv, '').words, async (input) => {
    const output = new Output(task);
    for await (const line of lines(task, input)) {
      const body = line.replace(/\n$/, '');
      await output.add([...body].reverse().join('') + line.slice(body.length));
    }
    await output.flush();
  }),
);

export const uniq = withUsage((task, argv) => {
  const { words, has } = parseOptions(argv, 'cduis:f:w:');
  return eachInput(task, 'uniq', words.slice(0, 1), async (input) => {
    const output = new Output(task);
    let last: string | undefined;
    let times = 0;
    const show = async (): Promise<void> => {
      if (last === undefined || (has('d') && times < 2) || (has('u') && times > 1)) return;
      await output.add(has('c') ? `${String(times).padStart(7)} ${last}\n` : `${last}\n`);
    };
    for await (const line of lines(task, input)) {
      const text = line.replace(/\n$/, '');
      const same = last !== undefined && (has('i') ? text.toLowerCase() === last.toLowerCase() : text === last);
      if (same) times++;
      else {
        await show();
        last = text;
        times = 1;
      }
    }
    await show();
    await output.flush();
  });
});

export const tee = withUsage(async (task, argv) => {
  const { words, has } = parseOptions(argv, 'ai');
  let status = 0;
  const { openPath } = await import('../kernel/open.js');
  const outputs = [task.fds.need(1)];
  for (const path of words) {
    try {
      const append = has('a');
      const opened = await openPath(task, path, { write: true, create: true, append, truncate: !append });
      opened.retain();
      outputs.push(opened);
    } catch (error) {
      await complain(task, `tee: ${path}: ${(error as { text?: string }).text ?? String(error)}`);
      status = 1;
    }
  }
  for await (const chunk of chunks(task, task.fds.need(0)))
    for (const output of outputs) await output.write(task, chunk);
  for (const output of outputs.slice(1)) output.release();
  return status;
});
