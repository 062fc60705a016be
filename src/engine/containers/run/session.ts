import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InputSink } from '../../../support/sandbox/types.js';
import { drained } from '../io/connection.js';
import { DetachKeys } from '../io/detach-keys.js';
import { frame } from '../io/frame.js';
import type { Streams } from '../io/streams.js';
import type { StreamName } from '../logs/log.js';

/** Which streams a client is attached to, and how. */
export interface SessionOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** Whether the process has a terminal. With one, keys detach, and the end of the client's input ends the session. */
  readonly tty: boolean;
  /** Whether each chunk of output has a header with its stream. */
  readonly multiplexed: boolean;
  /** Whether the end of the client's input closes the process's input. */
  readonly closeStdin: boolean;
  /** Empty for ctrl-p ctrl-q. */
  readonly detachKeys: Buffer;
}

/** The reason for a session's end: end of output, detach keys, or a lost connection. */
export type SessionEnd = 'ended' | 'detached' | 'lost';

/**
 * A client that is attached to a process (docs/reference/behavior/streams.md#container-attach). It listens from its making on: the process
 * waits for it until it has a connection.
 */
export class Session {
  readonly #streams: Streams;
  readonly #options: SessionOptions;
  readonly #stopped = new AbortController();
  readonly #stop: () => void;
  readonly #ended: Promise<void>;
  #connection: Duplex | undefined;
  #connect: (connection: Duplex | undefined) => void = () => undefined;
  readonly #connected = new Promise<Duplex | undefined>((resolve) => {
    this.#connect = resolve;
  });

  constructor(streams: Streams, options: SessionOptions) {
    this.#streams = streams;
    this.#options = options;
    let stop = (): void => undefined;
    this.#ended = new Promise((resolve) => {
      const listener = { write: this.#write, end: resolve };
      stop = streams.attach(listener);
      this.#stopped.signal.addEventListener('abort', () => resolve());
    });
    this.#stop = stop;
  }

  /**
   * Copies bytes both ways until the session ends. Leaves the connection open, unless the client closed it.
   *
   * @param connection the caller handles its errors
   */
  async run(connection: Duplex): Promise<SessionEnd> {
    const lose = (): void => this.#stopped.abort();
    connection.once('close', lose);
    if (connection.destroyed) lose();
    try {
      this.#connect(connection);
      // Pending output is written first.
      await this.#connected;
      this.#connection = connection;
      return await this.#run(connection);
    } finally {
      this.#stop();
      this.#stopped.abort();
      connection.off('close', lose);
    }
  }

  /** Detaches from the process if no connection was established. */
  abandon(): void {
    this.#stop();
    this.#stopped.abort();
    this.#connect(undefined);
  }

  async #run(connection: Duplex): Promise<SessionEnd> {
    const { stdin, stdout, stderr } = this.#options;
    const output = this.#ended.then((): SessionEnd => (connection.destroyed ? 'lost' : 'ended'));
    if (!stdin) {
      connection.resume();
      return stdout || stderr ? output : 'ended';
    }
    return Promise.race([output, this.#input(connection, output)]);
  }

  /** Pass the client's input on; settles when the session is over. */
  async #input(connection: Duplex, output: Promise<SessionEnd>): Promise<SessionEnd> {
    const { tty, closeStdin, stdout, stderr, detachKeys } = this.#options;
    const keys = tty ? new DetachKeys(detachKeys) : undefined;
    const endsWithInput = !closeStdin || tty;
    const chunks = connection.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>;
    try {
      for (let next = chunks.next(); ; ) {
        const { value: chunk, done } = await next;
        if (done) break;
        next = chunks.next();
        if (this.#stopped.signal.aborted) continue;
        const { bytes, detached } = keys?.feed(chunk) ?? { bytes: chunk, detached: false };
        // A client that closes immediately is disconnected before a real process has responded.
        if (detached || (endsWithInput && (await isLast(next)))) this.#stop();
        if (bytes.length > 0) await this.#deliver(bytes);
        if (detached) return 'detached';
      }
    } catch {
      // The connection broke: as good as its end.
    }
    if (endsWithInput) return 'ended';
    const sink = await this.#streams.input(this.#stopped.signal);
    sink?.end();
    return stdout || stderr ? output : 'ended';
  }

  async #deliver(bytes: Buffer): Promise<void> {
    const sink: InputSink | undefined = await this.#streams.input(this.#stopped.signal);
    try {
      await sink?.write(bytes);
    } catch {
      // The process does not read. Further input is dropped.
    }
  }

  readonly #write = (stream: StreamName, bytes: Uint8Array): void | Promise<void> => {
    const { multiplexed } = this.#options;
    if (!this.#options[stream]) return;
    const chunk = multiplexed ? frame(stream, bytes) : bytes;
    if (this.#connection !== undefined) return this.#send(this.#connection, chunk);
    return this.#connected.then((connection) => this.#send(connection, chunk));
  };

  #send(connection: Duplex | undefined, chunk: Uint8Array): void | Promise<void> {
    const { signal } = this.#stopped;
    if (connection === undefined || signal.aborted || connection.writableEnded)
      return Promise.reject(new ConnectionClosed());
    // Backpressure of the connection blocks the process. Otherwise a client that waits for the exit could learn of it
    // before it has the output.
    if (connection.writableCorked > 0) return new Promise((resolve) => connection.write(chunk, () => resolve()));
    if (connection.write(chunk)) return;
    return drained(connection, signal).then((open) => {
      if (!open) throw new ConnectionClosed();
    });
  }
}

/** Milliseconds that a real process takes at least to respond. */
const answer = 2;

/** Whether no more input is available immediately. */
async function isLast(next: Promise<IteratorResult<Buffer>>): Promise<boolean> {
  const finished = next.then(
    ({ done }) => done === true,
    () => true,
  );
  return Promise.race([finished, sleep(answer, false)]);
}

class ConnectionClosed extends Error {
  constructor() {
    super('nobody is attached any more');
  }
}
