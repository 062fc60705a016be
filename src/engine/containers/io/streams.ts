import type { ByteSink, InputSink } from '../../../support/sandbox/types.js';
import type { ContainerLog, StreamName } from '../logs/log.js';

/** Receives the output of a process. */
export interface Listener {
  /** A promise holds the process back; a rejection takes the listener out. */
  write(stream: StreamName, bytes: Uint8Array): void | Promise<void>;
  /** The process has ended, and everything was written. */
  end(): void;
}

/** The input and output of a process, and its attached clients. */
export class Streams {
  readonly #listeners = new Set<Listener>();
  readonly stdout: ByteSink;
  readonly stderr: ByteSink;
  #input: InputSink | undefined;
  readonly #waiting = new Set<(input: InputSink | undefined) => void>();

  /** @param log stores all output. Without a log, output without listeners is lost. */
  constructor(private readonly log?: ContainerLog) {
    this.stdout = { write: (bytes) => this.#write('stdout', bytes) };
    this.stderr = { write: (bytes) => this.#write('stderr', bytes) };
  }

  /** Number of attached listeners. */
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

  /** Starts a run that accepts input. */
  start(input: InputSink): void {
    this.#input = input;
    this.#answer(input);
  }

  /**
   * Waits for the input of the current run or the next one.
   *
   * @param signal cancels the wait
   * @returns undefined if the process has no input and will not get one
   */
  input(signal: AbortSignal): Promise<InputSink | undefined> {
    if (this.#input !== undefined || signal.aborted) return Promise.resolve(this.#input);
    return new Promise((resolve) => {
      const give = (input: InputSink | undefined): void => {
        this.#waiting.delete(give);
        signal.removeEventListener('abort', giveUp);
        resolve(input);
      };
      const giveUp = (): void => give(undefined);
      this.#waiting.add(give);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  /** The process has ended. */
  end(): void {
    this.#input = undefined;
    this.#answer(undefined);
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener.end();
  }

  #answer(input: InputSink | undefined): void {
    for (const give of [...this.#waiting]) give(input);
  }

  #write(stream: StreamName, bytes: Uint8Array): void | Promise<void> {
    const stored = this.log?.write(stream, bytes);
    const waits: Promise<void>[] = stored === undefined ? [] : [stored];
    for (const listener of this.#listeners) {
      const wait = listener.write(stream, bytes);
      if (wait !== undefined) waits.push(wait.catch(() => void this.#listeners.delete(listener)));
    }
    if (waits.length > 0) return Promise.all(waits).then(() => undefined);
  }
}
