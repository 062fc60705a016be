import { Worker } from 'node:worker_threads';
import { AttestdError } from '../support/foundation/errors.js';
import type { PolicyProgram } from './program.js';
import type { ThreadAnswer, ThreadQuestion, ThreadStart } from './thread.js';

/** Limits of one evaluation. */
export interface PolicyLimits {
  /** Time in milliseconds. Default: 2,000. */
  readonly milliseconds?: number;
  /** Memory in MiB. Default: 256. */
  readonly megabytes?: number;
}

/** Timeout in milliseconds for loading and compiling a program. */
const startTimeout = 30_000;
const pagesPerMegabyte = 16;

/** Bytes of memory that a program needs for each character of its input: the text, its values and the copy in WebAssembly. */
const bytesPerCharacter = 16;

const module = import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js';
const entry = JSON.stringify(new URL(module, import.meta.url).href);
/** A thread that runs from TypeScript sources registers the loader first. */
const start = module.endsWith('.ts')
  ? `import('tsx/esm/api').then(({ register }) => (register(), import(${entry})))`
  : `import(${entry})`;

const outOfMemory = 'it took too much memory';

const failed = (why: string): AttestdError => new AttestdError('INTERNAL', `the policy failed: ${why}`);

interface Thread {
  readonly worker: Worker;
  readonly ready: Promise<void>;
}

/** Waits for a message. Rejects if the thread exits first, or on timeout. */
function waitForMessage(
  worker: Worker,
  wanted: (answer: ThreadAnswer) => boolean,
  milliseconds: number,
): Promise<ThreadAnswer> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      worker.off('message', take).off('error', fail).off('exit', end);
      act();
    };
    const take = (answer: ThreadAnswer): void => {
      if ('failure' in answer) settle(() => reject(failed(answer.failure)));
      else if (wanted(answer)) settle(() => resolve(answer));
    };
    const fail = (error: Error): void =>
      settle(() =>
        reject(failed((error as { code?: string }).code === 'ERR_WORKER_OUT_OF_MEMORY' ? outOfMemory : error.message)),
      );
    const end = (): void => settle(() => reject(failed('its thread ended')));
    const timer = setTimeout(() => settle(() => reject(failed(`it took more than ${milliseconds} ms`))), milliseconds);
    worker.on('message', take).on('error', fail).on('exit', end);
  });
}

/** Runs a policy program in a worker thread, one evaluation at a time. A failed thread is replaced. */
export class PolicyRunner {
  readonly #program: PolicyProgram;
  readonly #limits: Required<PolicyLimits>;
  #thread: Thread | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #asked = 0;

  constructor(program: PolicyProgram, limits: PolicyLimits = {}) {
    this.#program = program;
    this.#limits = { milliseconds: limits.milliseconds ?? 2000, megabytes: limits.megabytes ?? 256 };
  }

  /**
   * Starts the thread if needed.
   *
   * @throws AttestdError INTERNAL if the program cannot be loaded
   */
  async ready(): Promise<void> {
    this.#thread ??= this.#start();
    const { worker, ready } = this.#thread;
    try {
      await ready;
    } catch (error) {
      await this.#drop(worker);
      throw error;
    }
  }

  /**
   * Evaluates an input.
   *
   * @param input the input as JSON
   * @throws AttestdError INTERNAL if the program throws or exceeds a limit
   */
  decide(input: string): Promise<unknown> {
    const decision = this.#turn.then(() => this.#decide(input));
    this.#turn = decision.catch(() => undefined);
    return decision;
  }

  /** Stops the thread. */
  async close(): Promise<void> {
    if (this.#thread) await this.#drop(this.#thread.worker);
  }

  async #decide(input: string): Promise<unknown> {
    // A thread of Node 24 that has no memory left for a buffer ends the whole process, so the input is bounded first.
    if (input.length * bytesPerCharacter > this.#limits.megabytes * 1024 * 1024) throw failed(outOfMemory);
    await this.ready();
    const { worker } = this.#thread as Thread;
    this.#asked += 1;
    const question: ThreadQuestion = { id: this.#asked, input };
    const answer = waitForMessage(worker, (one) => 'id' in one && one.id === question.id, this.#limits.milliseconds);
    worker.ref();
    worker.postMessage(question);
    try {
      const { decision } = (await answer) as { decision: string };
      return JSON.parse(decision) as unknown;
    } catch (error) {
      // A new thread keeps state of the failed evaluation out of the next one.
      await this.#drop(worker);
      throw error;
    } finally {
      worker.unref();
    }
  }

  #start(): Thread {
    const { megabytes } = this.#limits;
    const worker = new Worker(start, {
      eval: true,
      workerData: { program: this.#program, pages: megabytes * pagesPerMegabyte } satisfies ThreadStart,
      resourceLimits: { maxOldGenerationSizeMb: megabytes },
      stdout: true,
      stderr: true,
    });
    // Output of a policy goes to standard error, never into a response.
    for (const output of [worker.stdout, worker.stderr])
      output.on('data', (bytes: Buffer) => process.stderr.write(bytes));
    worker.on('error', () => undefined);
    const ready = waitForMessage(worker, (answer) => 'ready' in answer, startTimeout).then(() => worker.unref());
    return { worker, ready };
  }

  async #drop(worker: Worker): Promise<void> {
    if (this.#thread?.worker === worker) this.#thread = undefined;
    await worker.terminate();
  }
}
