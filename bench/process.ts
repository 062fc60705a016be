/** A server in a process of its own, and what the kernel knows of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly bytes: number;
  /** Milliseconds from the request to the answer's end. */
  readonly ms: number;
  readonly body: Buffer;
}

/** What to ask for. */
export interface Ask {
  readonly method?: string;
  readonly body?: Buffer;
  /** A body that comes. */
  readonly stream?: Readable;
  /** Content type of the body. */
  readonly type?: string;
  /** Statuses that are right; 200 without it. */
  readonly status?: readonly number[];
  /** Throw the body away as it comes. */
  readonly discard?: boolean;
}

/** Ask whoever listens on a socket. @throws for a status that is not right */
export async function ask(
  to: { readonly agent: Agent; readonly socketPath: string },
  path: string,
  asked: Ask = {},
): Promise<Answer> {
  const { method = 'GET', body, stream, type, status = [200], discard = false } = asked;
  const began = performance.now();
  const headers = { ...(type && { 'content-type': type }), ...(body && { 'content-length': body.length }) };
  const call = request({ ...to, path, method, headers });
  if (stream === undefined) call.end(body);
  else stream.pipe(call);
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (!discard) chunks.push(chunk);
  }
  const { statusCode = 0 } = response;
  const whole = Buffer.concat(chunks);
  if (!status.includes(statusCode)) throw new Error(`${method} ${path}: ${statusCode} ${whole.subarray(0, 200)}`);
  return { status: statusCode, bytes, ms: performance.now() - began, body: whole };
}

/** A running `attestd serve`. */
export class Served {
  readonly #agent = new Agent({ keepAlive: true });

  private constructor(
    private readonly child: ChildProcess,
    readonly socketPath: string,
    /** Milliseconds from the start of the process to its first answer. */
    readonly startMs: number,
  ) {}

  /** @param args of `attestd serve`, beside where it listens */
  static async start(socketPath: string, args: readonly string[]): Promise<Served> {
    const began = performance.now();
    const child = spawn(process.execPath, [program, 'serve', '--listen', `unix://${socketPath}`, ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    let gone = false;
    child.once('exit', () => {
      gone = true;
    });
    const probe = new Served(child, socketPath, 0);
    for (;;) {
      try {
        await probe.ask('/_ping');
        break;
      } catch (error) {
        if (gone) throw error;
        await sleep(2);
      }
    }
    return new Served(child, socketPath, performance.now() - began);
  }

  ask(path: string, asked: Ask = {}): Promise<Answer> {
    return ask({ agent: this.#agent, socketPath: this.socketPath }, path, asked);
  }

  /** Resident memory, MB (10⁶ bytes): now, and at most so far. */
  memory(): { now: number; peak: number } {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    const of = (field: string): number => (Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) * 1024) / 1e6;
    return { now: of('VmRSS'), peak: of('VmHWM') };
  }

  /** Processor time that the process has used, milliseconds. */
  cpu(): number {
    const fields = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    if (this.child.exitCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await ended;
  }
}
