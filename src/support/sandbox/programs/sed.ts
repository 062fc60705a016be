import type { Task } from '../kernel/task.js';
import { maxSedSpaceLength, maxSedSteps } from '../limits.js';
import { at } from './files.js';
import { complain, Output } from './io.js';
import { parseOptions, Usage, withUsage } from './options.js';
import { RegexSyntaxError } from './regex.js';
import { Ahead, allLines } from './sed-input.js';
import { type Address, parseSed, type SedCommand, SedSyntaxError } from './sed-parse.js';

/** `sed [-nEi] SCRIPT [FILE]…` */
export const sed = withUsage(async (task, argv) => {
  try {
    return await edit(task, argv);
  } catch (error) {
    if (!(error instanceof SedSyntaxError) && !(error instanceof RegexSyntaxError)) throw error;
    await complain(task, `sed: ${error.message}`);
    return 1;
  }
});

async function edit(task: Task, argv: readonly string[]): Promise<number> {
  const { words, has, values } = parseOptions(argv, 'nErie:f:s', {
    long: { quiet: 'n', expression: 'e', 'regexp-extended': 'E', 'in-place': 'i' },
  });
  const paths = [...words];
  const scripts = [...values('e'), ...values('f').map((path) => task.fs.readFile(at(task, path)).toString())];
  if (scripts.length === 0) {
    const script = paths.shift();
    if (script === undefined) throw new Usage('missing script');
    scripts.push(script);
  }
  const commands = await parseSed(scripts.join('\n'), has('E') || has('r'));
  if (!has('i')) {
    const output = new Output(task);
    const editor = new Editor(task, commands, has('n'), (text) => output.add(text));
    const status = await editor.run(allLines(task, paths));
    await output.flush();
    return status || editor.failed;
  }
  let status = 0;
  for (const path of paths) {
    let result = '';
    const editor = new Editor(task, commands, has('n'), (text) => {
      result = bounded(result + text);
    });
    status = (await editor.run(allLines(task, [path]))) || status || editor.failed;
    if (editor.failed === 0) task.fs.writeFile(at(task, path), result);
  }
  return status;
}

function bounded(text: string): string {
  if (text.length > maxSedSpaceLength) throw new RegexSyntaxError('out of memory');
  return text;
}

class Editor {
  failed = 0;
  readonly #task: Task;
  readonly #commands: readonly SedCommand[];
  readonly #quiet: boolean;
  readonly #write: (text: string) => void | Promise<void>;
  readonly #ranges = new Map<SedCommand, number>();
  #space = '';
  #holdSpace = '';
  #line = 0;
  #last = false;
  #after = '';
  #replaced = false;
  #newline = '\n';

  constructor(
    task: Task,
    commands: readonly SedCommand[],
    quiet: boolean,
    write: (text: string) => void | Promise<void>,
  ) {
    this.#task = task;
    this.#commands = commands;
    this.#quiet = quiet;
    this.#write = write;
  }

  async run(source: AsyncIterable<string | undefined>): Promise<number> {
    const input = new Ahead(source, () => {
      this.failed = 1;
    });
    for (let next = await input.next(); next !== undefined; next = await input.next()) {
      this.#take(next, input);
      const result = await this.#cycle(input);
      if (result !== undefined) return result;
    }
    return 0;
  }

  #take(line: string, input: Ahead): void {
    this.#newline = line.endsWith('\n') ? '\n' : '';
    this.#space = line.replace(/\n$/, '');
    this.#line++;
    this.#last = input.atEnd;
  }

  async #print(text = this.#space): Promise<void> {
    await this.#write(`${text}${this.#last ? this.#newline : '\n'}`);
  }

  /** Run the commands on one line. @returns an exit code when sed is to stop */
  async #cycle(input: Ahead): Promise<number | undefined> {
    let steps = 0;
    for (let index = 0; index < this.#commands.length; index++) {
      if (++steps > maxSedSteps) throw new Usage('the script does not end');
      const turn = this.#task.step();
      if (turn !== undefined) await turn;
      const command = this.#commands[index] as SedCommand;
      if (this.#applies(command) === command.negated) {
        if (command.name === '{') index = command.end;
        continue;
      }
      switch (command.name) {
        case 's':
          await this.#substitute(command);
          break;
        case 'y':
          this.#space = [...this.#space]
            .map((char) => [...command.other][[...command.text].indexOf(char)] ?? char)
            .join('');
          break;
        case 'd':
          return this.#endCycle(false);
        case 'D':
          this.#space = this.#space.replace(/^[^\n]*\n?/, '');
          return this.#endCycle(false);
        case 'p':
          await this.#print();
          break;
        case 'P':
          await this.#print(this.#space.split('\n', 1)[0]);
          break;
        case '=':
          await this.#write(`${this.#line}\n`);
          break;
        case 'a':
          this.#after += command.text;
          break;
        case 'i':
          await this.#write(command.text);
          break;
        case 'c':
          if (command.to === undefined || !this.#ranges.has(command)) await this.#write(command.text);
          return this.#endCycle(false);
        case 'g':
          this.#space = this.#holdSpace;
          break;
        case 'G':
          this.#space = bounded(`${this.#space}\n${this.#holdSpace}`);
          break;
        case 'h':
          this.#holdSpace = this.#space;
          break;
        case 'H':
          this.#holdSpace = bounded(`${this.#holdSpace}\n${this.#space}`);
          break;
        case 'x':
          [this.#space, this.#holdSpace] = [this.#holdSpace, this.#space];
          break;
        case 'n':
        case 'N': {
          const next = await input.next();
          if (next === undefined) {
            await this.#endCycle(!this.#quiet);
            return 0;
          }
          const before = this.#space;
          if (command.name === 'n' && !this.#quiet) await this.#print();
          this.#take(next, input);
          if (command.name === 'N') this.#space = bounded(`${before}\n${this.#space}`);
          break;
        }
        case 'q':
        case 'Q':
          await this.#endCycle(command.name === 'q' && !this.#quiet);
          return Number(command.text || 0);
        case 'b':
        case 't':
        case 'T':
          if (command.name === 'b' || this.#replaced === (command.name === 't')) index = this.#label(command.text);
          if (command.name !== 'b') this.#replaced = false;
          break;
      }
    }
    return this.#endCycle(!this.#quiet);
  }

  async #endCycle(print: boolean): Promise<undefined> {
    if (print) await this.#print();
    if (this.#after !== '') await this.#write(this.#after);
    this.#after = '';
    this.#replaced = false;
    return undefined;
  }

  #label(name: string): number {
    if (name === '') return this.#commands.length;
    const found = this.#commands.findIndex((command) => command.name === ':' && command.text === name);
    return found < 0 ? this.#commands.length : found;
  }

  #matches(address: Address): boolean {
    switch (address.kind) {
      case 'line':
        return this.#line === address.line;
      case 'last':
        return this.#last;
      case 'step':
        return (
          this.#line >= address.first &&
          (address.step === 0 ? this.#line === address.first : (this.#line - address.first) % address.step === 0)
        );
      case 'regex':
        return address.regex.test(this.#space);
      case 'more':
        return false;
    }
  }

  #applies(command: SedCommand): boolean {
    const { from, to } = command;
    if (from === undefined) return true;
    if (to === undefined) return this.#matches(from);
    const started = this.#ranges.get(command);
    if (started === undefined) {
      if (!this.#matches(from)) return false;
      if (!(to.kind === 'line' && to.line <= this.#line) && !(to.kind === 'more' && to.count === 0))
        this.#ranges.set(command, this.#line);
      return true;
    }
    const over =
      to.kind === 'more'
        ? this.#line >= started + to.count
        : to.kind === 'line'
          ? this.#line >= to.line
          : this.#matches(to);
    if (over) this.#ranges.delete(command);
    return to.kind !== 'line' || this.#line <= to.line;
  }

  async #substitute({ regex, text, flags }: SedCommand): Promise<void> {
    if (regex === undefined) return;
    const nth = Number(/\d+/.exec(flags)?.[0] ?? 1);
    const all = flags.includes('g');
    let made = '';
    let from = 0;
    let seen = 0;
    let done = false;
    while (from <= this.#space.length) {
      const match = regex.find(this.#space, from);
      if (match === undefined) break;
      seen++;
      made += this.#space.slice(from, match.start);
      const use = seen >= nth && (all || seen === nth);
      made += use ? fill(text, match.groups) : this.#space.slice(match.start, match.end);
      done ||= use;
      if (match.end === match.start) {
        made += this.#space.slice(match.end, match.end + 1);
        from = match.end + 1;
      } else from = match.end;
      if (use && !all) break;
    }
    if (!done) return;
    this.#space = bounded(made + this.#space.slice(from));
    this.#replaced = true;
    if (flags.includes('p')) await this.#print();
  }
}

/** A replacement with what was matched. */
function fill(text: string, groups: readonly (string | undefined)[]): string {
  return text.replace(/\\(\d)|\\n|\\t|\\([\s\S])|&/g, (whole, digit?: string, escaped?: string) => {
    if (digit !== undefined) return groups[Number(digit)] ?? '';
    if (whole === '&') return groups[0] ?? '';
    if (whole === '\\n') return '\n';
    return whole === '\\t' ? '\t' : (escaped ?? '');
  });
}
