import { maxTerminalLineBytes } from '../limits.js';
import type { ByteSink, InputSink, TerminalSize } from '../types.js';
import { type Descriptor, SinkDescriptor } from './descriptor.js';
import type { Machine } from './machine.js';
import { Pipe } from './pipe.js';
import { SIG } from './signals.js';
import type { Task } from './task.js';

const control = {
  interrupt: 3,
  end: 4,
  backspace: 8,
  newline: 10,
  return: 13,
  kill: 21,
  word: 23,
  suspend: 26,
  quit: 28,
  delete: 127,
};
const newline = Buffer.from('\n');

/**
 * A terminal: what is typed is echoed and comes in lines, output has CRLF, and Ctrl-C, Ctrl-\ and Ctrl-Z are signals to
 * the foreground (the line discipline of tty(4), with the settings that a new one has).
 */
export class Terminal implements Descriptor {
  readonly terminal = true;
  readonly input: InputSink;
  size: TerminalSize;
  /** The process group that the keyboard's signals go to. */
  foreground = 0;
  echo = true;
  /** Whether input is delivered line by line and not by character. */
  canonical = true;
  readonly #machine: Machine;
  readonly #sink: ByteSink;
  readonly #output: SinkDescriptor;
  readonly #typed = new Pipe();
  #line: number[] = [];

  constructor(machine: Machine, sink: ByteSink, size: TerminalSize) {
    this.#machine = machine;
    this.#sink = sink;
    this.#output = new SinkDescriptor(sink);
    this.size = size;
    this.#typed.reader.retain();
    this.#typed.writer.retain();
    this.input = { write: (bytes) => this.#type(bytes), end: () => {} };
  }

  read(task: Task, length: number): Uint8Array | Promise<Uint8Array> {
    return this.#typed.reader.read(task, length);
  }

  readLine(task: Task): Uint8Array | Promise<Uint8Array> {
    return this.#typed.reader.readLine?.(task) ?? this.read(task, maxTerminalLineBytes);
  }

  write(task: Task, bytes: Uint8Array): void | Promise<void> {
    return this.#output.write(task, withReturns(bytes));
  }

  retain(): void {}
  release(): void {}

  /** The window has another size. */
  resize(size: TerminalSize): void {
    if (size.height === this.size.height && size.width === this.size.width) return;
    this.size = size;
    this.#machine.signalGroup(this.foreground, SIG.WINCH);
  }

  /** Closes the reading side. Further input is lost. */
  hangUp(): void {
    this.#typed.reader.release();
  }

  #type(bytes: Uint8Array): void | Promise<void> {
    const shown: number[] = [];
    let wait: Promise<void> | undefined;
    for (const byte of bytes) wait = this.#key(byte, shown) ?? wait;
    const echoed = this.echo && shown.length > 0 ? this.#sink.write(Buffer.from(shown)) : undefined;
    if (wait === undefined) return echoed;
    return echoed === undefined ? wait : Promise.all([wait, echoed]).then(() => undefined);
  }

  #key(byte: number, shown: number[]): Promise<void> | undefined {
    const signal = signalOf(byte);
    if (signal !== undefined) {
      shown.push(0x5e, byte + 0x40);
      this.#line = [];
      this.#machine.signalGroup(this.foreground, signal);
      return undefined;
    }
    const read = byte === control.return ? control.newline : byte;
    if (!this.canonical) {
      shown.push(byte);
      return this.#typed.push(Buffer.from([read])) ?? undefined;
    }
    if (read === control.newline) {
      shown.push(control.return, control.newline);
      return this.#send(newline);
    }
    if (read === control.end) {
      if (this.#line.length > 0) return this.#send();
      this.#typed.pushEnd();
      return undefined;
    }
    if (read === control.backspace || read === control.delete) this.#erase(shown);
    else if (read === control.kill) while (this.#line.length > 0) this.#erase(shown);
    else if (read === control.word) this.#eraseWord(shown);
    else if (this.#line.length < maxTerminalLineBytes) {
      this.#line.push(read);
      if (read < 0x20 && read !== 9) shown.push(0x5e, read + 0x40);
      else shown.push(read);
    }
    return undefined;
  }

  #send(end: Uint8Array = new Uint8Array(0)): Promise<void> | undefined {
    const line = Buffer.concat([Buffer.from(this.#line), end]);
    this.#line = [];
    return this.#typed.push(line) ?? undefined;
  }

  #erase(shown: number[]): void {
    let last = this.#line.pop();
    while (last !== undefined && (last & 0xc0) === 0x80) last = this.#line.pop();
    if (last !== undefined) shown.push(control.backspace, 0x20, control.backspace);
  }

  #eraseWord(shown: number[]): void {
    while (this.#line.at(-1) === 0x20) this.#erase(shown);
    while (this.#line.length > 0 && this.#line.at(-1) !== 0x20) this.#erase(shown);
  }
}

function signalOf(byte: number): number | undefined {
  if (byte === control.interrupt) return SIG.INT;
  if (byte === control.quit) return SIG.QUIT;
  return byte === control.suspend ? SIG.TSTP : undefined;
}

/** LF becomes CR LF. */
function withReturns(bytes: Uint8Array): Uint8Array {
  let lines = 0;
  for (const byte of bytes) if (byte === control.newline) lines++;
  if (lines === 0) return bytes;
  const out = Buffer.allocUnsafe(bytes.length + lines);
  let at = 0;
  for (const byte of bytes) {
    if (byte === control.newline) out[at++] = control.return;
    out[at++] = byte;
  }
  return out;
}
