import { type Descriptor, nothing } from './descriptor.js';
import type { Task } from './task.js';

/** Capacity of a Linux pipe in bytes. */
const capacity = 64 * 1024;

/** A byte pipe between tasks. Writers wait while it is full, readers while it is empty. */
export class Pipe {
  readonly reader: Descriptor;
  readonly writer: Descriptor;
  readonly #chunks: Uint8Array[] = [];
  readonly #waiting = new Set<() => void>();
  #bufferedBytes = 0;
  #readers = 0;
  #writers = 0;
  /** Whether there was a writer: before, an empty pipe is not at its end. */
  #begun: boolean;

  /** @param begun false for a FIFO, whose readers wait for the first writer */
  constructor(begun = true) {
    this.#begun = begun;
    this.reader = {
      read: (task, length) => this.#read(task, length),
      readLine: (task) => this.#read(task, capacity, true),
      write: () => {},
      retain: () => {
        this.#readers++;
        this.#wake();
      },
      release: () => {
        this.#readers--;
        this.#wake();
      },
    };
    this.writer = {
      read: () => nothing,
      write: (task, bytes) => this.#write(task, bytes),
      retain: () => {
        this.#writers++;
        this.#begun = true;
        this.#wake();
      },
      release: () => {
        this.#writers--;
        this.#wake();
      },
    };
  }

  /** Put bytes in from outside of any task. A promise is settled when there is room again. */
  push(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#readers === 0) return Promise.reject(new Error('nobody reads any more'));
    this.#add(bytes);
    if (this.#bufferedBytes < capacity) return undefined;
    return new Promise((resolve, reject) => {
      const check = (): void => {
        if (this.#bufferedBytes < capacity) resolve();
        else if (this.#readers === 0) reject(new Error('nobody reads any more'));
        else return;
        this.#waiting.delete(check);
      };
      this.#waiting.add(check);
    });
  }

  /** Let one read, after all that is in it by now, find the end; what comes later is read again. */
  pushEnd(): void {
    this.#chunks.push(nothing);
    this.#wake();
  }

  /** Wait until someone reads, as opening a FIFO for writing does. */
  untilRead(task: Task): Promise<true> | undefined {
    if (this.#readers > 0) return undefined;
    return this.#until(task, () => (this.#readers > 0 ? true : undefined));
  }

  #read(task: Task, length: number, line = false): Uint8Array | Promise<Uint8Array> {
    const ready = (): Uint8Array | undefined => {
      if (this.#chunks.length > 0) return this.#take(length, line);
      return this.#writers === 0 && this.#begun ? nothing : undefined;
    };
    const now = ready();
    return now ?? this.#until(task, ready);
  }

  #write(task: Task, bytes: Uint8Array): void | Promise<void> {
    if (this.#readers === 0) return task.brokenPipe();
    this.#add(bytes);
    if (this.#bufferedBytes < capacity) return undefined;
    return this.#until(task, () => (this.#bufferedBytes < capacity || this.#readers === 0 ? true : undefined)).then(
      () => (this.#bufferedBytes >= capacity && this.#readers === 0 ? task.brokenPipe() : undefined),
    );
  }

  #add(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#chunks.push(bytes);
    this.#bufferedBytes += bytes.length;
    this.#wake();
  }

  #take(length: number, line: boolean): Uint8Array {
    const first = this.#chunks[0] as Uint8Array;
    const end = line ? first.indexOf(10) + 1 : 0;
    const taken = first.subarray(0, end > 0 ? end : length);
    if (taken.length === first.length) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(taken.length);
    this.#bufferedBytes -= taken.length;
    this.#wake();
    return taken;
  }

  #until<T>(task: Task, ready: () => T | undefined): Promise<T> {
    return task.block<T>((resolve) => {
      const check = (): void => {
        // Taking the value wakes other waiters, which must not find this one again.
        this.#waiting.delete(check);
        const value = ready();
        if (value === undefined) this.#waiting.add(check);
        else resolve(value);
      };
      this.#waiting.add(check);
      return () => void this.#waiting.delete(check);
    });
  }

  #wake(): void {
    for (const check of [...this.#waiting]) if (this.#waiting.has(check)) check();
  }
}
