import { trimRight } from '../../go/strings.js';
import { withoutSlashes } from '../fs/paths.js';
import type { Task } from '../kernel/task.js';
import { eachInput } from './cat.js';
import { simpleEscapes } from './escapes.js';
import { chunks, lines, Output, readAll, write } from './io.js';
import { parseOptions, Usage, withUsage } from './options.js';

/** `seq [-w] [-s SEP] [FIRST [STEP]] LAST` */
export const seq = withUsage(async (task, argv) => {
  const numbers = argv.slice(1).filter((word, index, all) => /^-?(\d|\.\d)/.test(word) && all[index - 1] !== '-s');
  const { has, value } = parseOptions(
    [argv[0] as string, ...argv.slice(1).filter((word) => !numbers.includes(word))],
    'ws:',
  );
  if (numbers.length === 0 || numbers.length > 3) throw new Usage('missing operand');
  const [first, step, last] =
    numbers.length === 1
      ? [1, 1, Number(numbers[0])]
      : numbers.length === 2
        ? [Number(numbers[0]), 1, Number(numbers[1])]
        : numbers.map(Number);
  if (first === undefined || step === undefined || last === undefined || step === 0) throw new Usage('invalid number');
  const places = Math.max(...numbers.map((text) => text.split('.')[1]?.length ?? 0));
  const width = has('w') ? Math.max(first.toFixed(places).length, last.toFixed(places).length) : 0;
  const separator = value('s') ?? '\n';
  const output = new Output(task);
  const count = Math.floor((last - first) / step + 1e-9);
  for (let index = 0; index <= count; index++) {
    const text = (first + index * step).toFixed(places).padStart(width, '0');
    await output.add(index === count ? `${text}\n` : `${text}${separator}`);
    const turn = task.step();
    if (turn !== undefined) await turn;
  }
  await output.flush();
  return 0;
});

/** `yes [WORD]…`: writes endless output at the reader's speed. */
export async function yes(task: Task, argv: readonly string[]): Promise<number> {
  const line = `${argv.length > 1 ? argv.slice(1).join(' ') : 'y'}\n`;
  const block = Buffer.from(line.repeat(Math.max(1, Math.floor(4096 / line.length))));
  for (;;) {
    await write(task, block);
    await task.yieldNow();
  }
}

/** `cut -d C -f LIST`, `cut -c LIST` */
export const cut = withUsage((task, argv) => {
  const { words, has, value } = parseOptions(argv, 'd:f:c:b:sn');
  const list = value('f') ?? value('c') ?? value('b');
  if (list === undefined) throw new Usage('expected a list of bytes, characters, or fields');
  const ranges = list.split(',').map((range) => {
    const [from = '', to] = range.split('-');
    return { from: Number(from) || 1, to: to === undefined ? Number(from) : Number(to) || Number.POSITIVE_INFINITY };
  });
  const chosen = (index: number): boolean => ranges.some(({ from, to }) => index >= from && index <= to);
  const delimiter = value('d') ?? '\t';
  return eachInput(task, 'cut', words, async (input) => {
    const output = new Output(task);
    for await (const line of lines(task, input)) {
      const text = line.replace(/\n$/, '');
      if (!has('f')) await output.add(`${[...text].filter((_, index) => chosen(index + 1)).join('')}\n`);
      else if (text.includes(delimiter))
        await output.add(
          `${text
            .split(delimiter)
            .filter((_, index) => chosen(index + 1))
            .join(delimiter)}\n`,
        );
      else if (!has('s')) await output.add(`${text}\n`);
    }
    await output.flush();
  });
});

/** `tr [-cds] SET1 [SET2]` */
export const tr = withUsage(async (task, argv) => {
  const { words, has } = parseOptions(argv, 'cCds', { stop: true });
  const complement = has('c') || has('C');
  const [from = '', to = ''] = words;
  const source = expandSet(from);
  const target = expandSet(to);
  const map = new Map<number, number>();
  const member = new Set(source);
  const isMember = (byte: number): boolean => member.has(byte) !== complement;
  if (!complement)
    for (const [index, byte] of source.entries())
      if (!map.has(byte)) map.set(byte, target[Math.min(index, target.length - 1)] ?? byte);
  const squeezed = new Set(has('s') ? (words.length > 1 ? target : source) : []);
  let last = -1;
  for await (const chunk of chunks(task, task.fds.need(0))) {
    const out: number[] = [];
    for (const byte of chunk) {
      if (has('d') && isMember(byte)) continue;
      const mapped =
        has('d') || words.length < 2
          ? byte
          : complement
            ? isMember(byte)
              ? (target.at(-1) ?? byte)
              : byte
            : (map.get(byte) ?? byte);
      if (mapped === last && squeezed.has(mapped)) continue;
      out.push(mapped);
      last = mapped;
    }
    await write(task, Buffer.from(out));
  }
  return 0;
});

const sets: Readonly<Record<string, string>> = {
  alpha: 'A-Za-z',
  digit: '0-9',
  alnum: 'A-Za-z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  space: '\t-\r ',
  blank: '\t ',
  punct: '!-/:-@[-`{-~',
  xdigit: '0-9A-Fa-f',
  cntrl: '\0-\x1f\x7f',
};

function expandSet(text: string): number[] {
  const plain = text.replace(/\[:(\w+):\]/g, (whole, name: string) => sets[name] ?? whole);
  const bytes = [
    ...Buffer.from(
      plain.replace(/\\(?:([0-7]{1,3})|([\s\S]))/g, (_, digits?: string, letter = '') =>
        digits === undefined ? (simpleEscapes[letter] ?? letter) : String.fromCharCode(Number.parseInt(digits, 8)),
      ),
    ),
  ];
  const all: number[] = [];
  for (let at = 0; at < bytes.length; at++) {
    const low = bytes[at] as number;
    const high = bytes[at + 2];
    if (bytes[at + 1] === 0x2d && high !== undefined && high >= low) {
      for (let byte = low; byte <= high; byte++) all.push(byte);
      at += 2;
    } else all.push(low);
  }
  return all;
}

/** `nl`: lines with their numbers. */
export const nl = withUsage((task, argv) => {
  const { words } = parseOptions(argv, 'b:w:s:v:n:i:');
  let number = 0;
  return eachInput(task, 'nl', words, async (input) => {
    const output = new Output(task);
    for await (const line of lines(task, input))
      await output.add(line === '\n' ? `       ${line}` : `${String(++number).padStart(6)}\t${line}`);
    await output.flush();
  });
});

const digests: Readonly<Record<string, string>> = {
  md5sum: 'md5',
  sha1sum: 'sha1',
  sha256sum: 'sha256',
  sha512sum: 'sha512',
};

/** `md5sum`, `sha256sum` and the like. */
export const checksum = withUsage(async (task, argv) => {
  const { createHash } = await import('node:crypto');
  const name = (argv[0] ?? '').split('/').at(-1) as string;
  const { words } = parseOptions(argv, 'cswb');
  return eachInput(task, name, words, async (input, path) => {
    const hash = createHash(digests[name] ?? 'sha256');
    for await (const chunk of chunks(task, input)) hash.update(chunk);
    await write(task, `${hash.digest('hex')}  ${path}\n`);
  });
});

/** `base64 [-d]` */
export const base64 = withUsage(async (task, argv) => {
  const { words, has, value } = parseOptions(argv, 'dw:');
  return eachInput(task, 'base64', words, async (input) => {
    const bytes = await readAll(task, input);
    const width = Number(value('w') ?? 76);
    const text = bytes.toString(has('d') ? 'latin1' : 'base64');
    if (has('d')) await write(task, Buffer.from(text, 'base64'));
    else await write(task, width === 0 ? text : `${text.replace(new RegExp(`.{${width}}(?!$)`, 'g'), '$&\n')}\n`);
    task.machine.account(task, -bytes.length);
  });
});

export const basename = withUsage(async (task, argv) => {
  const [, path, suffix = ''] = argv;
  if (path === undefined) throw new Usage('missing operand');
  const name = withoutSlashes(path).replace(/^.*\/(?=.)/s, '');
  await write(
    task,
    `${suffix !== '' && name !== suffix && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name}\n`,
  );
  return 0;
});

export const dirname = withUsage(async (task, argv) => {
  const [, path] = argv;
  if (path === undefined) throw new Usage('missing operand');
  const bare = withoutSlashes(path);
  const above = bare.includes('/') ? trimRight(bare.slice(0, bare.lastIndexOf('/')), '/') || '/' : '.';
  await write(task, `${above}\n`);
  return 0;
});

/** Something that is known and does nothing here. */
export const ignored = (): number => 0;
