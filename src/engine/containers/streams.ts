import type { ByteSink, InputSink } from '../../runtime/types.js';
import type { ContainerLog, StreamName } from './log.js';

/** Somebody who gets what a process writes from now on. */
export interface Listener {
  /** A promise holds the process back; a rejection takes the listener out. */
  write(stream: StreamName, bytes: Uint8Array): void | Promise<void>;
  /** The process has ended, and everything was written. */
  end(): void;
}

/** What goes in and out of a process, and who is attached to it. */
export class Streams {
  readonly #listeners = new Set<Listener>();
  readonly stdout: ByteSink;
  readonly stderr: ByteSink;
  /** The input of the present run. */
  stdin: InputSink | undefined;

  /** @param log keeps everything; without it, what nobody listens to is lost */
  constructor(private readonly log?: ContainerLog) {
    this.stdout = { write: (bytes) => this.#write('stdout', bytes) };
    this.stderr = { write: (bytes) => this.#write('stderr', bytes) };
  }

  /** How many are attached. */
  get listeners(): number {
    return this.#listeners.size;
  }

  /**
   * Listen from now on.
   *
   * @returns an act that stops it
   */
  attach(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The process has ended. */
  end(): void {
    this.stdin = undefined;
    for (const listener of [...this.#listeners]) listener.end();
    this.#listeners.clear();
  }

  #write(stream: StreamName, bytes: Uint8Array): void | Promise<void> {
    this.log?.write(stream, bytes);
    const waits: Promise<void>[] = [];
    for (const listener of this.#listeners) {
      const wait = listener.write(stream, bytes);
      if (wait !== undefined) waits.push(wait.catch(() => void this.#listeners.delete(listener)));
    }
    if (waits.length > 0) return Promise.all(waits).then(() => undefined);
  }
}
