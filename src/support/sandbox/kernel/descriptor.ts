import { FileSystemError } from '../fs/errors.js';
import type { OpenFile, Stat } from '../fs/types.js';
import type { ByteSink } from '../types.js';
import type { Task } from './task.js';

/** An open file description. Several descriptors of several tasks may share it. */
export interface Descriptor {
  /** @returns up to `length` bytes; none at the end */
  read(task: Task, length: number): Uint8Array | Promise<Uint8Array>;
  /** @returns the bytes up to and including the next newline */
  readLine?(task: Task): Uint8Array | Promise<Uint8Array>;
  /** @throws FileSystemError; Terminated without a reader (SIGPIPE) */
  write(task: Task, bytes: Uint8Array): void | Promise<void>;
  /** One more descriptor refers to it. */
  retain(): void;
  /** One less. */
  release(): void;
  readonly terminal?: boolean;
  /** Of a file. */
  readonly file?: OpenFile;
  /** Returns its metadata. */
  stat?(): Stat;
}

export const nothing = new Uint8Array(0);

const lineBlock = 4096;

/** A file. */
export class FileDescriptor implements Descriptor {
  readonly file: OpenFile;
  #holders = 0;

  constructor(file: OpenFile) {
    this.file = file;
  }

  stat(): Stat {
    return this.file.stat();
  }

  read(_task: Task, length: number): Uint8Array {
    return this.file.read(length);
  }

  readLine(): Uint8Array {
    const bytes = this.file.read(lineBlock);
    const end = bytes.indexOf(10);
    if (end < 0) return bytes;
    this.file.skip(end + 1 - bytes.length);
    return bytes.subarray(0, end + 1);
  }

  write(_task: Task, bytes: Uint8Array): void {
    this.file.write(bytes);
  }

  retain(): void {
    this.#holders++;
  }

  release(): void {
    if (--this.#holders === 0) this.file.close();
  }
}

/** Writes to the caller that started the process. */
export class SinkDescriptor implements Descriptor {
  readonly #sink: ByteSink;
  #closed = false;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  read(): Uint8Array {
    return nothing;
  }

  write(task: Task, bytes: Uint8Array): void | Promise<void> {
    if (this.#closed) return task.brokenPipe();
    const taken = this.#sink.write(bytes);
    if (taken === undefined) return undefined;
    return task.block<void>((resolve, reject) => {
      taken.then(resolve, () => {
        this.#closed = true;
        reject(new FileSystemError('EPIPE', ''));
      });
      return () => {};
    });
  }

  retain(): void {}
  release(): void {}
}

/** A device without state. */
class Device implements Descriptor {
  readonly #read: (length: number) => Uint8Array;
  readonly #full: boolean;

  constructor(read: (length: number) => Uint8Array, full = false) {
    this.#read = read;
    this.#full = full;
  }

  read(_task: Task, length: number): Uint8Array {
    return this.#read(length);
  }

  write(): void {
    if (this.#full) throw new FileSystemError('ENOSPC', '');
  }

  retain(): void {}
  release(): void {}
}

const zeros = (length: number): Uint8Array => new Uint8Array(length);
const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));

const devices: Readonly<Record<string, Descriptor>> = {
  '1:3': new Device(() => nothing),
  '1:5': new Device(zeros),
  '1:7': new Device(zeros, true),
  '1:8': new Device(random),
  '1:9': new Device(random),
};

/** Numbers of the devices that every container has, by path. */
export const standardDevices: Readonly<Record<string, string>> = {
  '/dev/null': '1:3',
  '/dev/zero': '1:5',
  '/dev/full': '1:7',
  '/dev/random': '1:8',
  '/dev/urandom': '1:9',
};

/** Whether a path is a device's that every program finds, though it is in no file system. */
export const isStandardDevice = (path: string): boolean =>
  Object.hasOwn(standardDevices, path) || /^\/dev\/(?:tty|std(?:in|out|err))$/.test(path);

/** Returns a character device by `major:minor`, if it exists. */
export const deviceOf = (numbers: string): Descriptor | undefined => devices[numbers];

/** The end of nothing: what standard input is when none may come. */
export const nullDevice: Descriptor = devices['1:3'] as Descriptor;
